// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"
#include "vcp/log/merkle.hpp"

/// The tree cut into tiles, as C2SP tlog-tiles lays it out: a tile holds up to 256 neighbouring
/// hashes of one height, and each tile level is eight heights above the one before.
namespace vcp::log {

inline constexpr std::uint32_t kTileHeight = 8;
inline constexpr std::uint32_t kTileWidth = 1U << kTileHeight;
inline constexpr std::uint32_t kTileLevels = 64 / kTileHeight;  ///< as many as 64 bits can count

/// The tile at `level` whose first hash is that of node `index` * 256 at height `level` * 8.
struct TileId {
  std::uint8_t level = 0;
  std::uint64_t index = 0;

  friend auto operator<=>(const TileId&, const TileId&) = default;
};

/// How many hashes the tile has in a tree of `size` leaves: 0 (none such) to 256 (complete). The
/// bundle of entries `index` has as many entries as the tile {0, index} has hashes.
[[nodiscard]] std::uint32_t tile_width(TileId id, std::uint64_t size);

/// What a path below the log's prefix names.
struct TilePath {
  std::optional<std::uint8_t> level = {};  ///< nothing: a bundle of entries
  std::uint64_t index = 0;
  std::uint32_t width = kTileWidth;  ///< 1 to 256; below 256 it is a partial tile or bundle

  /// The tile; of a bundle, the one with the hashes of its entries.
  [[nodiscard]] TileId id() const { return {level.value_or(0), index}; }

  friend bool operator==(const TilePath&, const TilePath&) = default;
};

/// "tile/0/x001/x234/067.p/8", "tile/entries/000".
[[nodiscard]] std::string to_string(const TilePath& path);

/// Reads exactly what `to_string` writes, levels 0 to 63; nothing if it is not that.
[[nodiscard]] std::optional<TilePath> parse_tile_path(std::string_view text);

/// The hashes of a tile, complete or not yet.
///
/// Beside them it keeps the hashes four heights up, 16 of them in a complete tile. So any node
/// inside costs at most 15 hashings, and a stored tile 6 % more bytes.
class Tile {
 public:
  /// Reads what `served` or `stored` gave. `corrupt` unless it is 1 to 256 hashes, or a stored
  /// complete tile.
  [[nodiscard]] static Result<Tile> parse(std::string_view bytes);

  [[nodiscard]] std::uint32_t width() const { return static_cast<std::uint32_t>(row_.size()); }
  [[nodiscard]] bool complete() const { return width() == kTileWidth; }

  /// Adds the next hash; the tile must not be complete.
  void push(const Digest& hash);

  /// The hash over 2^`height` of the tile's hashes from `index` << `height`, all of which must be
  /// there; `height` is 0 to 8.
  [[nodiscard]] Digest node(std::uint32_t height, std::uint64_t index) const;

  /// The first `width` hashes end to end, as a client gets them; `width` is at most `width()`.
  [[nodiscard]] std::string served(std::uint32_t width) const;

  /// What is to be kept on disk: all of the hashes, and where the tile is complete those four
  /// heights up, so that the first 8,192 bytes are what a client gets.
  [[nodiscard]] std::string stored() const;

 private:
  std::vector<Digest> row_;
  std::vector<Digest> upper_row_;
};

/// Gives a tile at least as wide as the path says (which names no bundle).
using ReadTile = std::function<Result<Tile>(const TilePath&)>;

/// Reads the nodes of a tree of `size` leaves from its tiles; `corrupt` if a tile is too narrow.
/// Remembers the last tile of each level: make one for each proof. One thread at a time.
[[nodiscard]] ReadNode nodes_in_tiles(std::uint64_t size, ReadTile read);

/// A bundle of entries as clients get it: before each its length, 16 bits, the high byte first.
/// Entries are digests of receipts.
[[nodiscard]] std::string entry_bundle(std::span<const Digest> entries);

/// Reads a bundle; `malformed` if it is not 1 to 256 entries of 32 bytes.
[[nodiscard]] Result<std::vector<Digest>> parse_entry_bundle(std::string_view bytes);

}  // namespace vcp::log
