// SPDX-License-Identifier: Apache-2.0
#include "inspection.hpp"

#include <algorithm>
#include <optional>

#include "commit_chain.hpp"
#include "commit_record.hpp"

namespace vcp::store {
namespace {

int format_number(std::string_view format) {
  return format.empty() ? 0 : static_cast<unsigned char>(format.front());
}

Result<> check_format(rocksdb::DB& meta) {
  std::string format;
  const rocksdb::Status status = meta.Get(rocksdb::ReadOptions(), to_slice(kFormatKey), &format);
  if (!status.ok()) return std::unexpected(to_error(status, "the store's format cannot be read"));
  const int found = format_number(format);
  const int known = format_number(kFormat);
  if (found == known) return {};
  return fail(Code::conflict, "the store has format " + std::to_string(found) + ", of " +
                                  (found > known ? "a newer" : "an older") +
                                  " version; this version reads format " + std::to_string(known));
}

}  // namespace

Result<Inspection> inspect(const std::filesystem::path& store, rocksdb::DBOptions options) {
  CommitChain chain;
  options.wal_filter = &chain;
  const Result<std::unique_ptr<rocksdb::DB>> meta = open_meta(store, options);
  if (!meta) return std::unexpected(meta.error());
  if (const Result<> checked = check_format(**meta); !checked) {
    return std::unexpected(checked.error());
  }
  const Result<std::uint64_t> stored = stored_commit(**meta);
  if (!stored) return std::unexpected(stored.error());

  Inspection found{.stored = *stored, .last = *stored};
  if (!chain.follows()) return found;
  const bool joins = *chain.follows() <= *stored;
  if (joins) found.last = std::max(*stored, chain.last());
  found.hole = !joins || chain.broken();
  return found;
}

Result<std::uint64_t> stored_commit(rocksdb::DB& db) {
  std::string bytes;
  const rocksdb::Status status = db.Get(rocksdb::ReadOptions(), to_slice(kCommitKey), &bytes);
  if (status.IsNotFound()) return 0;
  if (!status.ok()) return std::unexpected(to_error(status, "the last commit cannot be read"));
  const std::optional<CommitRecord> record = decode_commit_record(bytes);
  if (!record) return fail(Code::corrupt, "the record of the last commit cannot be read");
  return record->number;
}

}  // namespace vcp::store
