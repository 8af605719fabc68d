// SPDX-License-Identifier: Apache-2.0
#include "disk_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace vcp::agent {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kIncomingSuffix = ".part";

std::unexpected<Error> os_error(const fs::path& path) {
  Code code = errno == ENOSPC || errno == EDQUOT ? Code::no_space : Code::io;
  return fail(code, path.string() + ": " + std::generic_category().message(errno));
}

}  // namespace

Result<std::shared_ptr<const CachedFile>> CachedFile::map(const fs::path& path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return os_error(path);
  struct stat status{};
  void* address = nullptr;
  bool mapped = ::fstat(file, &status) == 0;
  auto size = static_cast<std::size_t>(status.st_size);
  if (mapped && size > 0) {
    address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    mapped = address != MAP_FAILED;
  }
  int error = errno;
  ::close(file);
  errno = error;
  if (!mapped) return os_error(path);
  std::string_view bytes(static_cast<const char*>(address), size);
  return std::shared_ptr<const CachedFile>(new CachedFile(bytes));
}

CachedFile::~CachedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

DiskCache::Incoming::Incoming(fs::path path, int file, std::uint64_t max_bytes)
    : path_(std::move(path)), file_(file), max_bytes_(max_bytes) {}

DiskCache::Incoming::~Incoming() {
  ::close(file_);
  ::unlink(path_.c_str());  // gone already if it was admitted
}

Result<> DiskCache::Incoming::append(std::string_view bytes) {
  hash_.update(bytes);
  size_ += bytes.size();
  if (size_ > max_bytes_) return fail(Code::no_space, "larger than this node's cache");
  while (!bytes.empty()) {
    ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error(path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::unique_ptr<DiskCache>> DiskCache::open(fs::path directory, std::uint64_t max_bytes) {
  std::error_code ec;
  fs::create_directories(directory, ec);
  if (!ec) fs::permissions(directory, fs::perms::owner_all, ec);
  if (ec) return fail(Code::io, directory.string() + ": " + ec.message());
  std::unique_ptr<DiskCache> cache(new DiskCache(std::move(directory), max_bytes));
  cache->take_over();
  return cache;
}

fs::path DiskCache::path_of(const Digest& id) const { return directory_ / id.hex(); }

void DiskCache::take_over() {
  struct Found {
    fs::file_time_type used;
    Entry entry;
  };
  std::vector<Found> found;
  std::error_code ec;
  for (const auto& file : fs::directory_iterator(directory_, ec)) {
    auto id = Digest::parse("sha256:" + file.path().filename().string());
    if (!id || !file.is_regular_file(ec)) {
      if (file.path().extension() == kIncomingSuffix) fs::remove(file.path(), ec);
      continue;
    }
    found.push_back({file.last_write_time(ec), {*id, file.file_size(ec), nullptr}});
  }
  std::ranges::sort(found, {}, &Found::used);
  for (auto& [used, entry] : found) insert(std::move(entry));
  make_room(0);
}

void DiskCache::insert(Entry entry) {
  bytes_ += entry.size;
  entries_.push_front(std::move(entry));
  index_[entries_.front().id] = entries_.begin();
}

void DiskCache::drop(Entries::iterator entry) {
  ::unlink(path_of(entry->id).c_str());
  bytes_ -= entry->size;
  index_.erase(entry->id);
  entries_.erase(entry);
}

void DiskCache::make_room(std::uint64_t bytes) {
  while (!entries_.empty() && bytes_ + bytes > max_bytes_) drop(std::prev(entries_.end()));
}

std::shared_ptr<const CachedFile> DiskCache::find(const Digest& id) {
  std::scoped_lock lock(mutex_);
  auto found = index_.find(id);
  if (found == index_.end()) return nullptr;
  auto entry = found->second;
  if (!entry->mapped) {
    auto file = CachedFile::map(path_of(id));
    if (!file || sha256((*file)->bytes()) != id) {
      drop(entry);
      return nullptr;
    }
    entry->mapped = std::move(*file);
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->mapped;
}

Result<std::unique_ptr<DiskCache::Incoming>> DiskCache::begin(const Digest& id) {
  std::unique_lock lock(mutex_);
  fs::path path =
      directory_ / (id.hex() + "." + std::to_string(++incoming_) + std::string(kIncomingSuffix));
  lock.unlock();
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return os_error(path);
  return std::make_unique<Incoming>(std::move(path), file, max_bytes_);
}

Result<> DiskCache::admit(const Digest& id, Incoming& incoming) {
  if (incoming.hash_.finish() != id) {
    return fail(Code::corrupt, "what came for " + id.to_string() + " has another hash");
  }
  auto mapped = CachedFile::map(incoming.path_);
  if (!mapped) return std::unexpected(std::move(mapped.error()));
  std::scoped_lock lock(mutex_);
  if (index_.contains(id)) return {};
  make_room(incoming.size_);
  if (::rename(incoming.path_.c_str(), path_of(id).c_str()) != 0) return os_error(incoming.path_);
  insert({id, incoming.size_, std::move(*mapped)});
  return {};
}

}  // namespace vcp::agent
