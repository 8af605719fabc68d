// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/store/backend.hpp"

namespace vcp::store {

/// A RocksDB that is open, with a handle for each Table.
struct Database {
  Database() = default;
  Database(Database&& other) noexcept;
  ~Database();

  [[nodiscard]] rocksdb::ColumnFamilyHandle* operator[](Table table) const;

  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> tables;
};

/// RocksDB as a small server wants it: bounded in memory, log size and threads, and refusing what
/// does not check out.
[[nodiscard]] rocksdb::DBOptions database_options();

[[nodiscard]] Result<Database> open_database(const std::filesystem::path& path,
                                             const rocksdb::DBOptions& options);

/// Opens Table::meta alone, for reading; nothing on disk changes.
[[nodiscard]] Result<std::unique_ptr<rocksdb::DB>> open_meta(const std::filesystem::path& path,
                                                             const rocksdb::DBOptions& options);

/// `what`, and what RocksDB says: `no_space`, `io`, or `corrupt` for all that speaks of damage.
[[nodiscard]] Error to_error(const rocksdb::Status& status, std::string_view what);

[[nodiscard]] inline rocksdb::Slice to_slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace vcp::store
