// SPDX-License-Identifier: Apache-2.0
#include "ready.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace vcp::mesh {
namespace {

TEST(Bitmap, FindsTheNextMemberAsASetDoes) {
  SeededRandom random(7);
  Bitmap bitmap;
  std::set<std::size_t> reference;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t at = random.below(step < 10'000 ? 300 : 300'000);
    switch (random.below(3)) {
      case 0:
        bitmap.set(at);
        reference.insert(at);
        break;
      case 1:
        bitmap.reset(at);
        reference.erase(at);
        break;
      default: {
        const auto expected = reference.lower_bound(at);
        const auto found = bitmap.next(at);
        ASSERT_EQ(found.has_value(), expected != reference.end());
        if (found) {
          ASSERT_EQ(*found, *expected);
        }
      }
    }
    ASSERT_EQ(bitmap.test(at), reference.contains(at));
  }
}

Node node_with(double latency_ms, std::uint32_t leases) {
  Node node;
  node.registration.slots = 1'000;
  node.leases = leases;
  node.telemetry = Telemetry{.avg_latency_ms = latency_ms};
  return node;
}

/// What the slow way would allow: every member whose cost is the least.
double cost(Strategy strategy, const Node& node) {
  return strategy == Strategy::latency_aware ? *node.telemetry->avg_latency_ms : node.leases;
}

class ReadyNodesTest : public testing::TestWithParam<Strategy> {};

TEST_P(ReadyNodesTest, ChoosesAsAScanOverAllWould) {
  SeededRandom random(3);
  Regions regions;
  ReadyNodes ready(GetParam());
  std::map<Handle, Node> reference;
  for (int step = 0; step < 5'000; ++step) {
    const auto handle = static_cast<Handle>(random.below(200));
    if (random.below(3) == 0) {
      ready.erase(handle);
      reference.erase(handle);
    } else {
      const double latency_ms = static_cast<double>(1U << random.below(10));
      const Node node = node_with(latency_ms, static_cast<std::uint32_t>(random.below(100)));
      ready.put(handle, node, 0);
      reference[handle] = node;
    }
    ASSERT_EQ(ready.size(), reference.size());
    if (reference.empty()) continue;
    const Handle chosen = ready.choose(random, regions);
    ASSERT_TRUE(reference.contains(chosen));
    for (const auto& [other, node] : reference) {
      ASSERT_LE(cost(GetParam(), reference[chosen]), cost(GetParam(), node));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ReadyNodesTest,
                         testing::Values(Strategy::least_loaded, Strategy::latency_aware));

TEST(ReadyNodes, RoundRobinVisitsEveryNodeInEachRound) {
  SeededRandom random(1);
  Regions regions;
  ReadyNodes ready(Strategy::round_robin);
  for (Handle handle = 0; handle < 130; ++handle) ready.put(handle, node_with(1, 0), 0);
  for (int round = 0; round < 3; ++round) {
    std::set<Handle> seen;
    for (int i = 0; i < 130; ++i) seen.insert(ready.choose(random, regions));
    EXPECT_EQ(seen.size(), 130U);
  }
}

TEST(ReadyNodes, SpreadTakesTheRegionWithTheFewestLeases) {
  SeededRandom random(1);
  Regions regions;
  const RegionId eu = regions.intern("eu");
  const RegionId us = regions.intern("us");
  ReadyNodes ready(Strategy::spread);
  ready.put(0, node_with(1, 0), eu);
  ready.put(1, node_with(1, 9), us);
  ready.put(2, node_with(1, 8), us);
  regions[eu].leases = 20;
  regions[us].leases = 17;
  EXPECT_EQ(ready.choose(random, regions), 2U);
  ready.erase(2);
  ready.erase(1);
  EXPECT_EQ(ready.choose(random, regions), 0U);
}

// Chi-squared with one degree of freedom: 10.83 is passed once in a thousand seeds.
TEST(ReadyNodes, WeightedIsInProportionToHealth) {
  SeededRandom random(5);
  Regions regions;
  ReadyNodes ready(Strategy::weighted);
  Node strong = node_with(0, 0);
  strong.registration.capabilities.bandwidth_mbps = 1'000;
  Node weak = node_with(100, 0);
  weak.registration.capabilities.bandwidth_mbps = 100;
  ready.put(0, strong, 0);
  ready.put(1, weak, 0);
  constexpr double kDraws = 20'000;
  double hits = 0;
  for (int i = 0; i < kDraws; ++i) hits += ready.choose(random, regions) == 0 ? 1 : 0;
  const double share = strong.health_score() / (strong.health_score() + weak.health_score());
  const double expected = kDraws * share;
  const double deviation = hits - expected;
  EXPECT_LT(deviation * deviation / (expected * (1 - share)), 10.83);
}

}  // namespace
}  // namespace vcp::mesh
