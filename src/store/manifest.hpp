// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"

namespace vcp::store {

/// RocksDB's list of table files as it was at some time: a file that only grows, until another
/// with a higher number takes its place.
struct Manifest {
  std::uint64_t number = 0;
  std::uint64_t size = 0;
  Digest digest{};  ///< of the first `size` bytes
};

/// The list that the database in `store` uses now; synced, so that it is never shorter later.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& store);

/// Whether the list begins with what was there when `known` was read, or is a newer one; `corrupt`
/// if not. RocksDB itself takes a list that is cut for one that was never longer, and then leaves
/// out, and deletes, the table files that are not in it.
[[nodiscard]] Result<> check_manifest(const std::filesystem::path& store, const Manifest& known);

}  // namespace vcp::store
