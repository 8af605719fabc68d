// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/tile.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "log/reference_tree.hpp"
#include "vcp/base/random.hpp"

namespace vcp::log {
namespace {

Tile tile_of(std::span<const Digest> hashes) {
  Tile tile;
  for (const Digest& hash : hashes) tile.push(hash);
  return tile;
}

// The example of C2SP tlog-tiles, "Partial Tiles".
TEST(TileWidth, IsThatOfTheExampleOfTlogTiles) {
  constexpr std::uint64_t kSize = 70'000;
  EXPECT_EQ(tile_width({0, 272}, kSize), 256U);
  EXPECT_EQ(tile_width({0, 273}, kSize), 112U);
  EXPECT_EQ(tile_width({0, 274}, kSize), 0U);
  EXPECT_EQ(tile_width({1, 0}, kSize), 256U);
  EXPECT_EQ(tile_width({1, 1}, kSize), 17U);
  EXPECT_EQ(tile_width({2, 0}, kSize), 1U);
  EXPECT_EQ(tile_width({3, 0}, kSize), 0U);
}

TEST(TileWidth, OfTwoHundredFiftySixLeavesIsOneAtTheLevelAbove) {
  EXPECT_EQ(tile_width({0, 0}, 256), 256U);
  EXPECT_EQ(tile_width({0, 1}, 256), 0U);
  EXPECT_EQ(tile_width({1, 0}, 256), 1U);
}

TEST(TileWidth, IsNothingAtLevelsThatNoTreeReaches) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(tile_width({7, 0}, kLargest), 255U);
  EXPECT_EQ(tile_width({8, 0}, kLargest), 0U);
  EXPECT_EQ(tile_width({63, 0}, kLargest), 0U);
}

const std::pair<TilePath, std::string_view> kPaths[] = {
    {{.level = 0, .index = 1'234'067}, "tile/0/x001/x234/067"},  // of C2SP tlog-tiles
    {{.level = 0, .index = 0}, "tile/0/000"},
    {{.level = 0, .index = 999, .width = 8}, "tile/0/999.p/8"},
    {{.level = 2, .index = 1000, .width = 255}, "tile/2/x001/000.p/255"},
    {{.level = 63, .index = 5, .width = 1}, "tile/63/005.p/1"},
    {{.level = std::nullopt, .index = 67}, "tile/entries/067"},
    {{.level = std::nullopt, .index = 123'456'789, .width = 12}, "tile/entries/x123/x456/789.p/12"},
    {{.level = 7, .index = std::numeric_limits<std::uint64_t>::max()},
     "tile/7/x018/x446/x744/x073/x709/x551/615"},
};

TEST(TilePath, IsWrittenAsTlogTilesSays) {
  for (const auto& [path, text] : kPaths) EXPECT_EQ(to_string(path), text);
}

TEST(TilePath, IsReadAsItIsWritten) {
  for (const auto& [path, text] : kPaths) EXPECT_EQ(parse_tile_path(text), path) << text;
}

TEST(TilePath, ReadsBackRandomOnes) {
  SeededRandom random(1);
  for (int i = 0; i < 10'000; ++i) {
    TilePath path{.index = random.next() >> random.below(64),
                  .width = static_cast<std::uint32_t>(1 + random.below(kTileWidth))};
    if (random.below(4) > 0) path.level = static_cast<std::uint8_t>(random.below(64));
    ASSERT_EQ(parse_tile_path(to_string(path)), path) << to_string(path);
  }
}

TEST(TilePath, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "tile",
                                      "tile/",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/0/0",
                                      "tile/0/00",
                                      "tile/0/0000",
                                      "tile/0/1000",
                                      "tile/0/000/",
                                      "tile/0/000/001",
                                      "tile/0/x000/001",
                                      "tile/0/x001",
                                      "tile/0/x001/",
                                      "tile/0/x01/001",
                                      "tile/0/x0011/001",
                                      "tile/0/X001/001",
                                      "tile/0/-01",
                                      "tile/0/+01",
                                      "tile/0/0x1",
                                      "tile/0/ 00",
                                      "tile/00/000",
                                      "tile/01/000",
                                      "tile/64/000",
                                      "tile/-1/000",
                                      "tile//000",
                                      "tile/8/0/000",
                                      "tile/Entries/000",
                                      "/tile/0/000",
                                      "tile/0/000.p",
                                      "tile/0/000.p/",
                                      "tile/0/000.p/0",
                                      "tile/0/000.p/00",
                                      "tile/0/000.p/01",
                                      "tile/0/000.p/256",
                                      "tile/0/000.p/-1",
                                      "tile/0/000.p/1/",
                                      "tile/0/000.p/1.p/1",
                                      "tile/0/000.q/1",
                                      "tile/0/.p/1",
                                      "tile/0/x018/x446/x744/x073/x709/x551/616",  // 2^64
                                      "tile/0/x001/x000/x000/x000/x000/x000/x000/000"}) {
    EXPECT_FALSE(parse_tile_path(text)) << text;
  }
}

