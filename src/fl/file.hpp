// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::fl {

/// A file descriptor, closed when dropped. Errors name the path and what the operating system said;
/// a full disk is `no_space`. Reads and writes at different places may overlap in time.
class File {
 public:
  [[nodiscard]] static Result<File> open_to_read(const std::filesystem::path& path);

  /// Empties the file if it is there.
  [[nodiscard]] static Result<File> create(const std::filesystem::path& path);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  /// Fills `out`; `corrupt` if the file ends before.
  [[nodiscard]] Result<> read_at(std::uint64_t offset, std::span<char> out) const;
  [[nodiscard]] Result<> write_at(std::uint64_t offset, std::string_view bytes);
  [[nodiscard]] Result<std::uint64_t> size() const;
  [[nodiscard]] Result<> sync();

 private:
  File(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  [[nodiscard]] static Result<File> open(const std::filesystem::path& path, int flags);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Gives a synced file its name, replacing what had it, durably.
[[nodiscard]] Result<> rename_durably(const std::filesystem::path& from,
                                      const std::filesystem::path& to);

}  // namespace vcp::fl
