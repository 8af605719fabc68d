// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/content.hpp"

#include <fcntl.h>

#include <array>
#include <cassert>
#include <span>
#include <utility>

#include "file.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::store {
namespace {

namespace fs = std::filesystem;

/// Files that have no name of their own yet are in here.
constexpr std::string_view kUnfinished = "unfinished";

/// Where the content with that digest is: 256 directories, by the first byte.
fs::path content_path(const fs::path& directory, const Digest& digest) {
  const std::string hex = digest.hex();
  return directory / hex.substr(0, 2) / hex;
}

std::string random_name(Random& random) {
  std::array<std::byte, 16> bytes;
  random.fill(bytes);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

constexpr std::size_t kPart = 1 << 20;

Result<Digest> hash_file(const fs::path& path) {
  const Result<File> file = File::open(path, O_RDONLY);
  if (!file) return std::unexpected(file.error());
  Sha256 hash;
  for (std::uint64_t offset = 0;;) {
    const Result<std::string> part = file->read_at(offset, kPart);
    if (!part) return std::unexpected(part.error());
    if (part->empty()) return hash.finish();
    hash.update(*part);
    offset += part->size();
  }
}

Result<File> open_content(const fs::path& path, const Digest& digest) {
  Result<File> file = File::open(path, O_RDONLY);
  if (!file && file.error().code == Code::not_found) {
    return fail(Code::not_found, "there is no content " + digest.to_string());
  }
  return file;
}

}  // namespace

struct ContentStore::Writer::State {
  State(fs::path directory, fs::path unfinished, File opened)
      : root(std::move(directory)), path(std::move(unfinished)), file(std::move(opened)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!named) (void)remove_path(path);  // if that fails, the next open removes it
  }

  /// The file is whole on disk before it has the name, and the name is on disk on return.
  Result<> publish(const fs::path& target) {
    if (const Result<> synced = file.sync(); !synced) return synced;
    if (const Result<> made = make_directory(target.parent_path()); !made) return made;
    Result<> renamed = rename_durably(path, target);
    named = renamed.has_value();
    return renamed;
  }

  fs::path root;
  fs::path path;
  File file;
  Sha256 hash;
  std::uint64_t size = 0;
  bool named = false;
};

ContentStore::Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ContentStore::Writer::Writer(Writer&&) noexcept = default;
ContentStore::Writer& ContentStore::Writer::operator=(Writer&&) noexcept = default;
ContentStore::Writer::~Writer() = default;

Result<> ContentStore::Writer::append(std::string_view bytes) {
  assert(state_);
  state_->hash.update(bytes);
  state_->size += bytes.size();
  return state_->file.write(bytes);
}

std::uint64_t ContentStore::Writer::size() const {
  assert(state_);
  return state_->size;
}

Result<Digest> ContentStore::Writer::finish() {
  assert(state_);
  const std::unique_ptr<State> state = std::move(state_);
  const Digest digest = state->hash.finish();
  if (const Result<> done = state->publish(content_path(state->root, digest)); !done) {
    return std::unexpected(done.error());
  }
  return digest;
}

Result<ContentStore> ContentStore::open(const fs::path& directory, Random& random) {
  const fs::path unfinished = directory / kUnfinished;
  if (const Result<> removed = remove_path(unfinished); !removed) {
    return std::unexpected(removed.error());
  }
  if (const Result<> made = make_directory(unfinished); !made) return std::unexpected(made.error());
  return ContentStore(directory, random);
}

ContentStore::ContentStore(fs::path directory, Random& random)
    : directory_(std::move(directory)), random_(&random) {}

Result<ContentStore::Writer> ContentStore::create() {
  const fs::path path = new_path();
  Result<File> file = File::open(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file) return std::unexpected(file.error());
  return Writer(std::make_unique<Writer::State>(directory_, path, std::move(*file)));
}

Result<Digest> ContentStore::put(std::string_view bytes) {
  Result<Writer> writer = create();
  if (!writer) return std::unexpected(writer.error());
  if (const Result<> added = writer->append(bytes); !added) return std::unexpected(added.error());
  return writer->finish();
}

fs::path ContentStore::new_path() { return directory_ / kUnfinished / random_name(*random_); }

Result<Digest> ContentStore::adopt(const fs::path& file) {
  const Result<Digest> digest = hash_file(file);
  if (!digest) return digest;
  const fs::path target = path(*digest);
  if (const Result<> made = make_directory(target.parent_path()); !made) {
    return std::unexpected(made.error());
  }
  if (const Result<> renamed = rename_durably(file, target); !renamed) {
    return std::unexpected(renamed.error());
  }
  return digest;
}

Result<std::string> ContentStore::read(const Digest& digest) const {
  const Result<std::uint64_t> length = size(digest);
  if (!length) return std::unexpected(length.error());
  Result<std::string> bytes = read(digest, 0, *length);
  if (bytes && sha256(*bytes) != digest) {
    return fail(Code::corrupt, "the content " + digest.to_string() + " is damaged on disk");
  }
  return bytes;
}

Result<std::string> ContentStore::read(const Digest& digest, std::uint64_t offset,
                                       std::size_t length) const {
  const Result<File> file = open_content(path(digest), digest);
  if (!file) return std::unexpected(file.error());
  return file->read_at(offset, length);
}

Result<std::uint64_t> ContentStore::size(const Digest& digest) const {
  const Result<File> file = open_content(path(digest), digest);
  if (!file) return std::unexpected(file.error());
  return file->size();
}

Result<> ContentStore::for_each(const std::function<void(const Digest&)>& visit) const {
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory_, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::optional<Digest> digest = Digest::parse("sha256:" + name);
    if (digest && at->path() == path(*digest)) visit(*digest);
  }
  if (error) return fail(Code::io, "cannot list " + directory_.string() + ": " + error.message());
  return {};
}

Result<> ContentStore::remove(const Digest& digest) { return remove_path(path(digest)); }

fs::path ContentStore::path(const Digest& digest) const { return content_path(directory_, digest); }

}  // namespace vcp::store
