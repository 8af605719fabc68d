// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"

namespace vcp::agent {

/// A file of the cache, mapped. Stays readable when the cache has dropped it meanwhile.
class CachedFile {
 public:
  [[nodiscard]] static Result<std::shared_ptr<const CachedFile>> map(
      const std::filesystem::path& path);
  ~CachedFile();
  CachedFile(const CachedFile&) = delete;
  CachedFile& operator=(const CachedFile&) = delete;

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  explicit CachedFile(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes_;
};

/// Content by its hash on disk, the least recently used of it dropped beyond a size. What a process
/// finds there is hashed before it is trusted. Any thread.
class DiskCache {
 public:
  /// Takes over what is in `directory`, which is made if missing, and removes half-written files.
  [[nodiscard]] static Result<std::unique_ptr<DiskCache>> open(std::filesystem::path directory,
                                                               std::uint64_t max_bytes);

  /// The content, or null if it is not here.
  [[nodiscard]] std::shared_ptr<const CachedFile> find(const Digest& id);

  /// A file on its way into the cache; removed again if it is never admitted.
  class Incoming {
   public:
    Incoming(std::filesystem::path path, int file, std::uint64_t max_bytes);
    ~Incoming();
    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;

    /// `no_space` beyond what the whole cache may hold.
    [[nodiscard]] Result<> append(std::string_view bytes);

   private:
    friend class DiskCache;
    std::filesystem::path path_;
    int file_;
    std::uint64_t max_bytes_;
    Sha256 hash_;
    std::uint64_t size_ = 0;
  };

  [[nodiscard]] Result<std::unique_ptr<Incoming>> begin(const Digest& id);

  /// Makes room and keeps the file under `id`, if that is its hash; `corrupt` otherwise.
  [[nodiscard]] Result<> admit(const Digest& id, Incoming& incoming);

 private:
  struct Entry {
    Digest id;
    std::uint64_t size;
    std::shared_ptr<const CachedFile> mapped;  ///< once it was checked
  };
  using Entries = std::list<Entry>;  // most recently used first

  DiskCache(std::filesystem::path directory, std::uint64_t max_bytes)
      : directory_(std::move(directory)), max_bytes_(max_bytes) {}

  void take_over();
  void drop(Entries::iterator entry);
  void make_room(std::uint64_t bytes);
  void insert(Entry entry);
  [[nodiscard]] std::filesystem::path path_of(const Digest& id) const;

  std::filesystem::path directory_;
  std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::uint64_t bytes_ = 0;
  std::uint64_t incoming_ = 0;  // names the half-written files
  Entries entries_;
  std::unordered_map<Digest, Entries::iterator> index_;
};

}  // namespace vcp::agent
