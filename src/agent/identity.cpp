// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "vcp/base/hash.hpp"
#include "vcp/client/api.hpp"

namespace vcp::agent {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTokenFile = "node.token";
constexpr const char* kNonceFile = "registration.nonce";
constexpr std::size_t kMaxFileBytes = 4096;

std::unexpected<Error> os_error(const fs::path& path) {
  return fail(Code::io, path.string() + ": " + std::generic_category().message(errno));
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// The only line of a small file; empty if there is no such file.
Result<std::string> read_line(const fs::path& path) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::string();
  if (file.get() < 0) return os_error(path);
  std::array<char, kMaxFileBytes> buffer;
  ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0) return os_error(path);
  std::string text(buffer.data(), static_cast<std::size_t>(size));
  return text.substr(0, text.find('\n'));
}

/// Replaces a file whole, and returns once that is on disk.
Result<> write_line(const fs::path& path, const std::string& line) {
  fs::path partial = path;
  partial += ".new";
  std::string text = line + "\n";
  File file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return os_error(partial);
  if (::fchmod(file.get(), 0600) != 0 ||
      ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0 || ::rename(partial.c_str(), path.c_str()) != 0) {
    return os_error(path);
  }
  File directory(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return os_error(path.parent_path());
  return {};
}

}  // namespace

Result<Identity> Identity::open(fs::path data_dir) {
  Identity identity(std::move(data_dir));
  auto token = read_line(identity.data_dir_ / kTokenFile);
  if (!token) return std::unexpected(std::move(token.error()));
  auto nonce = read_line(identity.data_dir_ / kNonceFile);
  if (!nonce) return std::unexpected(std::move(nonce.error()));
  identity.token_ = std::move(*token);
  identity.nonce_ = std::move(*nonce);
  return identity;
}

Result<> Identity::keep_token(std::string token) {
  auto written = write_line(data_dir_ / kTokenFile, token);
  if (!written) return written;
  token_ = std::move(token);
  nonce_.clear();
  ::unlink((data_dir_ / kNonceFile).c_str());
  return {};
}

Result<std::string> Identity::registration_key(std::string_view body, Random& random) {
  if (nonce_.empty()) {
    std::string nonce = client::make_idempotency_key(random);
    auto written = write_line(data_dir_ / kNonceFile, nonce);
    if (!written) return std::unexpected(std::move(written.error()));
    nonce_ = std::move(nonce);
  }
  return sha256(nonce_ + std::string(body)).hex();
}

}  // namespace vcp::agent
