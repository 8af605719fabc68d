// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::store {

/// An open file, closed when dropped and not inherited by other programs. Every error names the
/// path and what the operating system said; a full disk or quota is `no_space`.
class File {
 public:
  /// `flags` as for open(2); a new file is for its owner alone.
  [[nodiscard]] static Result<File> open(const std::filesystem::path& path, int flags);

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  /// Appends all of the bytes at the file's position.
  [[nodiscard]] Result<> write(std::string_view bytes);

  /// Writes all of the bytes at `offset`.
  [[nodiscard]] Result<> write_at(std::string_view bytes, std::uint64_t offset);

  /// Up to `length` bytes from `offset`; fewer at the end of the file.
  [[nodiscard]] Result<std::string> read_at(std::uint64_t offset, std::size_t length) const;

  [[nodiscard]] Result<std::uint64_t> size() const;

  /// Returns when the contents are on disk.
  [[nodiscard]] Result<> sync();

  /// Takes the file's advisory lock for this object, without waiting; false if another has it.
  [[nodiscard]] Result<bool> lock();

 private:
  File(std::filesystem::path path, int descriptor);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Creates the directory and those above it, for their owner alone, where they are not there yet.
[[nodiscard]] Result<> make_directory(const std::filesystem::path& path);

/// Makes durable which names the directory has.
[[nodiscard]] Result<> sync_directory(const std::filesystem::path& path);

/// Gives the file or directory another name, replacing a file of that name, durably.
[[nodiscard]] Result<> rename_durably(const std::filesystem::path& from,
                                      const std::filesystem::path& to);

/// Removes the file or the directory with all that it holds; nothing happens if it is not there.
[[nodiscard]] Result<> remove_path(const std::filesystem::path& path);

}  // namespace vcp::store
