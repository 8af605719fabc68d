// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/tile.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace vcp::log {
namespace {

constexpr std::size_t kHashBytes = sizeof(Digest::bytes);
constexpr std::uint32_t kUpperHeight = 4;
constexpr std::uint32_t kUpperWidth = kTileWidth >> kUpperHeight;

// Bytes of an entry of a bundle and of the length before it.
constexpr std::size_t kLengthBytes = 2;
constexpr std::string_view kEntryLength("\x00\x20", kLengthBytes);
constexpr std::size_t kBundledBytes = kLengthBytes + kHashBytes;
static_assert(kHashBytes == 0x20);

Digest digest_at(std::string_view bytes, std::size_t offset) {
  Digest digest;
  std::memcpy(digest.bytes.data(), bytes.data() + offset, kHashBytes);
  return digest;
}

void append_hashes(std::string& out, std::span<const Digest> hashes) {
  for (const Digest& hash : hashes) out.append(hash.view());
}

/// The root over 2^n hashes.
Digest fold(std::span<const Digest> hashes) {
  if (hashes.size() == 1) return hashes.front();
  const std::size_t half = hashes.size() / 2;
  return node_hash(fold(hashes.first(half)), fold(hashes.last(half)));
}

}  // namespace

std::uint32_t tile_width(TileId id, std::uint64_t size) {
  if (id.level >= kTileLevels) return 0;
  const std::uint64_t hashes = size >> (kTileHeight * id.level);
  const std::uint64_t complete = hashes / kTileWidth;
  if (id.index < complete) return kTileWidth;
  return id.index == complete ? static_cast<std::uint32_t>(hashes % kTileWidth) : 0;
}

Result<Tile> Tile::parse(std::string_view bytes) {
  const std::size_t hashes = bytes.size() / kHashBytes;
  const bool with_upper_row = hashes == kTileWidth + kUpperWidth;
  if (bytes.size() % kHashBytes != 0 || hashes == 0 || (hashes > kTileWidth && !with_upper_row)) {
    return fail(Code::corrupt, std::to_string(bytes.size()) + " bytes are no tile");
  }
  Tile tile;
  tile.row_.reserve(hashes);
  if (!with_upper_row) {
    for (std::size_t i = 0; i < hashes; ++i) tile.push(digest_at(bytes, i * kHashBytes));
    return tile;
  }
  tile.row_.resize(kTileWidth);
  std::memcpy(tile.row_.data(), bytes.data(), kTileWidth * kHashBytes);
  tile.upper_row_.resize(kUpperWidth);
  std::memcpy(tile.upper_row_.data(), bytes.data() + kTileWidth * kHashBytes,
              kUpperWidth * kHashBytes);
  return tile;
}

void Tile::push(const Digest& hash) {
  assert(!complete());
  constexpr std::size_t kGroup = 1U << kUpperHeight;
  row_.push_back(hash);
  if (row_.size() % kGroup == 0) upper_row_.push_back(fold(std::span(row_).last(kGroup)));
}

Digest Tile::node(std::uint32_t height, std::uint64_t index) const {
  assert(height <= kTileHeight && (index + 1) << height <= width());
  const bool upper = height >= kUpperHeight;
  const std::span<const Digest> row = upper ? upper_row_ : row_;
  const std::size_t count = std::size_t{1} << (upper ? height - kUpperHeight : height);
  return fold(row.subspan(index * count, count));
}

std::string Tile::served(std::uint32_t width) const {
  assert(width <= this->width());
  std::string out;
  out.reserve(width * kHashBytes);
  append_hashes(out, std::span(row_).first(width));
  return out;
}

std::string Tile::stored() const {
  std::string out = served(width());
  if (complete()) append_hashes(out, upper_row_);
  return out;
}

ReadNode nodes_in_tiles(std::uint64_t size, ReadTile read) {
  struct Last {
    std::uint64_t index;
    Tile tile;
  };
  // ReadNode must be copyable; a copy has a memory of its own.
  std::array<std::optional<Last>, kTileLevels> memory;
  return [size, read = std::move(read),
          memory = std::move(memory)](NodeId node) mutable -> Result<Digest> {
    // A node that is the root of a tile stands in the tile above too, as one of its hashes.
    const std::uint32_t level = node.height / kTileHeight;
    const std::uint32_t height = node.height % kTileHeight;
    const std::uint32_t rise = kTileHeight - height;  // from the node to the root of its tile
    const TileId id{static_cast<std::uint8_t>(level), node.index >> rise};
    assert(level < kTileLevels);

    std::optional<Last>& last = memory[level];
    if (!last || last->index != id.index) {
      const std::uint32_t width = tile_width(id, size);
      const TilePath path{.level = id.level, .index = id.index, .width = width};
      Result<Tile> tile = read(path);
      if (!tile) return std::unexpected(std::move(tile.error()));
      if (tile->width() < width) return fail(Code::corrupt, to_string(path) + " is too narrow");
      last = Last{id.index, std::move(*tile)};
    }
    return last->tile.node(height, node.index - (id.index << rise));
  };
}

std::string entry_bundle(std::span<const Digest> entries) {
  std::string out;
  out.reserve(entries.size() * kBundledBytes);
  for (const Digest& entry : entries) out.append(kEntryLength).append(entry.view());
  return out;
}

Result<std::vector<Digest>> parse_entry_bundle(std::string_view bytes) {
  const std::size_t count = bytes.size() / kBundledBytes;
  if (bytes.size() % kBundledBytes != 0 || count == 0 || count > kTileWidth) {
    return fail(Code::malformed, std::to_string(bytes.size()) + " bytes are no bundle of entries");
  }
  std::vector<Digest> entries;
  entries.reserve(count);
  for (; !bytes.empty(); bytes.remove_prefix(kBundledBytes)) {
    if (!bytes.starts_with(kEntryLength)) {
      return fail(Code::malformed, "an entry that is not of 32 bytes");
    }
    entries.push_back(digest_at(bytes, kLengthBytes));
  }
  return entries;
}

}  // namespace vcp::log
