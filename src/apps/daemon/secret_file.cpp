// SPDX-License-Identifier: Apache-2.0
#include "secret_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace vcp::daemon {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refused(const fs::path& path, int number) {
  return fail(Code::io, path.string() + ": " + std::generic_category().message(number));
}

/// Makes what happened to the names in a directory last.
Result<> sync_directory(const fs::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return refused(directory, errno);
  const bool synced = ::fsync(descriptor) == 0;
  const int number = errno;
  ::close(descriptor);
  if (!synced) return refused(directory, number);
  return {};
}

}  // namespace

std::string read_secret(const fs::path& file) {
  std::ifstream stream(file);
  std::string secret;
  std::getline(stream, secret);
  return secret;
}

Result<> write_secret(const fs::path& file, std::string_view secret) {
  const fs::path unfinished = file.string() + ".new";
  const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return refused(unfinished, errno);
  const bool written =
      ::write(descriptor, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
      ::fsync(descriptor) == 0;
  const int number = errno;
  ::close(descriptor);
  if (!written) return refused(unfinished, number);
  if (::rename(unfinished.c_str(), file.c_str()) != 0) return refused(file, errno);
  return sync_directory(fs::absolute(file).parent_path());
}

}  // namespace vcp::daemon
