// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace vcp::store {
namespace {

std::unexpected<Error> system_failure(int error, std::string_view verb,
                                      const std::filesystem::path& path) {
  Code code = Code::io;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = Code::no_space;
  if (error == ENOENT) code = Code::not_found;
  return fail(code, "cannot " + std::string(verb) + " " + path.string() + ": " +
                        std::generic_category().message(error));
}

}  // namespace

Result<File> File::open(const std::filesystem::path& path, int flags) {
  constexpr mode_t kOwnerOnly = 0600;
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return system_failure(errno, "open", path);
  return File(path, descriptor);
}

File::File(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(errno, "write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<> File::write_at(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(errno, "write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<std::string> File::read_at(std::uint64_t offset, std::size_t length) const {
  std::string bytes(length, '\0');
  std::size_t have = 0;
  while (have < length) {
    const ssize_t count =
        ::pread(descriptor_, bytes.data() + have, length - have, static_cast<off_t>(offset + have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(errno, "read", path_);
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

Result<std::uint64_t> File::size() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) return system_failure(errno, "look at", path_);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<> File::sync() {
  if (::fsync(descriptor_) != 0) return system_failure(errno, "sync", path_);
  return {};
}

Result<bool> File::lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return system_failure(errno, "lock", path_);
}

Result<> make_directory(const std::filesystem::path& path) {
  constexpr mode_t kOwnerOnly = 0700;
  if (::mkdir(path.c_str(), kOwnerOnly) == 0) return sync_directory(path / "..");
  if (errno == ENOENT && path.has_parent_path() && path.parent_path() != path) {
    if (const Result<> made = make_directory(path.parent_path()); !made) return made;
    return make_directory(path);
  }
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && std::filesystem::is_directory(path, ignored)) return {};
  return system_failure(error, "create the directory", path);
}

Result<> sync_directory(const std::filesystem::path& path) {
  Result<File> directory = File::open(path, O_RDONLY | O_DIRECTORY);
  if (!directory) return std::unexpected(directory.error());
  return directory->sync();
}

Result<> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return system_failure(errno, "rename to", to);
  return sync_directory(to.parent_path());
}

Result<> remove_path(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return system_failure(error.value(), "remove", path);
  return {};
}

}  // namespace vcp::store
