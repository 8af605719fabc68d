// SPDX-License-Identifier: Apache-2.0
#include "mark.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "vcp/base/big_endian.hpp"
#include "vcp/base/hash.hpp"

namespace vcp::store {
namespace {

// Each part lies within one sector of the disk, which is written whole or not at all.
constexpr std::uint64_t kCommitOffset = 0;
constexpr std::uint64_t kManifestOffset = 512;
constexpr std::string_view kCommitMagic = "VCPMARK1";
constexpr std::string_view kManifestMagic = "VCPLIST1";
constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kCommitBytes = 8;
constexpr std::size_t kManifestBytes = 8 + 8 + 32;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kFileBytes = kManifestOffset + kMagicBytes + kManifestBytes + kChecksumBytes;

std::string seal(std::string_view magic, std::string_view contents) {
  std::string bytes(magic);
  bytes += contents;
  bytes += sha256(bytes).view().substr(0, kChecksumBytes);
  return bytes;
}

/// What `seal` sealed at `offset` of the file; nothing if it is damaged.
std::optional<std::string_view> unseal(std::string_view file, std::uint64_t offset,
                                       std::string_view magic, std::size_t length) {
  const std::string_view contents = file.substr(offset + kMagicBytes, length);
  if (!file.substr(offset).starts_with(seal(magic, contents))) return std::nullopt;
  return contents;
}

std::string encode(const Manifest& manifest) {
  std::string bytes;
  append_u64(bytes, manifest.number);
  append_u64(bytes, manifest.size);
  bytes += manifest.digest.view();
  return bytes;
}

Manifest decode_manifest(std::string_view bytes) {
  Manifest manifest{.number = read_u64(bytes), .size = read_u64(bytes.substr(8))};
  std::ranges::copy(bytes.substr(16), manifest.digest.bytes.begin());
  return manifest;
}

}  // namespace

Result<Mark> Mark::open(const std::filesystem::path& path) {
  Result<File> file = File::open(path, O_RDWR | O_CREAT);
  if (!file) return std::unexpected(file.error());
  const Result<bool> locked = file->lock();
  if (!locked) return std::unexpected(locked.error());
  if (!*locked) {
    return fail(Code::conflict,
                "another process has the store in " + path.parent_path().string() + " open");
  }
  return Mark(path, std::move(*file));
}

Mark::Mark(std::filesystem::path path, File file)
    : path_(std::move(path)), file_(std::move(file)) {}

Result<std::optional<Mark::Contents>> Mark::read() const {
  const Result<std::string> bytes = file_.read_at(0, kFileBytes);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->empty()) return std::nullopt;
  const auto damaged = fail(Code::corrupt, path_.string() + " is damaged");
  if (bytes->size() < kFileBytes) return damaged;
  const auto commit = unseal(*bytes, kCommitOffset, kCommitMagic, kCommitBytes);
  const auto manifest = unseal(*bytes, kManifestOffset, kManifestMagic, kManifestBytes);
  if (!commit || !manifest) return damaged;
  return Contents{.commit = read_u64(*commit), .manifest = decode_manifest(*manifest)};
}

Result<> Mark::write_commit(std::uint64_t number) {
  std::string bytes;
  append_u64(bytes, number);
  return file_.write_at(seal(kCommitMagic, bytes), kCommitOffset);
}

Result<> Mark::write_manifest(const Manifest& manifest) {
  return file_.write_at(seal(kManifestMagic, encode(manifest)), kManifestOffset);
}

Result<> Mark::sync() { return file_.sync(); }

}  // namespace vcp::store
