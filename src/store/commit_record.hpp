// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcp::store {

/// Its key in Table::meta.
inline constexpr std::string_view kCommitKey = "commit";

/// What every synced write carries: the number of its last commit, and that of the last one in the
/// write before it. So the writes in a log form a chain, and a link that is missing shows.
struct CommitRecord {
  std::uint64_t number;
  std::uint64_t previous;
};

/// A version byte, then both numbers, big-endian.
[[nodiscard]] std::string encode(const CommitRecord& record);

/// Nothing if it is not one.
[[nodiscard]] std::optional<CommitRecord> decode_commit_record(std::string_view bytes);

}  // namespace vcp::store
