// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

namespace vcp::fl {
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

Result<File> File::open_to_read(const std::filesystem::path& path) { return open(path, O_RDONLY); }

Result<File> File::create(const std::filesystem::path& path) {
  return open(path, O_RDWR | O_CREAT | O_TRUNC);
}

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

Result<> File::read_at(std::uint64_t offset, std::span<char> out) const {
  while (!out.empty()) {
    const ssize_t count = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(errno, "read", path_);
    if (count == 0) return fail(Code::corrupt, path_.string() + " is shorter than it was");
    out = out.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<> File::write_at(std::uint64_t offset, std::string_view bytes) {
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

Result<std::uint64_t> File::size() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) return system_failure(errno, "look at", path_);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<> File::sync() {
  if (::fsync(descriptor_) != 0) return system_failure(errno, "sync", path_);
  return {};
}

Result<> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return system_failure(errno, "rename to", to);
  const std::filesystem::path parent = to.has_parent_path() ? to.parent_path() : ".";
  const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return system_failure(errno, "open", parent);
  const int status = ::fsync(directory);
  const int error = errno;
  ::close(directory);
  if (status != 0) return system_failure(error, "sync", parent);
  return {};
}

}  // namespace vcp::fl
