// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::store {

/// One kind of record each; the numbers are on disk and never change their meaning.
enum class Table : std::uint8_t {
  meta = 0,          ///< a few named values: the format, the commit number, the epoch counter
  nodes = 1,         ///< node id -> Node
  active = 2,        ///< task id -> Task that has not ended
  finished = 3,      ///< task id -> Task that has ended
  by_owner = 4,      ///< owner, 0, task id -> nothing; ended tasks only
  dead = 5,          ///< owner, 0, task id -> nothing; failed tasks only
  tokens = 6,        ///< token id -> Token
  modules = 7,       ///< owner, 0, digest -> Module
  blobs = 8,         ///< owner, 0, digest -> Blob
  content = 9,       ///< digest -> size and number of references
  idempotency = 10,  ///< owner, 0, key -> the first answer
  events = 11,       ///< number of the first (8 bytes) -> the events of one commit
  log_entries = 12,  ///< number of the first (8 bytes) -> digests of receipts, of one bundle
  log_tiles = 13,    ///< level (1 byte), index (8 bytes) -> hashes of the Merkle tree
  circuits = 14,     ///< owner, 0, circuit id -> Circuit
  proofs = 15,       ///< proof id, owner, 0, task id -> nothing; tasks that it completed
  fl_jobs = 16,      ///< job id -> federated learning job
  fl_rounds = 17,    ///< job id, round -> round of it
  fl_updates = 18,   ///< job id, round, client -> update that was accepted
  receipts = 19,     ///< task id -> number of its leaf (8 bytes), receipt
};
inline constexpr std::size_t kTables = 20;

/// What is written together: all of it or nothing of it. Of two writes to one key the later counts.
class Batch {
 public:
  /// One write; the views are into the batch. `value` is empty if the write is an erasure.
  struct Write {
    Table table;
    bool erase;
    std::string_view key;
    std::string_view value;
  };

  /// Keys and values are shorter than 4 GiB.
  void put(Table table, std::string_view key, std::string_view value) {
    add({table, false, key, value});
  }
  void erase(Table table, std::string_view key) { add({table, true, key, {}}); }

  /// Adds the writes of `other` after those that are here.
  void append(const Batch& other);

  /// Forgets the writes and keeps the memory.
  void clear();

  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// The number of writes.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// The bytes that the writes take in memory.
  [[nodiscard]] std::size_t bytes() const { return arena_.size(); }

  /// Calls `visit(const Write&)` for each write, in order.
  template <std::invocable<const Write&> Visit>
  void for_each(Visit&& visit) const {
    for (std::string_view rest = arena_; !rest.empty();) visit(take(rest));
  }

 private:
  void add(const Write& write);
  static Write take(std::string_view& rest);

  std::string arena_;  // the writes one after another: one allocation for many
  std::size_t size_ = 0;
};

/// Which way a scan walks the keys.
enum class Order : std::uint8_t { ascending, descending };

/// A durable store of records in key order (bytes as unsigned numbers). Any thread may read; one
/// thread commits.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Writes the batch and syncs it. After the first failure nothing is known about what is on
  /// disk, so every later commit fails too, until the store is opened again.
  [[nodiscard]] virtual Result<> commit(const Batch& batch) = 0;

  /// The value under the key, if there is one; `corrupt` if what is on disk is damaged.
  [[nodiscard]] virtual Result<std::optional<std::string>> get(Table table,
                                                               std::string_view key) const = 0;

  /// Calls `visit(key, value)` for the keys in [first, last) in that order (descending: from the
  /// greatest), until it returns false. An empty `last` means to the end of the table. The scan
  /// sees the table as it was when it began.
  [[nodiscard]] virtual Result<> scan(
      Table table, std::string_view first, std::string_view last, Order order,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
};

}  // namespace vcp::store
