// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::wasm {

/// Files of machine code in a directory of this user's alone, each under a MAC with a key that lies
/// beside them. Any thread, several processes: files appear whole, by renaming, and are read whole.
class ArtifactStore {
 public:
  /// What a file holds.
  struct Entry {
    std::string binary;
    std::string artifact;
  };

  /// Makes the directory and the key if they are missing. `io` if it is open to other users.
  [[nodiscard]] static Result<ArtifactStore> open(std::filesystem::path directory,
                                                  std::uint64_t budget_bytes);

  /// The entry of that name; nothing if there is none or it is not what was stored, which is
  /// logged, and then it is deleted.
  [[nodiscard]] std::optional<Entry> load(const std::string& name) const;

  /// Stores an entry and deletes the least recently used ones over the budget. Failures are logged:
  /// the cache then misses.
  void save(const std::string& name, std::string_view binary, std::string_view artifact) const;

 private:
  using Key = std::array<std::uint8_t, 32>;

  ArtifactStore(std::filesystem::path directory, std::uint64_t budget_bytes, const Key& key)
      : directory_(std::move(directory)), budget_bytes_(budget_bytes), key_(key) {}

  [[nodiscard]] std::string mac(const std::string& name, std::string_view content) const;
  void evict() const;

  std::filesystem::path directory_;
  std::uint64_t budget_bytes_;
  Key key_;
};

}  // namespace vcp::wasm
