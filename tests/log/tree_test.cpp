// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "log/reference_tree.hpp"
#include "vcp/base/random.hpp"

namespace vcp::log {
namespace {

using reference::Tiles;

/// A tree with what it stored.
struct Grown {
  Tree tree;
  Tiles tiles;

  void append(std::span<const Digest> leaves) { tiles.put(tree.append(leaves)); }

  [[nodiscard]] ReadNode nodes() const {
    return nodes_in_tiles(tree.size(), tree.tiles(tiles.reader()));
  }
};

Result<Tree> restore(const Grown& grown, std::span<const Digest> leaves) {
  const auto first = leaves.first(grown.tree.size());
  return Tree::restore(first.size(), first.last(first.size() % kTileWidth), grown.tiles.reader());
}

TEST(Tree, IsEmptyAtFirst) {
  EXPECT_EQ(Tree().size(), 0U);
  EXPECT_EQ(Tree().head(), (TreeHead{0, sha256("")}));
}

TEST(Tree, HasTheRootOfTheDefinitionAtEverySize) {
  const auto leaves = reference::leaves(600);
  Grown grown;
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    grown.append(std::span(leaves).subspan(size - 1, 1));
    const TreeHead expected{size, reference::mth(std::span(leaves).first(size))};
    ASSERT_EQ(grown.tree.head(), expected);
  }
}

TEST(Tree, StoresTheSameInBatchesAsOneByOne) {
  const auto leaves = reference::leaves(70'000);
  Grown one_by_one;
  for (const Digest& leaf : leaves) one_by_one.append({&leaf, 1});

  Grown batches;
  SeededRandom random(7);
  for (std::span<const Digest> rest = leaves; !rest.empty();) {
    const std::size_t count = std::min<std::size_t>(rest.size(), random.below(2000));
    batches.append(rest.first(count));
    rest = rest.subspan(count);
  }
  EXPECT_EQ(batches.tree.head(), one_by_one.tree.head());
  EXPECT_EQ(batches.tiles.all(), one_by_one.tiles.all());
}

TEST(Tree, StoresNothingUntilATileOfLeavesIsComplete) {
  const auto leaves = reference::leaves(256);
  Tree tree;
  EXPECT_TRUE(tree.append(std::span(leaves).first(255)).empty());
  const auto written = tree.append(std::span(leaves).last(1));
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].id, (TileId{0, 0}));
  EXPECT_EQ(written[1].id, (TileId{1, 0}));
  EXPECT_EQ(written[1].bytes, tree.head().root.view());
}

TEST(Tree, StoresATileAboveOnceABatch) {
  const auto leaves = reference::leaves(256 * 3);
  Tree tree;
  const auto written = tree.append(leaves);
  EXPECT_EQ(std::ranges::count(written, TileId{1, 0}, &StoredTile::id), 1);
}

