// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/wal_filter.h>

#include <cstdint>
#include <optional>

namespace vcp::store {

/// Follows the chain of commit records through RocksDB's logs as they are replayed.
///
/// RocksDB takes a record that is cut short at the end of a log file for one that was never
/// finished, even if another log file follows, and a log file that is not there for one that was
/// never written. Either leaves a hole which no checksum shows; the chain does.
class CommitChain final : public rocksdb::WalFilter {
 public:
  /// To look only: no record is applied.
  CommitChain() = default;

  /// To replay on top of a store that ends with commit `stored`, up to the first hole.
  explicit CommitChain(std::uint64_t stored) : replays_(true), first_(stored), last_(stored) {}

  /// The commit that the first record in the logs follows; nothing if there is no record.
  [[nodiscard]] std::optional<std::uint64_t> follows() const { return first_; }

  /// The last commit before the first hole, or of all.
  [[nodiscard]] std::uint64_t last() const { return last_; }

  /// Whether a record is missing between others.
  [[nodiscard]] bool broken() const { return broken_; }

  WalProcessingOption LogRecordFound(unsigned long long log_number, const std::string& log_file,
                                     const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* new_batch, bool* batch_changed) override;
  const char* Name() const override { return "CommitChain"; }

 private:
  bool replays_ = false;
  std::optional<std::uint64_t> first_;
  std::uint64_t last_ = 0;
  bool broken_ = false;
};

}  // namespace vcp::store
