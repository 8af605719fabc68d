// SPDX-License-Identifier: Apache-2.0
#include "mesh.hpp"

namespace vcp::mesh {
namespace {

const Duration kTtl = Settings{}.lease_ttl;

TEST(Lease, IsGivenToANodeThatWaits) {
  Mesh mesh;
  mesh.add_node("a");
  const PollId poll = mesh.wait_for_lease("a");
  EXPECT_FALSE(mesh.answered(poll));
  const TaskPtr task = mesh.submit();
  const auto offers = mesh.take(poll);
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(offers[0].task->id, task->id);
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::running);
}

TEST(Lease, PollEndsEmptyWhenItsTimeIsUp) {
  Mesh mesh;
  mesh.add_node("a");
  const PollId poll = mesh.wait_for_lease("a", 1, Duration(5'000));
  mesh.pass(Duration(4'999));
  EXPECT_FALSE(mesh.answered(poll));
  mesh.pass(Duration(1));
  EXPECT_TRUE(mesh.answered(poll));
  EXPECT_TRUE(mesh.take(poll).empty());
}

TEST(Lease, EpochsRiseAcrossTasks) {
  Mesh mesh;
  mesh.add_node("a", 2);
  mesh.submit();
  mesh.submit();
  const auto offers = mesh.lease("a", 2);
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_LT(offers[0].lease.epoch, offers[1].lease.epoch);
}

TEST(Lease, EpochsGoOnAfterARestart) {
  Mesh mesh;
  mesh.core().restore_epoch(Epoch{41});
  mesh.add_node("a");
  mesh.submit();
  EXPECT_EQ(mesh.lease("a").at(0).lease.epoch, Epoch{42});
}

TEST(Lease, ResultEndsTheTask) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  const auto reported = mesh.report(offer, Outcome::ok, "answer");
  ASSERT_TRUE(reported.has_value());
  EXPECT_EQ((*reported)->status, TaskStatus::completed);
  EXPECT_EQ(mesh.task(task)->result()->output.bytes, "answer");
  EXPECT_EQ(mesh.node("a")->leases, 0U);
}

TEST(Lease, ResultWithStaleEpochIsRefused) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.submit();
  const Offer first = mesh.lease("a").at(0);
  mesh.pass(kTtl);
  mesh.pass(Settings{}.max_retry_backoff);
  mesh.beat("a");
  const Offer second = mesh.lease("a").at(0);
  ASSERT_GT(second.lease.epoch, first.lease.epoch);
  const auto late = mesh.report(first, Outcome::ok);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, Code::conflict);
  EXPECT_TRUE(mesh.report(second, Outcome::ok).has_value());
}

TEST(Lease, ResultOfAnotherNodeIsRefused) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.add_node("b");
  mesh.submit();
  Offer offer = mesh.lease("a").at(0);
  offer.lease.node.value = "b";
  EXPECT_EQ(mesh.report(offer, Outcome::ok).error().code, Code::conflict);
}

TEST(Lease, SameReportOfAFailureAgainIsAnswered) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  ASSERT_TRUE(mesh.report(offer, Outcome::timeout).has_value());
  EXPECT_TRUE(mesh.report(offer, Outcome::timeout).has_value());
  EXPECT_FALSE(mesh.report(offer, Outcome::ok).has_value());
}

TEST(Lease, SameResultAgainIsAnsweredAndAnotherRefused) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  ASSERT_TRUE(mesh.report(offer, Outcome::ok, "answer").has_value());
  Report again;
  again.task = task->id;
  again.node = offer.lease.node;
  again.epoch = offer.lease.epoch;
  again.result.output_sha256 = sha256("answer");
  EXPECT_TRUE(answer_late_report(mesh.task(task), again).has_value());
  again.result.output_sha256 = sha256("another");
  EXPECT_EQ(answer_late_report(mesh.task(task), again).error().code, Code::conflict);
}

TEST(Lease, IsPlacedAgainAfterItsDeadlineNotBefore) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  ASSERT_EQ(mesh.lease("a").size(), 1U);
  mesh.pass(kTtl - Duration(1));
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::running);
  mesh.pass(Duration(1));
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending);
  EXPECT_EQ(mesh.task(task)->failures.at(0).outcome, Outcome::node_lost);
}

TEST(Lease, HeartbeatRenewsIt) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  mesh.pass(kTtl / 2);
  const auto reply = mesh.beat("a", {}, {{task->id, offer.lease.epoch}});
  EXPECT_TRUE(reply->cancelled.empty());
  mesh.pass(kTtl - Duration(1));
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::running);
  mesh.pass(Duration(1));
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending);
}