TEST(Tree, HoldsTheHashesThatTlogTilesDefines) {
  const auto leaves = reference::leaves(70'000);
  Grown grown;
  grown.append(leaves);
  const ReadTile read = grown.tree.tiles(grown.tiles.reader());
  const auto mth = [&](std::size_t begin, std::size_t count) {
    return reference::mth(std::span(leaves).subspan(begin, count));
  };
  EXPECT_EQ(read({.level = 0, .index = 3})->node(0, 7), leaves[3 * 256 + 7]);
  EXPECT_EQ(read({.level = 0, .index = 273, .width = 112})->node(0, 111), leaves.back());
  EXPECT_EQ(read({.level = 1, .index = 0})->node(0, 5), mth(5 * 256, 256));
  EXPECT_EQ(read({.level = 1, .index = 1, .width = 17})->node(0, 16), mth(272 * 256, 256));
  EXPECT_EQ(read({.level = 2, .index = 0, .width = 1})->node(0, 0), mth(0, 65'536));
}

TEST(Tree, ProvesInclusionAtEverySizeThatItHad) {
  const auto leaves = reference::leaves(kTileWidth * 5 + 9);
  Grown grown;
  grown.append(leaves);
  SeededRandom random(3);
  for (std::size_t size = 1; size <= leaves.size(); size += 37) {
    const auto first = std::span(leaves).first(size);
    const std::size_t index = random.below(size);
    ASSERT_EQ(prove_inclusion(index, size, grown.nodes()), reference::path(index, first))
        << index << " of " << size;
  }
}

TEST(Tree, ProvesConsistencyBetweenAnyTwoSizesThatItHad) {
  const auto leaves = reference::leaves(kTileWidth * 5 + 9);
  Grown grown;
  grown.append(leaves);
  SeededRandom random(4);
  for (std::size_t size = 1; size <= leaves.size(); size += 37) {
    const std::size_t old = 1 + random.below(size);
    ASSERT_EQ(prove_consistency(old, size, grown.nodes()),
              reference::proof(old, std::span(leaves).first(size)))
        << old << " to " << size;
  }
}

TEST(Tree, ProvesAcrossThreeLevelsOfTiles) {
  const auto leaves = reference::leaves(70'000);
  Grown grown;
  grown.append(leaves);
  const TreeHead head = grown.tree.head();
  SeededRandom random(5);
  for (int i = 0; i < 200; ++i) {
    const std::size_t index = random.below(leaves.size());
    const Proof inclusion = prove_inclusion(index, leaves.size(), grown.nodes()).value();
    ASSERT_EQ(root_from_inclusion(index, leaves.size(), leaves[index], inclusion), head.root);

    const TreeHead old{index, tree_root(index, grown.nodes()).value()};
    const Proof consistency = prove_consistency(index, leaves.size(), grown.nodes()).value();
    ASSERT_TRUE(verify_consistency(old, head, consistency)) << index;
  }
}

TEST(Tree, CopyStaysAsItWas) {
  const auto leaves = reference::leaves(700);
  Grown grown;
  grown.append(std::span(leaves).first(300));
  const Tree copy = grown.tree;
  grown.append(std::span(leaves).subspan(300));

  const ReadNode read = nodes_in_tiles(copy.size(), copy.tiles(grown.tiles.reader()));
  EXPECT_EQ(copy.head().root, reference::mth(std::span(leaves).first(300)));
  EXPECT_EQ(prove_inclusion(290, 300, read), reference::path(290, std::span(leaves).first(300)));
}

TEST(Tree, GoesOnAfterARestartAsIfThereHadBeenNone) {
  const auto leaves = reference::leaves(66'100);
  for (const std::size_t size : {1, 255, 256, 257, 511, 5000, 65'535, 65'536, 65'537, 66'000}) {
    Grown grown;
    grown.append(std::span(leaves).first(size));
    Tree restored = restore(grown, leaves).value();
    EXPECT_EQ(restored.head(), grown.tree.head()) << size;

    const auto more = std::span(leaves).subspan(size, 100);
    grown.append(more);
    EXPECT_TRUE(std::ranges::all_of(restored.append(more), [&](const StoredTile& tile) {
      return grown.tiles.all().at(tile.id) == tile.bytes;
    })) << size;
    EXPECT_EQ(restored.head(), grown.tree.head()) << size;
  }
}

TEST(Tree, IsNotRestoredFromTheWrongNumberOfLeaves) {
  const auto leaves = reference::leaves(300);
  Grown grown;
  grown.append(leaves);
  const auto tree = Tree::restore(300, std::span(leaves).last(43), grown.tiles.reader());
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code, Code::corrupt);
}

TEST(Tree, IsNotRestoredFromTilesOfAnotherSize) {
  const auto leaves = reference::leaves(600);
  Grown grown;
  grown.append(leaves);
  const auto tree = Tree::restore(300, std::span(leaves).subspan(256, 44), grown.tiles.reader());
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code, Code::corrupt);
}

TEST(Tree, IsNotRestoredWithoutItsTiles) {
  const auto leaves = reference::leaves(300);
  const auto tree = Tree::restore(300, std::span(leaves).last(44), Tiles().reader());
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code, Code::not_found);
}

}  // namespace
}  // namespace vcp::log
