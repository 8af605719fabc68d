// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "mesh.hpp"

namespace vcp::mesh {
namespace {

TaskSpec of(const std::string& owner, std::uint8_t priority = 5) {
  TaskSpec spec;
  spec.owner = owner;
  spec.priority = priority;
  return spec;
}

std::map<std::string, int> shares(const std::vector<Offer>& offers) {
  std::map<std::string, int> counted;
  for (const Offer& offer : offers) ++counted[offer.task->spec->owner];
  return counted;
}

TEST(FairShare, IsInProportionToTheWeights) {
  Settings settings;
  settings.owners["heavy"].weight = 3;
  Mesh mesh(settings);
  mesh.add_node("a", 100, 1'000);
  for (int i = 0; i < 40; ++i) mesh.submit(of("heavy"));
  for (int i = 0; i < 40; ++i) mesh.submit(of("light"));
  const auto counted = shares(mesh.lease("a", 40));
  EXPECT_EQ(counted.at("heavy"), 30);
  EXPECT_EQ(counted.at("light"), 10);
}

TEST(FairShare, IsOfOnePriorityAndNotOfWhatWasHadAtAnother) {
  Mesh mesh;
  mesh.add_node("a", 100, 1'000);
  for (int i = 0; i < 10; ++i) mesh.submit(of("ada", 9));
  for (int i = 0; i < 10; ++i) mesh.submit(of("ada"));
  for (int i = 0; i < 10; ++i) mesh.submit(of("bob"));
  mesh.lease("a", 10);
  const auto counted = shares(mesh.lease("a", 10));
  EXPECT_EQ(counted.at("ada"), 5);
  EXPECT_EQ(counted.at("bob"), 5);
}

TEST(FairShare, WhoComesLaterStartsLevelWithTheOthers) {
  Mesh mesh;
  mesh.add_node("a", 100, 1'000);
  for (int i = 0; i < 40; ++i) mesh.submit(of("ada"));
  mesh.lease("a", 20);
  for (int i = 0; i < 20; ++i) mesh.submit(of("bob"));
  const auto counted = shares(mesh.lease("a", 10));
  EXPECT_NEAR(counted.at("bob"), 5, 1);
}

TEST(Quota, OfPendingTasksRefusesMoreAndTellsTheNumbers) {
  Settings settings;
  settings.any_owner.max_pending = 2;
  Mesh mesh(settings);
  mesh.submit(of("ada"));
  mesh.submit(of("ada"));
  const auto third = mesh.core().submit(mesh.now(), of("ada"));
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, Code::rate_limited);
  EXPECT_NE(third.error().message.find("2 tasks pending"), std::string::npos);
  EXPECT_TRUE(mesh.core().submit(mesh.now(), of("bob")).has_value());
}

TEST(Quota, OfRunningTasksLetsOthersGoFirst) {
  Settings settings;
  settings.owners["ada"].max_running = 1;
  Mesh mesh(settings);
  mesh.add_node("a", 100, 1'000);
  mesh.submit(of("ada", 9));
  const TaskPtr waiting = mesh.submit(of("ada", 9));
  mesh.submit(of("bob", 1));
  const auto offers = mesh.lease("a", 10);
  EXPECT_EQ(shares(offers), (std::map<std::string, int>{{"ada", 1}, {"bob", 1}}));
  EXPECT_EQ(mesh.core().standing(mesh.now(), waiting->id, 1, 1).waiting_for, WaitReason::quota);
  ASSERT_TRUE(mesh.report(offers[0], Outcome::ok).has_value());
  EXPECT_EQ(mesh.lease("a", 10).size(), 1U);
}

TEST(Quota, OfRunningTasksDoesNotKeepAQuorumFromItsSecondReplica) {
  Settings settings;
  settings.any_owner.max_running = 1;
  Mesh mesh(settings);
  mesh.add_node("a");
  mesh.add_node("b");
  TaskSpec spec = of("ada");
  spec.verification.mode = VerificationMode::quorum;
  spec.verification.adaptive = false;
  mesh.submit(std::move(spec));
  EXPECT_EQ(mesh.lease("a").size(), 1U);
  EXPECT_EQ(mesh.lease("b").size(), 1U);
}

TEST(Position, CountsTasksBeforeItByPriorityAndSubmission) {
  Mesh mesh;
  mesh.submit(of("ada"));
  const TaskPtr second = mesh.submit(of("bob"));
  mesh.submit(of("ada"));
  mesh.submit(of("ada", 9));
  EXPECT_EQ(mesh.core().standing(mesh.now(), second->id, 1, 1).position, 2U);
}

TEST(Counts, FollowNodesAndTasks) {
  Mesh mesh;
  mesh.add_node("a", 4);
  mesh.add_node("b", 4);
  mesh.submit();
  const TaskPtr running = mesh.lease("a").at(0).task;
  mesh.submit();
  const Counts& counts = mesh.core().counts();
  EXPECT_EQ(counts.pending, 1U);
  EXPECT_EQ(counts.running, 1U);
  EXPECT_EQ(counts.all_nodes(), 2U);
  EXPECT_EQ(counts.cores, 8U);
  EXPECT_NEAR(counts.average_health(), mesh.node("a")->health_score(), 0.001);
  ASSERT_TRUE(mesh.core().remove_node(mesh.now(), NodeId{"b"}).has_value());
  mesh.turn();
  EXPECT_EQ(mesh.core().counts().all_nodes(), 1U);
}

}  // namespace
}  // namespace vcp::mesh
