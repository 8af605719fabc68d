// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vcp/base/hash.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"

namespace vcp::store {

/// Large bytes on disk, once, by their SHA-256: `DIR/ab/abcdef…`. A file there is whole and synced
/// before anything may refer to it. Calls block on the disk: use them from the compute pool. Any
/// thread, if `random` may be used from any.
class ContentStore {
 public:
  /// Creates the directory if it is not there and removes what unfinished writes left behind.
  [[nodiscard]] static Result<ContentStore> open(const std::filesystem::path& directory,
                                                 Random& random);

  /// Bytes on their way in: hashed as they come, nameless until finished, gone if dropped. One
  /// thread at a time. A full disk is `no_space`.
  class Writer {
   public:
    Writer(Writer&&) noexcept;
    Writer& operator=(Writer&&) noexcept;
    ~Writer();

    [[nodiscard]] Result<> append(std::string_view bytes);
    [[nodiscard]] std::uint64_t size() const;

    /// Syncs the file and gives it its name; the writer is used up. Of several writers of the same
    /// content the last one's file stays, which also repairs a damaged one.
    [[nodiscard]] Result<Digest> finish();

   private:
    friend class ContentStore;
    struct State;
    explicit Writer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };

  [[nodiscard]] Result<Writer> create();

  /// `create`, `append` and `finish` in one.
  [[nodiscard]] Result<Digest> put(std::string_view bytes);

  /// For a library that writes files by itself: a new path, gone with the next `open` unless
  /// `adopt` takes it.
  [[nodiscard]] std::filesystem::path new_path();

  /// Names a whole and synced file by its contents; of a `new_path`, which is used up.
  [[nodiscard]] Result<Digest> adopt(const std::filesystem::path& file);

  /// The file with that digest, for a library that reads files by itself.
  [[nodiscard]] std::filesystem::path path(const Digest& digest) const;

  /// All of it; `not_found` if it is not there, `corrupt` if the bytes do not have that digest.
  [[nodiscard]] Result<std::string> read(const Digest& digest) const;

  /// `length` bytes from `offset`, fewer at the end; not checked against the digest.
  [[nodiscard]] Result<std::string> read(const Digest& digest, std::uint64_t offset,
                                         std::size_t length) const;

  [[nodiscard]] Result<std::uint64_t> size(const Digest& digest) const;

  /// Calls `visit` for all content that was there throughout, in no order.
  [[nodiscard]] Result<> for_each(const std::function<void(const Digest&)>& visit) const;

  /// Nothing happens if it is not there.
  [[nodiscard]] Result<> remove(const Digest& digest);

 private:
  ContentStore(std::filesystem::path directory, Random& random);

  std::filesystem::path directory_;
  Random* random_;
};

}  // namespace vcp::store
