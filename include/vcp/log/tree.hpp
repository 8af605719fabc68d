// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"
#include "vcp/log/merkle.hpp"
#include "vcp/log/tile.hpp"

namespace vcp::log {

/// A tile to be kept, as `Tile::parse` reads it. A later one with the same id takes its place.
struct StoredTile {
  TileId id;
  std::string bytes;
};

/// A tree that grows, with only its right edge in memory: of each tile level the one tile that is
/// not complete, less than 9 KB each, four of them at four billion leaves.
///
/// What it gives out to be stored: a tile of leaf hashes once it is complete, and those above each
/// time that they grow, which is once in 256 leaves. The incomplete tile of leaf hashes is not
/// stored, because the entries are: so an append writes what is new and nothing twice.
///
/// A value: a copy is the tree as it was, from which any thread may make proofs.
class Tree {
 public:
  /// Without leaves.
  Tree() = default;

  /// The tree of `size` leaves as `append` left it. `last_leaves` are the hashes of its last
  /// `size` % 256 leaves; `read` gives the stored tiles. Errors are those of `read`, and `corrupt`.
  [[nodiscard]] static Result<Tree> restore(std::uint64_t size, std::span<const Digest> last_leaves,
                                            const ReadTile& read);

  [[nodiscard]] std::uint64_t size() const { return size_; }

  [[nodiscard]] TreeHead head() const;

  /// Adds leaves, by their hashes, and returns the tiles to be written together with the entries.
  /// Costs two hashings a leaf.
  [[nodiscard]] std::vector<StoredTile> append(std::span<const Digest> leaves);

  /// Reads any tile of the tree: the right edge from memory, the others by `stored`. Refers to the
  /// tree.
  [[nodiscard]] ReadTile tiles(ReadTile stored) const;

 private:
  void push(const Digest& leaf, std::vector<StoredTile>& written);

  std::uint64_t size_ = 0;
  std::array<Tile, kTileLevels> edge_;  // by level; never complete
};

}  // namespace vcp::log
