// SPDX-License-Identifier: Apache-2.0
#include "commit_chain.hpp"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <utility>

#include "commit_record.hpp"
#include "vcp/store/backend.hpp"

namespace vcp::store {
namespace {

/// Finds the commit record in a batch; it is the first write of those that have one.
class Finder final : public rocksdb::WriteBatch::Handler {
 public:
  rocksdb::Status PutCF(std::uint32_t table, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    if (table == std::to_underlying(Table::meta) && key.ToStringView() == kCommitKey) {
      found_ = decode_commit_record(value.ToStringView());
    }
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }
  bool Continue() override { return !found_; }

  [[nodiscard]] const std::optional<CommitRecord>& found() const { return found_; }

 private:
  std::optional<CommitRecord> found_;
};

}  // namespace

rocksdb::WalFilter::WalProcessingOption CommitChain::LogRecordFound(
    unsigned long long /*log_number*/, const std::string& /*log_file*/,
    const rocksdb::WriteBatch& batch, rocksdb::WriteBatch* /*new_batch*/, bool* /*batch_changed*/) {
  Finder finder;
  batch.Iterate(&finder).PermitUncheckedError();  // RocksDB itself checks the batch next
  if (const std::optional<CommitRecord>& record = finder.found(); record && !broken_) {
    if (!first_) first_ = last_ = record->previous;
    broken_ = record->previous > last_;
    if (!broken_) last_ = std::max(last_, record->number);
  }
  if (!replays_) return WalProcessingOption::kIgnoreCurrentRecord;
  return broken_ ? WalProcessingOption::kStopReplay : WalProcessingOption::kContinueProcessing;
}

}  // namespace vcp::store
