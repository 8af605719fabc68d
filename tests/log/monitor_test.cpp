// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/reference_tree.hpp"

namespace vcp::log {
namespace {

using testing::HasSubstr;

constexpr std::string_view kOrigin = "vcp.example/log";

/// A log of `size` entries, all of which may be another's from `rewritten` on.
class Log {
 public:
  explicit Log(std::size_t size, std::size_t rewritten = 1'000'000) {
    auto leaves = reference::leaves(size);
    for (std::size_t i = rewritten; i < size; ++i) leaves[i] = leaf_hash("rewritten");
    tiles_.put(tree_.append(leaves));
  }

  [[nodiscard]] Checkpoint checkpoint() const { return {std::string(kOrigin), tree_.head()}; }
  [[nodiscard]] ReadTile reader() const { return reference::served(tree_, tiles_); }

 private:
  Tree tree_;
  reference::Tiles tiles_;
};

std::string why(const Result<>& result) { return result ? "consistent" : result.error().message; }

TEST(Monitor, AcceptsALogThatGrew) {
  const Log next(1500);
  for (const std::size_t seen : {0, 1, 255, 256, 257, 1000, 1499, 1500}) {
    EXPECT_TRUE(check_growth(Log(seen).checkpoint(), next.checkpoint(), next.reader())) << seen;
  }
}

TEST(Monitor, RefusesALogThatShrank) {
  const Log seen(700);
  const Log next(699);
  EXPECT_EQ(why(check_growth(seen.checkpoint(), next.checkpoint(), next.reader())),
            "the tree shrank from 700 leaves to 699");
}

TEST(Monitor, RefusesTwoHistoriesOfOneSize) {
  const Log seen(700);
  const Log next(700, 699);
  EXPECT_THAT(why(check_growth(seen.checkpoint(), next.checkpoint(), next.reader())),
              HasSubstr("different roots"));
}

TEST(Monitor, RefusesAHistoryThatWasRewritten) {
  const Log seen(700);
  const Log next(900, 300);
  const auto result = check_growth(seen.checkpoint(), next.checkpoint(), next.reader());
  EXPECT_EQ(why(result), "the proof leads to another root of the old tree of 700 leaves");
  EXPECT_EQ(result.error().code, Code::corrupt);
}

TEST(Monitor, RefusesTilesThatAreNotThoseOfTheCheckpoint) {
  const Log seen(700);
  const Log next(900);
  const Log other(900, 800);
  EXPECT_EQ(why(check_growth(seen.checkpoint(), next.checkpoint(), other.reader())),
            "the proof leads to another root of the new tree of 900 leaves");
}

TEST(Monitor, RefusesTheCheckpointOfAnotherLog) {
  const Log log(10);
  Checkpoint other = log.checkpoint();
  other.origin = "elsewhere.example/log";
  EXPECT_THAT(why(check_growth(log.checkpoint(), other, log.reader())), HasSubstr("two logs"));
}

TEST(Monitor, PassesOnThatATileCannotBeRead) {
  const auto result = check_growth(
      Log(10).checkpoint(), Log(20).checkpoint(),
      [](const TilePath&) -> Result<Tile> { return fail(Code::unavailable, "no connection"); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unavailable);
}

}  // namespace
}  // namespace vcp::log
