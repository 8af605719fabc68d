// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "mesh.hpp"

namespace vcp::mesh {
namespace {

TaskSpec with(const std::function<void(TaskSpec&)>& change) {
  TaskSpec spec;
  change(spec);
  return spec;
}

TEST(Placement, PriorityIsStrictThenTheOrderOfSubmission) {
  Mesh mesh;
  mesh.add_node("a", 8);
  const TaskPtr first = mesh.submit();
  const TaskPtr second = mesh.submit();
  const TaskPtr urgent = mesh.submit(with([](TaskSpec& spec) { spec.priority = 9; }));
  const auto offers = mesh.lease("a", 8);
  ASSERT_EQ(offers.size(), 3U);
  EXPECT_EQ(offers[0].task->id, urgent->id);
  EXPECT_EQ(offers[1].task->id, first->id);
  EXPECT_EQ(offers[2].task->id, second->id);
}

TEST(Placement, OwnersOfOnePriorityShareEqually) {
  Mesh mesh;
  mesh.add_node("a", 100);
  for (const char* const owner : {"ada", "ada", "ada", "ada", "bob", "bob"}) {
    mesh.submit(with([owner](TaskSpec& spec) { spec.owner = owner; }));
  }
  std::vector<std::string> order;
  for (const Offer& offer : mesh.lease("a", 6)) order.push_back(offer.task->spec->owner);
  EXPECT_EQ(order, (std::vector<std::string>{"ada", "bob", "ada", "bob", "ada", "ada"}));
}

TEST(Placement, GivesNoMoreThanTheNodeHasSlots) {
  Mesh mesh;
  mesh.add_node("a", 2);
  for (int i = 0; i < 3; ++i) mesh.submit();
  EXPECT_EQ(mesh.lease("a", 3).size(), 2U);
  EXPECT_EQ(mesh.node("a")->slots_free(), 0U);
  EXPECT_TRUE(mesh.lease("a", 1).empty());
}

TEST(Placement, SubtractsTheMemoryThatTasksTake) {
  Mesh mesh;
  mesh.add_node("a", 8, 1);
  for (int i = 0; i < 3; ++i) {
    mesh.submit(with([](TaskSpec& spec) { spec.limits.memory_mb = 400; }));
  }
  const auto offers = mesh.lease("a", 8);
  ASSERT_EQ(offers.size(), 2U);
  ASSERT_TRUE(mesh.report(offers[0], Outcome::ok).has_value());
  EXPECT_EQ(mesh.lease("a", 8).size(), 1U);
}

TEST(Placement, TaskThatFitsNoNodeKeepsNoOtherWaiting) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.submit(with([](TaskSpec& spec) { spec.requirements.require_gpu = true; }));
  const TaskPtr plain = mesh.submit();
  EXPECT_EQ(mesh.lease("a").at(0).task->id, plain->id);
}

struct Constraint {
  std::string name;
  std::function<void(Requirements&)> refused;
  std::function<void(Requirements&)> accepted;
};

class Constraints : public testing::TestWithParam<Constraint> {};

TEST_P(Constraints, RemoveNodesThatDoNotMeetThem) {
  Mesh mesh;
  Registration node = mesh.add_node("x")->registration;
  node.id.value = "a";
  node.labels = {{"disk", "ssd"}};
  node.capabilities.gpu_available = true;
  mesh.add_node(std::move(node));
  mesh.beat("a", {.avg_latency_ms = 20});

  TaskSpec refused;
  GetParam().refused(refused.requirements);
  TaskSpec accepted;
  GetParam().accepted(accepted.requirements);
  EXPECT_FALSE(meets(*mesh.node("a"), refused.requirements));
  mesh.submit(std::move(refused));
  EXPECT_TRUE(mesh.lease("a").empty());
  const TaskPtr task = mesh.submit(std::move(accepted));
  EXPECT_EQ(mesh.lease("a").at(0).task->id, task->id);
}

INSTANTIATE_TEST_SUITE_P(
    All, Constraints,
    testing::Values(Constraint{"regions", [](Requirements& r) { r.regions = {"us", "asia"}; },
                               [](Requirements& r) { r.regions = {"us", "eu"}; }},
                    Constraint{"node_type",
                               [](Requirements& r) { r.node_type = NodeType::storage; },
                               [](Requirements& r) { r.node_type = NodeType::compute; }},
                    Constraint{"any_type", [](Requirements& r) { r.node_type = NodeType::gateway; },
                               [](Requirements& r) { r.node_type = NodeType::any; }},
                    Constraint{"label_value", [](Requirements& r) { r.labels = {{"disk", "hdd"}}; },
                               [](Requirements& r) { r.labels = {{"disk", "ssd"}}; }},
                    Constraint{"label_presence",
                               [](Requirements& r) { r.labels = {{"tape", std::nullopt}}; },
                               [](Requirements& r) { r.labels = {{"disk", std::nullopt}}; }},
                    Constraint{"health", [](Requirements& r) { r.min_health_score = 99; },
                               [](Requirements& r) { r.min_health_score = 50; }},
                    Constraint{"bandwidth", [](Requirements& r) { r.min_bandwidth_mbps = 1'001; },
                               [](Requirements& r) { r.min_bandwidth_mbps = 1'000; }},
                    Constraint{"latency", [](Requirements& r) { r.max_latency_ms = 19; },
                               [](Requirements& r) { r.max_latency_ms = 20; }},
                    Constraint{"memory", [](Requirements& r) { r.min_memory_gb = 17; },
                               [](Requirements& r) { r.min_memory_gb = 16; }}),
    [](const auto& test) { return test.param.name; });

TEST(Placement, UnmeasuredLatencyMeetsNoBound) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.submit(with([](TaskSpec& spec) { spec.requirements.max_latency_ms = 1'000; }));
  EXPECT_TRUE(mesh.lease("a").empty());
}

/// Which of the waiting nodes gets each of `tasks` tasks, in order.
std::vector<std::string> spread_over(Mesh& mesh, const std::vector<std::string>& nodes,
                                     Strategy strategy, int tasks) {
  std::vector<PollId> polls;
  for (const std::string& node : nodes) polls.push_back(mesh.wait_for_lease(node, 100));
  std::vector<std::string> chosen;
  for (int i = 0; i < tasks; ++i) {
    mesh.submit(with([strategy](TaskSpec& spec) { spec.strategy = strategy; }));
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      if (!mesh.answered(polls[n])) continue;
      if (mesh.take(polls[n]).empty()) continue;
      chosen.push_back(nodes[n]);
      polls[n] = mesh.wait_for_lease(nodes[n], 100);
    }
  }
  return chosen;
}

TEST(Strategy, RoundRobinTakesTheNodesInTurn) {
  Mesh mesh;
  for (const char* const id : {"a", "b", "c"}) mesh.add_node(id, 100);
  const auto chosen = spread_over(mesh, {"a", "b", "c"}, Strategy::round_robin, 6);
  ASSERT_EQ(chosen.size(), 6U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(chosen[i], chosen[i + 3]);
  EXPECT_EQ(std::set<std::string>(chosen.begin(), chosen.begin() + 3).size(), 3U);
}

TEST(Strategy, LeastLoadedCountsLeases) {
  Mesh mesh;
  mesh.add_node("a", 100);
  for (int i = 0; i < 3; ++i) mesh.submit();
  ASSERT_EQ(mesh.lease("a", 3).size(), 3U);
  mesh.add_node("b", 100);
  const auto chosen = spread_over(mesh, {"a", "b"}, Strategy::least_loaded, 3);
  EXPECT_EQ(chosen, (std::vector<std::string>{"b", "b", "b"}));
}

TEST(Strategy, LatencyAwarePrefersTheNearest) {
  Mesh mesh;
  mesh.add_node("a", 100);
  mesh.add_node("b", 100);
  mesh.beat("a", {.avg_latency_ms = 30});
  mesh.beat("b", {.avg_latency_ms = 5});
  const auto chosen = spread_over(mesh, {"a", "b"}, Strategy::latency_aware, 3);
  EXPECT_EQ(chosen, (std::vector<std::string>{"b", "b", "b"}));
}

TEST(Strategy, SpreadBalancesRegions) {
  Mesh mesh;
  mesh.add_node("a", 100);
  mesh.add_node("b", 100);
  Registration far = mesh.add_node("x")->registration;
  far.id.value = "c";
  far.region = "us";
  far.slots = 100;
  mesh.add_node(std::move(far));
  const auto chosen = spread_over(mesh, {"a", "b", "c"}, Strategy::spread, 8);
  EXPECT_EQ(std::ranges::count(chosen, "c"), 4);
}

TEST(Strategy, WeightedFavoursHealthInProportion) {
  Mesh mesh;
  mesh.add_node("a", 4'000, 4'000);
  Registration slow = mesh.add_node("x")->registration;
  slow.id.value = "b";
  slow.slots = 4'000;
  slow.capabilities = {.bandwidth_mbps = 0, .cpu_cores = 1, .memory_gb = 4'000};
  mesh.add_node(std::move(slow));
  const double share = mesh.node("a")->health_score() /
                       (mesh.node("a")->health_score() + mesh.node("b")->health_score());
  const auto chosen = spread_over(mesh, {"a", "b"}, Strategy::weighted, 2'000);
  const auto count = static_cast<double>(std::ranges::count(chosen, "a"));
  EXPECT_NEAR(count / 2'000, share, 0.05);
}

}  // namespace
}  // namespace vcp::mesh
