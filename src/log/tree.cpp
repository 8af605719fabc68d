// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/tree.hpp"

#include <cassert>
#include <string_view>
#include <utility>

namespace vcp::log {
namespace {

/// The tile at the right edge of a tree of `size` leaves.
TileId edge_id(std::size_t level, std::uint64_t size) {
  return {static_cast<std::uint8_t>(level), (size >> (kTileHeight * level)) / kTileWidth};
}

std::unexpected<Error> at_odds(std::string_view what, std::uint64_t size) {
  return fail(Code::corrupt, "the log of " + std::to_string(size) + " leaves is at odds with its " +
                                 std::string(what));
}

}  // namespace

Result<Tree> Tree::restore(std::uint64_t size, std::span<const Digest> last_leaves,
                           const ReadTile& read) {
  if (last_leaves.size() != size % kTileWidth) return at_odds("last leaves", size);
  Tree tree;
  tree.size_ = size;
  for (const Digest& leaf : last_leaves) tree.edge_[0].push(leaf);
  for (std::size_t level = 1; level < kTileLevels; ++level) {
    const TileId id = edge_id(level, size);
    const std::uint32_t width = tile_width(id, size);
    if (width == 0) continue;
    Result<Tile> tile = read({.level = id.level, .index = id.index, .width = width});
    if (!tile) return std::unexpected(std::move(tile.error()));
    if (tile->width() != width) return at_odds("tiles", size);
    tree.edge_[level] = std::move(*tile);
  }
  return tree;
}

TreeHead Tree::head() const {
  const ReadNode read =
      nodes_in_tiles(size_, tiles([](const TilePath&) -> Result<Tile> {
                       return fail(Code::internal, "a root is made of the right edge alone");
                     }));
  const Result<Digest> root = tree_root(size_, read);
  assert(root.has_value());
  return {.size = size_, .root = *root};
}

std::vector<StoredTile> Tree::append(std::span<const Digest> leaves) {
  std::vector<StoredTile> written;
  const std::uint64_t old_size = size_;
  for (const Digest& leaf : leaves) {
    push(leaf, written);
    ++size_;
  }
  for (std::size_t level = 1; level < kTileLevels; ++level) {
    const std::uint64_t shift = kTileHeight * level;
    const bool grew = size_ >> shift != old_size >> shift;
    if (grew && edge_[level].width() > 0) {
      written.push_back({edge_id(level, size_), edge_[level].stored()});
    }
  }
  return written;
}

void Tree::push(const Digest& leaf, std::vector<StoredTile>& written) {
  Digest hash = leaf;
  for (std::size_t level = 0; level < kTileLevels; ++level) {
    Tile& tile = edge_[level];
    tile.push(hash);
    if (!tile.complete()) return;
    written.push_back({edge_id(level, size_), tile.stored()});
    hash = tile.node(kTileHeight, 0);
    tile = {};
  }
}

ReadTile Tree::tiles(ReadTile stored) const {
  return [this, stored = std::move(stored)](const TilePath& path) -> Result<Tile> {
    const TileId id = path.id();
    if (id.level < kTileLevels && id == edge_id(id.level, size_)) return edge_[id.level];
    return stored(path);
  };
}

}  // namespace vcp::log
