// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/log/merkle.hpp"
#include "vcp/log/tree.hpp"

/// The definitions of RFC 6962, section 2.1, as they stand there, over leaf hashes; and a store of
/// tiles in memory.
namespace vcp::log::reference {

using Leaves = std::span<const Digest>;

/// The largest power of two that is smaller than n; n > 1.
inline std::size_t k(std::size_t n) {
  std::size_t power = 1;
  while (2 * power < n) power *= 2;
  return power;
}

/// MTH(D[n])
inline Digest mth(Leaves d) {
  if (d.empty()) return sha256("");
  if (d.size() == 1) return d[0];
  const std::size_t split = k(d.size());
  return node_hash(mth(d.first(split)), mth(d.subspan(split)));
}

/// PATH(m, D[n])
inline Proof path(std::size_t m, Leaves d) {
  if (d.size() == 1) return {};
  const std::size_t split = k(d.size());
  const bool left = m < split;
  Proof proof = left ? path(m, d.first(split)) : path(m - split, d.subspan(split));
  proof.push_back(mth(left ? d.subspan(split) : d.first(split)));
  return proof;
}

/// SUBPROOF(m, D[n], b)
inline Proof subproof(std::size_t m, Leaves d, bool b) {
  if (m == d.size()) return b ? Proof{} : Proof{mth(d)};
  const std::size_t split = k(d.size());
  const bool left = m <= split;
  Proof proof =
      left ? subproof(m, d.first(split), b) : subproof(m - split, d.subspan(split), false);
  proof.push_back(mth(left ? d.subspan(split) : d.first(split)));
  return proof;
}

/// PROOF(m, D[n])
inline Proof proof(std::size_t m, Leaves d) { return subproof(m, d, true); }

/// Reads nodes from the leaves themselves.
inline ReadNode nodes(Leaves d) {
  return [d](NodeId node) -> Result<Digest> {
    const std::size_t count = std::size_t{1} << node.height;
    return mth(d.subspan(node.index * count, count));
  };
}

/// The entries 0 to `count` - 1 of the logs in these tests.
inline std::vector<Digest> entries(std::size_t count) {
  std::vector<Digest> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(sha256("receipt " + std::to_string(i)));
  return out;
}

/// Their leaf hashes.
inline std::vector<Digest> leaves(std::size_t count) {
  std::vector<Digest> out = entries(count);
  for (Digest& entry : out) entry = leaf_hash(entry.view());
  return out;
}

/// What a tree gave to be stored.
class Tiles {
 public:
  void put(const std::vector<StoredTile>& tiles) {
    for (const StoredTile& tile : tiles) tiles_[tile.id] = tile.bytes;
  }

  [[nodiscard]] ReadTile reader() const {
    return [this](const TilePath& path) -> Result<Tile> {
      const auto found = tiles_.find(path.id());
      if (found == tiles_.end()) return fail(Code::not_found, "no " + to_string(path));
      return Tile::parse(found->second);
    };
  }

  [[nodiscard]] const std::map<TileId, std::string>& all() const { return tiles_; }

 private:
  std::map<TileId, std::string> tiles_;
};

/// Reads tiles of a tree in the form in which clients get them.
inline ReadTile served(const Tree& tree, const Tiles& stored) {
  return [read = tree.tiles(stored.reader())](const TilePath& path) -> Result<Tile> {
    const Result<Tile> tile = read(path);
    if (!tile) return tile;
    return Tile::parse(tile->served(path.width));
  };
}

}  // namespace vcp::log::reference
