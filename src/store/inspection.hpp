// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "rocks_database.hpp"
#include "vcp/base/result.hpp"

namespace vcp::store {

/// Its key in Table::meta, and the version of everything below the store's directory.
inline constexpr std::string_view kFormatKey = "format";
inline constexpr std::string_view kFormat = "\x04";

/// What a store holds, found out before it is opened for writing.
struct Inspection {
  std::uint64_t stored = 0;  ///< the last commit in the table files
  std::uint64_t last = 0;    ///< the last commit in tables and logs, before any hole
  bool hole = false;         ///< commits after `last` are missing, although later ones are there
};

/// Reads Table::meta and all logs, and changes nothing. Fails if the format is another one, or with
/// what RocksDB refuses under these options.
[[nodiscard]] Result<Inspection> inspect(const std::filesystem::path& store,
                                         rocksdb::DBOptions options);

/// The last commit that an open store shows; 0 if there is none.
[[nodiscard]] Result<std::uint64_t> stored_commit(rocksdb::DB& db);

}  // namespace vcp::store
