// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"
#include "vcp/coordinator/records.hpp"
#include "vcp/store/backend.hpp"
#include "vcp/store/content.hpp"

namespace vcp::coordinator {

/// The content store with its reference counts. Bytes are stored first, pinned until the command
/// that refers to them has been decided, and removed once nothing refers to them any more.
class Contents {
  struct Pins;

 public:
  /// Called on any thread when the last pin of content goes; must not block nor throw.
  using Unpinned = std::function<void(const Digest&)>;

  Contents(store::ContentStore& files, const store::Backend& backend, Unpinned unpinned = {});
  ~Contents();

  /// Keeps content from being removed while it exists. It may outlive the Contents.
  class Pin {
   public:
    Pin(Pin&& other) noexcept = default;
    Pin& operator=(Pin&&) = delete;
    ~Pin();

    [[nodiscard]] const Digest& digest() const { return digest_; }

   private:
    friend class Contents;
    Pin(std::shared_ptr<Pins> pins, const Digest& digest);

    std::shared_ptr<Pins> pins_;
    Digest digest_;
  };

  // Any thread that may block on the disk.

  [[nodiscard]] Result<store::ContentStore::Writer> create() { return files_.create(); }
  [[nodiscard]] Result<Pin> finish(store::ContentStore::Writer writer);
  [[nodiscard]] Result<Pin> put(std::string_view bytes);

  /// As ContentStore::new_path and adopt.
  [[nodiscard]] std::filesystem::path new_path() { return files_.new_path(); }
  [[nodiscard]] Result<Pin> adopt(const std::filesystem::path& file);

  [[nodiscard]] const store::ContentStore& files() const { return files_; }

  /// Removes the file if nothing refers to it or pins it, and that is certain.
  void remove_if_unused(const Digest& digest);

  /// `remove_if_unused` for every file there is.
  [[nodiscard]] Result<> remove_all_unused();

  // The writer's only.

  /// One reference more, in the batch of commit `commit`.
  void refer(store::Batch& batch, std::uint64_t commit, const Digest& digest, std::uint64_t size);

  /// One reference fewer; true if it was the last one, and the file may go once the commit is
  /// durable.
  [[nodiscard]] bool release(store::Batch& batch, std::uint64_t commit, const Digest& digest);

  /// Commits up to `commit` can be read back from the store.
  void forget(std::uint64_t commit);

 private:
  struct Fresh {
    ContentRecord record;
    std::uint64_t commit;
  };

  [[nodiscard]] bool in_use(const Digest& digest) const;
  [[nodiscard]] Result<ContentRecord> record(const Digest& digest) const;
  [[nodiscard]] Result<ContentRecord> stored(const Digest& digest) const;
  void write(store::Batch& batch, std::uint64_t commit, const Digest& digest,
             const ContentRecord& record);

  store::ContentStore& files_;
  const store::Backend& backend_;

  std::shared_ptr<Pins> pins_;
  mutable std::mutex mutex_;
  std::unordered_map<Digest, Fresh> fresh_;  // counts that may not be in the store yet
  std::shared_mutex removal_;                // shared: content appears; exclusive: it goes
};

}  // namespace vcp::coordinator
