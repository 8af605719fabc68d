// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "file.hpp"
#include "manifest.hpp"
#include "vcp/base/result.hpp"

namespace vcp::store {

/// What must be in the store, in a small file beside the store's own: the number of the last
/// commit that was acknowledged, and the list of table files.
///
/// It is overwritten in place after the store has synced, and not synced itself: after `kill -9` it
/// is exact, after a power cut it may be older than the store, and it is never ahead of it. So a
/// store that ends before the mark has lost what somebody was told is safe. docs/storage.md has the
/// format.
///
/// One thread writes commits, another one may write manifests meanwhile.
class Mark {
 public:
  /// Opens the file, creating an empty one if it is not there, and locks it; `conflict` if another
  /// process holds it.
  [[nodiscard]] static Result<Mark> open(const std::filesystem::path& path);

  struct Contents {
    std::uint64_t commit = 0;
    Manifest manifest{};
  };

  /// Nothing if the file is empty, as it is when new; `corrupt` if it is damaged.
  [[nodiscard]] Result<std::optional<Contents>> read() const;

  [[nodiscard]] Result<> write_commit(std::uint64_t number);
  [[nodiscard]] Result<> write_manifest(const Manifest& manifest);

  /// Makes the file itself durable.
  [[nodiscard]] Result<> sync();

 private:
  Mark(std::filesystem::path path, File file);

  std::filesystem::path path_;
  File file_;
};

}  // namespace vcp::store
