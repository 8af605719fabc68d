// SPDX-License-Identifier: Apache-2.0
#include "rocks_backend.hpp"

#include <cassert>
#include <memory>
#include <utility>

#include "commit_record.hpp"

namespace vcp::store {
namespace {

Error cannot_read(const rocksdb::Status& status) {
  return to_error(status, "cannot read from the store");
}

}  // namespace

RocksBackend::RocksBackend(std::shared_ptr<Mark> mark, Database database)
    : mark_(std::move(mark)), database_(std::move(database)) {}

Result<> RocksBackend::commit(const Batch& batch) {
  if (failure_) return std::unexpected(*failure_);
  Result<> written = write(batch);
  if (!written) failure_ = written.error();
  return written;
}

Result<> RocksBackend::write(const Batch& batch) {
  write_batch_.Clear();
  std::optional<CommitRecord> record;
  batch.for_each([&](const Batch::Write& write) {
    add(write);
    if (write.table == Table::meta && write.key == kCommitKey) {
      record = decode_commit_record(write.value);
    }
  });
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = database_.db->Write(options, &write_batch_);
  if (!status.ok()) return std::unexpected(to_error(status, "cannot write to the store"));
  if (!record) return {};
  return mark_->write_commit(record->number);
}

void RocksBackend::add(const Batch::Write& write) {
  rocksdb::ColumnFamilyHandle* table = database_[write.table];
  const rocksdb::Status status =
      write.erase ? write_batch_.Delete(table, to_slice(write.key))
                  : write_batch_.Put(table, to_slice(write.key), to_slice(write.value));
  assert(status.ok());
}

Result<std::optional<std::string>> RocksBackend::get(Table table, std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      database_.db->Get(rocksdb::ReadOptions(), database_[table], to_slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return std::unexpected(cannot_read(status));
  return value;
}

Result<> RocksBackend::scan(
    Table table, std::string_view first, std::string_view last, Order order,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  if (!last.empty() && last <= first) return {};
  const rocksdb::Slice lower = to_slice(first);
  const rocksdb::Slice upper = to_slice(last);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  if (!last.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(database_.db->NewIterator(options, database_[table]));
  const bool up = order == Order::ascending;
  for (up ? at->SeekToFirst() : at->SeekToLast(); at->Valid(); up ? at->Next() : at->Prev()) {
    if (!visit(at->key().ToStringView(), at->value().ToStringView())) break;
  }
  if (!at->status().ok()) return std::unexpected(cannot_read(at->status()));
  return {};
}

}  // namespace vcp::store