TEST(Lease, RenewalStopsATermAfterTheTimeLimit) {
  Mesh mesh;
  mesh.add_node("a");
  TaskSpec spec;
  spec.requirements.max_execution_time_sec = 60;
  const TaskPtr task = mesh.submit(std::move(spec));
  const Offer offer = mesh.lease("a").at(0);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(mesh.task(task)->status, TaskStatus::running) << i;
    mesh.pass(Duration(10'000));
    mesh.beat("a", {}, {{task->id, offer.lease.epoch}});
  }
  EXPECT_EQ(mesh.task(task)->failures.at(0).outcome, Outcome::timeout);
}

TEST(Lease, HeartbeatTellsOfLeasesThatAreGone) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  ASSERT_TRUE(mesh.core().cancel(mesh.now(), task->id).has_value());
  mesh.turn();
  const auto reply = mesh.beat("a", {}, {{task->id, offer.lease.epoch}});
  ASSERT_EQ(reply->cancelled.size(), 1U);
  EXPECT_EQ(reply->cancelled[0].epoch, offer.lease.epoch);
}

TEST(Lease, RegisteringAnewGivesBackWhatTheNodeHeldAndCountsNoRetry) {
  Mesh mesh;
  const NodePtr node = mesh.add_node("a");
  TaskSpec spec;
  spec.max_retries = 0;
  const TaskPtr task = mesh.submit(std::move(spec));
  const Offer offer = mesh.lease("a").at(0);
  ASSERT_TRUE(mesh.core().register_node(mesh.now(), node->registration, true).has_value());
  mesh.turn();
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending);
  EXPECT_EQ(mesh.report(offer, Outcome::ok).error().code, Code::conflict);
}

TEST(Lease, HandingBackCountsNoRetry) {
  Mesh mesh;
  mesh.add_node("a");
  TaskSpec spec;
  spec.max_retries = 0;
  const TaskPtr task = mesh.submit(std::move(spec));
  ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::handed_back).has_value());
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending);
  EXPECT_TRUE(mesh.task(task)->failures.empty());
  mesh.pass(Settings{}.prefer_other_node + Settings{}.retry_backoff);
  EXPECT_EQ(mesh.lease("a").size(), 1U);
}

TEST(Lease, HandedBackForEverIsGivenUp) {
  Settings settings;
  settings.max_placements = 3;
  Mesh mesh(settings);
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::handed_back).has_value()) << i;
    mesh.pass(settings.prefer_other_node + settings.retry_backoff);
  }
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::failed);
}

TEST(Lease, OutlivesARestartByOneTerm) {
  Mesh before;
  const NodePtr node = before.add_node("a");
  const TaskPtr task = before.submit();
  const Offer offer = before.lease("a").at(0);

  Mesh after;
  after.core().restore(*before.node("a"));
  after.core().restore(*before.task(task));
  after.core().restore_epoch(offer.lease.epoch);
  after.core().start(after.now());
  after.turn();
  after.pass(kTtl - Duration(1));
  EXPECT_TRUE(after.report(offer, Outcome::ok).has_value());
}

TEST(Lease, RunsOutATermAfterARestart) {
  Mesh before;
  before.add_node("a");
  const TaskPtr task = before.submit();
  before.lease("a");
  Node stored = *before.node("a");
  stored.leases = 0;
  stored.reserved_mb = 0;

  Mesh after;
  after.core().restore(stored);
  after.core().restore(*before.task(task));
  after.core().start(after.now());
  EXPECT_EQ(after.node("a")->leases, 1U);
  after.pass(kTtl);
  EXPECT_EQ(after.task(task)->status, TaskStatus::pending);
  EXPECT_EQ(after.node("a")->leases, 0U);
}

TEST(Lease, NodeMayFetchOnlyWhatItsLeasesNeed) {
  Mesh mesh;
  mesh.add_node("a");
  TaskSpec spec;
  spec.module = sha256("module");
  mesh.submit(std::move(spec));
  EXPECT_FALSE(mesh.core().needs_content(NodeId{"a"}, sha256("module")));
  const Offer offer = mesh.lease("a").at(0);
  EXPECT_TRUE(mesh.core().needs_content(NodeId{"a"}, sha256("module")));
  EXPECT_FALSE(mesh.core().needs_content(NodeId{"a"}, sha256("another")));
  ASSERT_TRUE(mesh.report(offer, Outcome::ok).has_value());
  EXPECT_FALSE(mesh.core().needs_content(NodeId{"a"}, sha256("module")));
}

}  // namespace
}  // namespace vcp::mesh