TEST(Tile, GivesEveryNodeThatItsHashesMake) {
  const auto hashes = reference::leaves(kTileWidth);
  for (const std::uint32_t width : {1U, 2U, 15U, 16U, 17U, 100U, 255U, 256U}) {
    const Tile tile = tile_of(std::span(hashes).first(width));
    for (std::uint32_t height = 0; height <= kTileHeight; ++height) {
      const std::size_t count = std::size_t{1} << height;
      for (std::size_t index = 0; (index + 1) * count <= width; ++index) {
        ASSERT_EQ(tile.node(height, index),
                  reference::mth(std::span(hashes).subspan(index * count, count)))
            << width << ' ' << height << ' ' << index;
      }
    }
  }
}

TEST(Tile, IsServedAsItsHashesEndToEnd) {
  const auto hashes = reference::leaves(3);
  const Tile tile = tile_of(hashes);
  const std::string first_two = std::string(hashes[0].view()) + std::string(hashes[1].view());
  EXPECT_EQ(tile.served(2), first_two);
  EXPECT_EQ(tile.served(3), first_two + std::string(hashes[2].view()));
}

TEST(Tile, ReadsBackFromWhatIsStoredAndFromWhatIsServed) {
  const auto hashes = reference::leaves(kTileWidth);
  for (std::uint32_t width = 1; width <= kTileWidth; ++width) {
    const Tile tile = tile_of(std::span(hashes).first(width));
    for (const std::string& bytes : {tile.stored(), tile.served(width)}) {
      const Tile again = Tile::parse(bytes).value();
      ASSERT_EQ(again.stored(), tile.stored());
      if (width >= 16) {
        ASSERT_EQ(again.node(4, 0), tile.node(4, 0));
      }
    }
  }
}

TEST(Tile, BeginsOnDiskWithWhatIsServed) {
  const Tile tile = tile_of(reference::leaves(kTileWidth));
  EXPECT_EQ(tile.served(kTileWidth).size(), 8192U);
  EXPECT_TRUE(tile.stored().starts_with(tile.served(kTileWidth)));
}

TEST(Tile, RefusesBytesThatAreNone) {
  for (const std::size_t hashes :
       {std::size_t{0}, std::size_t{257}, std::size_t{271}, std::size_t{273}, std::size_t{544}}) {
    const auto tile = Tile::parse(std::string(32 * hashes, 'h'));
    ASSERT_FALSE(tile) << hashes;
    EXPECT_EQ(tile.error().code, Code::corrupt);
  }
  EXPECT_FALSE(Tile::parse(std::string(31, 'h')));
  EXPECT_FALSE(Tile::parse(std::string(33, 'h')));
}

TEST(NodesInTiles, RefuseATileThatIsTooNarrow) {
  const Tile narrow = tile_of(reference::leaves(4));
  const ReadNode read = nodes_in_tiles(5, [&](const TilePath&) -> Result<Tile> { return narrow; });
  const auto node = read({0, 0});
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, Code::corrupt);
  EXPECT_EQ(node.error().message, "tile/0/000.p/5 is too narrow");
}

TEST(NodesInTiles, PassOnWhatTheReaderSays) {
  const ReadNode read = nodes_in_tiles(
      5, [](const TilePath&) -> Result<Tile> { return fail(Code::timed_out, "no answer"); });
  EXPECT_EQ(read({0, 0}).error().code, Code::timed_out);
}

TEST(EntryBundle, HasTheLengthBeforeEachEntry) {
  const auto entries = reference::entries(2);
  const std::string length("\x00\x20", 2);
  EXPECT_EQ(entry_bundle(entries),
            length + std::string(entries[0].view()) + length + std::string(entries[1].view()));
}

TEST(EntryBundle, ReadsBack) {
  for (const std::size_t count : {1, 2, 255, 256}) {
    const auto entries = reference::entries(count);
    EXPECT_EQ(parse_entry_bundle(entry_bundle(entries)), entries);
  }
}

TEST(EntryBundle, RefusesWhatIsNone) {
  const std::string two = entry_bundle(reference::entries(2));
  std::string other_length = two;
  other_length[1] = '\x21';
  for (const std::string& bytes : {std::string(), two.substr(1), two.substr(0, 67), two + 'x',
                                   other_length, entry_bundle(reference::entries(257))}) {
    const auto entries = parse_entry_bundle(bytes);
    ASSERT_FALSE(entries) << bytes.size();
    EXPECT_EQ(entries.error().code, Code::malformed);
  }
}

}  // namespace
}  // namespace vcp::log
