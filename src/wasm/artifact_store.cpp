// SPDX-License-Identifier: Apache-2.0
#include "artifact_store.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "vcp/base/encoding.hpp"
#include "vcp/base/hash.hpp"
#include "vcp/base/random.hpp"

namespace vcp::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyName = "key";
constexpr std::size_t kMacBytes = crypto_auth_hmacsha256_BYTES;
constexpr std::size_t kSizeBytes = sizeof(std::uint64_t);

std::string reason(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Whether nobody else can write, or read, what `status` is about.
bool is_ours_alone(const struct stat& status) {
  return status.st_uid == geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/// A whole file of this user's alone. Not a link: its target could be anybody's.
std::optional<std::string> read_private_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || !is_ours_alone(status)) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

/// Writes a new file under a name that nobody else uses. Nothing if the system refuses.
std::optional<fs::path> write_temporary(const fs::path& directory,
                                        std::initializer_list<std::string_view> parts) {
  std::array<std::byte, 12> random;
  SystemRandom().fill(random);
  const std::string_view letters(reinterpret_cast<const char*>(random.data()), random.size());
  fs::path path = directory / (".new-" + to_hex(letters));
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.get() < 0) return std::nullopt;
  for (std::string_view part : parts) {
    while (!part.empty()) {
      const ssize_t written = ::write(file.get(), part.data(), part.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        const int error = errno;
        ::unlink(path.c_str());
        errno = error;
        return std::nullopt;
      }
      part.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return path;
}

Result<> prepare_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return fail(Code::io, "cannot make " + directory.string() + ": " + reason(errno));
  }
  struct stat status{};
  if (::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return fail(Code::io, directory.string() + " is not a directory");
  }
  if (!is_ours_alone(status)) {
    return fail(Code::io, directory.string() +
                              " must belong to this user and be closed to all others (mode 0700): "
                              "it holds machine code that is run");
  }
  return {};
}

/// The key, made by whichever process comes first.
Result<std::string> prepare_key(const fs::path& directory) {
  const fs::path path = directory / kKeyName;
  if (auto key = read_private_file(path)) return std::move(*key);
  std::string fresh(crypto_auth_hmacsha256_KEYBYTES, '\0');
  SystemRandom().fill(std::as_writable_bytes(std::span(fresh)));
  const auto temporary = write_temporary(directory, {fresh});
  if (!temporary) return fail(Code::io, "cannot write in " + directory.string());
  const bool linked = ::link(temporary->c_str(), path.c_str()) == 0;
  ::unlink(temporary->c_str());
  if (linked) return fresh;
  if (auto key = read_private_file(path)) return std::move(*key);
  return fail(Code::io, path.string() + " cannot be read, or not by this user alone");
}

struct FileUse {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t bytes;
};

std::vector<FileUse> list_files(const fs::path& directory) {
  std::vector<FileUse> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;  // another process may delete what we see
    FileUse use{it->path(), it->last_write_time(gone), it->file_size(gone)};
    if (!gone && use.path.filename() != kKeyName) files.push_back(std::move(use));
  }
  return files;
}

}  // namespace

Result<ArtifactStore> ArtifactStore::open(fs::path directory, std::uint64_t budget_bytes) {
  if (auto prepared = prepare_directory(directory); !prepared) {
    return std::unexpected(std::move(prepared.error()));
  }
  auto bytes = prepare_key(directory);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  Key key;
  if (bytes->size() != key.size()) {
    return fail(Code::io, (directory / kKeyName).string() + " is damaged; delete the directory");
  }
  std::memcpy(key.data(), bytes->data(), key.size());
  return ArtifactStore(std::move(directory), budget_bytes, key);
}

std::optional<ArtifactStore::Entry> ArtifactStore::load(const std::string& name) const {
  const fs::path path = directory_ / name;
  const auto file = read_private_file(path);
  if (!file) return std::nullopt;
  const std::string_view bytes = *file;
  std::uint64_t binary_size = 0;
  const bool whole =
      bytes.size() >= kMacBytes + kSizeBytes &&
      equal_constant_time(bytes.substr(0, kMacBytes), mac(name, bytes.substr(kMacBytes)));
  if (!whole) {
    spdlog::warn("compiled module {} was changed since it was written; it is compiled anew",
                 path.string());
    ::unlink(path.c_str());
    return std::nullopt;
  }
  std::memcpy(&binary_size, bytes.data() + kMacBytes, kSizeBytes);
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);  // its last use
  const std::string_view content = bytes.substr(kMacBytes + kSizeBytes);
  return Entry{std::string(content.substr(0, binary_size)),
               std::string(content.substr(binary_size))};
}

void ArtifactStore::save(const std::string& name, std::string_view binary,
                         std::string_view artifact) const {
  const std::uint64_t binary_size = binary.size();
  std::string content(kSizeBytes, '\0');
  std::memcpy(content.data(), &binary_size, kSizeBytes);
  content.append(binary).append(artifact);
  if (content.size() > budget_bytes_) return;
  const auto temporary = write_temporary(directory_, {mac(name, content), content});
  if (!temporary) {
    spdlog::warn("compiled module {} cannot be kept: {}", name, reason(errno));
    return;
  }
  if (::rename(temporary->c_str(), (directory_ / name).c_str()) != 0) {
    spdlog::warn("compiled module {} cannot be kept: {}", name, reason(errno));
    ::unlink(temporary->c_str());
  }
  evict();
}

/// Over the name too, or one file could stand in for another.
std::string ArtifactStore::mac(const std::string& name, std::string_view content) const {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key_.data(), key_.size());
  crypto_auth_hmacsha256_update(&state, bytes(name), name.size() + 1);
  crypto_auth_hmacsha256_update(&state, bytes(content), content.size());
  std::array<unsigned char, kMacBytes> tag;
  crypto_auth_hmacsha256_final(&state, tag.data());
  return std::string(tag.begin(), tag.end());
}

void ArtifactStore::evict() const {
  std::vector<FileUse> files = list_files(directory_);
  std::ranges::sort(files, std::ranges::greater(), &FileUse::used);
  std::uint64_t kept = 0;
  for (const FileUse& file : files) {
    kept += file.bytes;
    if (kept > budget_bytes_) ::unlink(file.path.c_str());
  }
}

}  // namespace vcp::wasm
