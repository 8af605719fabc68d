// SPDX-License-Identifier: Apache-2.0
#include "mesh.hpp"

namespace vcp::mesh {
namespace {

TEST(Node, HealthFollowsTheFormula) {
  Node node;
  node.registration.capabilities.bandwidth_mbps = 500;
  // Not measured yet: half the bandwidth, no latency, no load, no history.
  EXPECT_DOUBLE_EQ(node.health_score(), 100 * (0.4 * 0.5 + 0.3 + 0.2 + 0.1 * 0.5));
  node.telemetry = Telemetry{.bandwidth_mbps = 250,
                             .avg_latency_ms = 20,
                             .cpu_usage_percent = 50,
                             .memory_usage_percent = 30,

                             .power_watts = {}};
  node.completed = 3;
  node.failed = 1;
  node.disputed = 1;
  EXPECT_DOUBLE_EQ(node.health_score(),
                   100 * (0.4 * 0.25 + 0.3 * 0.8 + 0.2 * 0.6 + 0.1 * (0.75 - 0.05)));
}

TEST(Node, ReputationLosesAtMostThirtyPercentToDisputes) {
  Node node;
  node.completed = 10;
  node.disputed = 100;
  EXPECT_DOUBLE_EQ(node.reputation(), 0.7);
}

TEST(Node, IdIsTakenOnce) {
  Mesh mesh;
  const NodePtr node = mesh.add_node("a");
  const auto second = mesh.core().register_node(mesh.now(), node->registration, false);
  EXPECT_EQ(second.error().code, Code::conflict);
}

TEST(Node, IsOfflineAfterThreeSilentIntervalsAndBackWithABeat) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.pass(3 * Settings{}.heartbeat_interval - Duration(1));
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::online);
  mesh.pass(Duration(1));
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::offline);
  mesh.submit();
  EXPECT_TRUE(mesh.lease("a").empty());
  mesh.beat("a");
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::online);
  EXPECT_EQ(mesh.lease("a").size(), 1U);
}

TEST(Node, KeepsItsLeasesWhileOffline) {
  Settings settings;
  settings.lease_ttl = Duration(120'000);
  Mesh mesh(settings);
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  mesh.pass(3 * settings.heartbeat_interval);
  ASSERT_EQ(mesh.node("a")->status(), NodeStatus::offline);
  EXPECT_TRUE(mesh.report(offer, Outcome::ok).has_value());
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::completed);
}

TEST(Node, DrainingTakesNoNewWorkAndStaysSoOverBeats) {
  Mesh mesh;
  mesh.add_node("a");
  ASSERT_TRUE(mesh.core().set_draining(mesh.now(), NodeId{"a"}, true).has_value());
  mesh.submit();
  mesh.beat("a");
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::draining);
  EXPECT_TRUE(mesh.lease("a").empty());
  ASSERT_TRUE(mesh.core().set_draining(mesh.now(), NodeId{"a"}, false).has_value());
  EXPECT_EQ(mesh.lease("a").size(), 1U);
}

TEST(SafeMode, TripsStrictlyAboveItsBounds) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.beat("a", {.temperature_c = 85});
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::online);
  const auto reply = mesh.beat("a", {.temperature_c = 85.1});
  EXPECT_TRUE(reply->node->safe_mode);
  mesh.submit();
  EXPECT_TRUE(mesh.lease("a").empty());
}

TEST(SafeMode, EndsWithTheSuccessOfOneTrial) {
  Mesh mesh;
  mesh.add_node("a", 4);
  mesh.submit();
  mesh.submit();
  mesh.beat("a", {.temperature_c = 99});
  mesh.beat("a", {.temperature_c = 40});
  const auto trial = mesh.lease("a", 4);
  ASSERT_EQ(trial.size(), 1U);
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::safe_mode);
  EXPECT_TRUE(mesh.lease("a", 4).empty());
  ASSERT_TRUE(mesh.report(trial[0], Outcome::ok).has_value());
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::online);
  EXPECT_EQ(mesh.lease("a", 4).size(), 1U);
}

TEST(SafeMode, OffersAnotherTrialWhenOneWasCancelled) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  mesh.beat("a", {.temperature_c = 99});
  mesh.beat("a");
  ASSERT_EQ(mesh.lease("a").size(), 1U);
  ASSERT_TRUE(mesh.core().cancel(mesh.now(), task->id).has_value());
  mesh.turn();
  mesh.beat("a");
  EXPECT_TRUE(mesh.node("a")->trial);
}

TEST(SafeMode, GoesOnAfterAFailedTrial) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.submit();
  mesh.beat("a", {.temperature_c = 99});
  mesh.beat("a");
  ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::node_error).has_value());
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::safe_mode);
  mesh.beat("a");
  EXPECT_TRUE(mesh.node("a")->trial);
}

TEST(SafeMode, TripsAtTheLastErrorInARowButNotForProgramsFaults) {
  Mesh mesh;
  Registration node = mesh.add_node("x")->registration;
  node.id.value = "a";
  node.safety_policy.max_consecutive_errors = 2;
  mesh.add_node(std::move(node));
  const auto run = [&mesh](Outcome outcome) {
    TaskSpec spec;
    spec.max_retries = 0;
    mesh.submit(std::move(spec));
    ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), outcome).has_value());
  };
  run(Outcome::node_error);
  run(Outcome::trap);  // an answer: the errors are no longer in a row
  run(Outcome::node_error);
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::online);
  run(Outcome::node_error);
  EXPECT_EQ(mesh.node("a")->status(), NodeStatus::safe_mode);
}

}  // namespace
}  // namespace vcp::mesh
