// SPDX-License-Identifier: Apache-2.0
#include "quorum.hpp"

#include <algorithm>
#include <optional>

#include "mesh.hpp"

namespace vcp::mesh {
namespace {

TaskSpec quorum(std::uint32_t agree, std::uint32_t most, bool adaptive = false) {
  TaskSpec spec;
  spec.verification = {
      .mode = VerificationMode::quorum, .agree = agree, .max_replicas = most, .adaptive = adaptive};
  return spec;
}

/// Nodes that each wait for work all the time.
class QuorumTest : public testing::Test {
 protected:
  void add_nodes(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string id = "n" + std::to_string(i);
      mesh_.add_node(id, 4);
      ids_.push_back(id);
    }
  }

  /// Lets every node ask, and gives what was offered.
  std::vector<Offer> ask_all() {
    for (const std::string& id : ids_) mesh_.wait_for_lease(id);
    return mesh_.take_all();
  }

  Mesh mesh_;
  std::vector<std::string> ids_;
};

TEST_F(QuorumTest, TakesAsManyEqualAnswersAsWereAskedForFromDifferentNodes) {
  add_nodes(3);
  const TaskPtr task = mesh_.submit(quorum(2, 5));
  const auto offers = ask_all();
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_NE(offers[0].lease.node, offers[1].lease.node);
  ASSERT_TRUE(mesh_.report(offers[0], Outcome::ok, "x").has_value());
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::running);
  ASSERT_TRUE(mesh_.report(offers[1], Outcome::ok, "x").has_value());
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::completed);
  EXPECT_EQ(mesh_.node(offers[0].lease.node.value)->valid_in_a_row, 1U);
}

TEST_F(QuorumTest, AsksAnotherNodeWhenTwoDisagreeAndDisputesTheOddOneOut) {
  add_nodes(3);
  const TaskPtr task = mesh_.submit(quorum(2, 5));
  const auto offers = ask_all();
  ASSERT_EQ(offers.size(), 2U);
  ASSERT_TRUE(mesh_.report(offers[0], Outcome::ok, "lie").has_value());
  ASSERT_TRUE(mesh_.report(offers[1], Outcome::ok, "truth").has_value());
  const auto third = ask_all();
  ASSERT_EQ(third.size(), 1U);
  EXPECT_NE(third[0].lease.node, offers[0].lease.node);
  EXPECT_NE(third[0].lease.node, offers[1].lease.node);
  ASSERT_TRUE(mesh_.report(third[0], Outcome::ok, "truth").has_value());
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::completed);
  EXPECT_EQ(mesh_.task(task)->result()->output.bytes, "truth");
  EXPECT_EQ(mesh_.node(offers[0].lease.node.value)->disputed, 1U);
  EXPECT_LT(mesh_.node(offers[0].lease.node.value)->reputation(), 0.5);
}

TEST_F(QuorumTest, FailsWithoutAgreementOnceNoFurtherReplicaCouldBringIt) {
  add_nodes(4);
  const TaskPtr task = mesh_.submit(quorum(2, 3));
  int answer = 0;
  for (int round = 0; round < 3; ++round) {
    for (const Offer& offer : ask_all()) {
      ASSERT_TRUE(mesh_.report(offer, Outcome::ok, std::to_string(answer++)).has_value());
    }
  }
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::failed);
  EXPECT_EQ(mesh_.task(task)->reason, Outcome::no_agreement);
  EXPECT_EQ(mesh_.task(task)->failures.size(), 3U);
  EXPECT_EQ(answer, 3);
}

TEST_F(QuorumTest, NeverGivesTwoReplicasToOneNode) {
  add_nodes(1);
  const TaskPtr task = mesh_.submit(quorum(2, 5));
  EXPECT_EQ(ask_all().size(), 1U);
  EXPECT_TRUE(ask_all().empty());
  EXPECT_EQ(mesh_.task(task)->leases.size(), 1U);
}

TEST_F(QuorumTest, PrefersNodesOfDifferentOwners) {
  for (int i = 0; i < 8; ++i) {
    Registration node = mesh_.add_node("x" + std::to_string(i))->registration;
    node.id.value = "n" + std::to_string(i);
    node.owner = i == 7 ? "other" : "one";
    node.slots = 100;
    mesh_.add_node(std::move(node));
    mesh_.wait_for_lease("n" + std::to_string(i), 100);
  }
  for (int round = 0; round < 20; ++round) {
    const TaskPtr task = mesh_.submit(quorum(2, 5));
    const auto& leases = mesh_.task(task)->leases;
    ASSERT_EQ(leases.size(), 2U);
    EXPECT_EQ(std::ranges::count(leases, NodeId{"n7"}, &Lease::node), 1);
    for (int i = 0; i < 8; ++i) mesh_.wait_for_lease("n" + std::to_string(i), 100);
  }
}

TEST_F(QuorumTest, ALostReplicaIsReplacedByAnother) {
  add_nodes(3);
  const TaskPtr task = mesh_.submit(quorum(2, 5));
  const auto offers = ask_all();
  ASSERT_EQ(offers.size(), 2U);
  ASSERT_TRUE(mesh_.report(offers[0], Outcome::ok, "x").has_value());
  ASSERT_TRUE(mesh_.report(offers[1], Outcome::node_error).has_value());
  mesh_.pass(Duration(1'000));
  const auto again = ask_all();
  ASSERT_EQ(again.size(), 1U);
  ASSERT_TRUE(mesh_.report(again[0], Outcome::ok, "x").has_value());
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::completed);
}

/// Three runs of a quorum of two: one was lost, and came back when the others had agreed.
class LateResultTest : public QuorumTest {
 protected:
  LateResultTest() {
    add_nodes(3);
    task_ = mesh_.submit(quorum(2, 5));
    auto offers = ask_all();
    late_.emplace(offers.at(0));
    mesh_.pass(Duration(20'000));
    for (const std::string& id : ids_) EXPECT_TRUE(mesh_.beat(id).has_value());
    const std::vector<LeaseName> renewed{{task_->id, offers.at(1).lease.epoch}};
    EXPECT_TRUE(mesh_.beat(offers.at(1).lease.node.value, {}, renewed).has_value());
    mesh_.pass(Duration(11'000));  // the first lease ran out
    mesh_.pass(Duration(200));
    std::erase(ids_, late_->lease.node.value);
    const auto third = ask_all();
    EXPECT_EQ(third.size(), 1U);
    agreeing_ = {offers.at(1), third.at(0)};
  }

  void agree() {
    for (const Offer& offer : agreeing_) {
      ASSERT_TRUE(mesh_.report(offer, Outcome::ok, "x").has_value());
    }
    ASSERT_EQ(mesh_.task(task_)->status, TaskStatus::completed);
  }

  /// The late node reports; its lease is not live, so the report itself is refused.
  void report_late(const std::string& output) {
    Report report;
    report.task = task_->id;
    report.node = late_->lease.node;
    report.epoch = late_->lease.epoch;
    report.result.output_sha256 = sha256(output);
    mesh_.core().note_late(mesh_.now(), report);
    mesh_.turn();
  }

  NodePtr late_node() { return mesh_.node(late_->lease.node.value); }

  TaskPtr task_;
  std::optional<Offer> late_;
  std::vector<Offer> agreeing_;
};

TEST_F(LateResultTest, CountsForItsNodeIfItAgrees) {
  agree();
  report_late("x");
  EXPECT_EQ(late_node()->completed, 1U);
  EXPECT_EQ(late_node()->valid_in_a_row, 1U);
  EXPECT_EQ(mesh_.task(task_)->answers.size(), 2U);
}

TEST_F(LateResultTest, CountsOnce) {
  agree();
  report_late("x");
  report_late("x");
  EXPECT_EQ(late_node()->completed, 1U);
}

TEST_F(LateResultTest, IsDisputedIfItDoesNotAgree) {
  agree();
  report_late("lie");
  EXPECT_EQ(late_node()->completed, 0U);
  EXPECT_EQ(late_node()->disputed, 1U);
}

TEST_F(LateResultTest, SaysNothingBeforeOthersAgree) {
  report_late("x");
  EXPECT_EQ(late_node()->completed, 0U);
  agree();
  EXPECT_EQ(late_node()->completed, 0U);
}

TEST_F(LateResultTest, SaysNothingOnceTheRunShouldLongBeOver) {
  agree();
  mesh_.pass(Duration(91'000));
  report_late("x");
  EXPECT_EQ(late_node()->completed, 0U);
}

TEST_F(QuorumTest, AgreesOnAFailureThatIsTheProgramsOwn) {
  add_nodes(2);
  const TaskPtr task = mesh_.submit(quorum(2, 5));
  for (const Offer& offer : ask_all()) {
    ASSERT_TRUE(mesh_.report(offer, Outcome::trap).has_value());
  }
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::failed);
  EXPECT_EQ(mesh_.task(task)->reason, Outcome::trap);
}

TEST_F(QuorumTest, AdaptiveReplicatesNodesThatHaveNotProvedThemselves) {
  add_nodes(3);
  const TaskPtr task = mesh_.submit(quorum(2, 5, true));
  EXPECT_EQ(ask_all().size(), 2U);
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::running);
}

TEST_F(QuorumTest, AdaptiveMostlyBelievesNodesThatHave) {
  add_nodes(2);
  int alone = 0;
  for (int round = 0; round < 300; ++round) {
    const TaskPtr task = mesh_.submit(quorum(2, 5, true));
    const auto offers = ask_all();
    for (const Offer& offer : offers) {
      static_cast<void>(mesh_.report(offer, Outcome::ok, "x"));
    }
    ASSERT_EQ(mesh_.task(task)->status, TaskStatus::completed) << "round " << round;
    if (mesh_.task(task)->answers.size() == 1) ++alone;
    if (round < 10) {
      ASSERT_EQ(alone, 0);
    }
  }
  EXPECT_GT(alone, 100);
  EXPECT_LT(alone, 290);
}

TEST_F(QuorumTest, GangIsComparedRankByRank) {
  add_nodes(5);
  TaskSpec spec = quorum(2, 5);
  spec.requirements.min_nodes = 2;
  const TaskPtr task = mesh_.submit(std::move(spec));
  const auto offers = ask_all();
  ASSERT_EQ(offers.size(), 4U);
  for (const Offer& offer : offers) {
    const bool liar = offer.lease.epoch == offers[0].lease.epoch;
    const std::string answer = liar ? "lie" : "rank " + std::to_string(offer.lease.rank);
    ASSERT_TRUE(mesh_.report(offer, Outcome::ok, answer).has_value());
  }
  EXPECT_EQ(mesh_.task(task)->status, TaskStatus::running);
  const TaskPtr more = mesh_.task(task);
  ASSERT_EQ(more->leases.size(), 1U);
  EXPECT_EQ(more->leases[0].rank, offers[0].lease.rank);
}

TEST(Recheck, AnAnswerThatIsRefutedDisputesItsNodeAndTheTaskGoesElsewhere) {
  Mesh mesh;
  mesh.add_node("liar");
  mesh.add_node("honest");
  TaskSpec spec;
  spec.verification.mode = VerificationMode::recheck;
  const TaskPtr task = mesh.submit(std::move(spec));
  const Offer offer = mesh.lease("liar").at(0);
  ASSERT_TRUE(mesh.report(offer, Outcome::ok, "lie").has_value());
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::verifying);
  Verdict refuted;
  refuted.refused.push_back({.epoch = offer.lease.epoch, .detail = "other bytes"});
  mesh.core().verified(mesh.now(), task->id, refuted);
  mesh.turn();
  EXPECT_EQ(mesh.node("liar")->disputed, 1U);
  mesh.pass(Duration(10'000));
  EXPECT_TRUE(mesh.lease("liar").empty());
  const Offer second = mesh.lease("honest").at(0);
  ASSERT_TRUE(mesh.report(second, Outcome::ok, "truth").has_value());
  mesh.core().verified(mesh.now(), task->id, {});
  mesh.turn();
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::completed);
  EXPECT_EQ(mesh.task(task)->result()->output.bytes, "truth");
}

TEST(Recheck, IsAlwaysDoneOnceAnAnswerWasRefutedSoThatItDoesNotComeAgain) {
  Mesh mesh;
  mesh.add_node("liar");
  mesh.add_node("accomplice");
  int refuted = 0;
  for (int round = 0; round < 50; ++round) {
    TaskSpec spec;
    spec.verification.mode = VerificationMode::recheck;
    spec.verification.probability = 0.5;
    const TaskPtr task = mesh.submit(std::move(spec));
    const Offer first = mesh.lease("liar").at(0);
    ASSERT_TRUE(mesh.report(first, Outcome::ok, "lie").has_value());
    if (mesh.task(task)->status != TaskStatus::verifying) continue;
    ++refuted;
    Verdict verdict;
    verdict.refused.push_back({.epoch = first.lease.epoch, .detail = "other bytes"});
    mesh.core().verified(mesh.now(), task->id, verdict);
    mesh.turn();
    for (const std::string node : {"liar", "accomplice"}) {
      ASSERT_TRUE(mesh.beat(node).has_value());
    }
    mesh.pass(Duration(1'000));
    const Offer second = mesh.lease("accomplice").at(0);
    ASSERT_TRUE(mesh.report(second, Outcome::ok, "lie").has_value());
    ASSERT_EQ(mesh.task(task)->status, TaskStatus::verifying);
    ASSERT_TRUE(mesh.core().cancel(mesh.now(), task->id).has_value());
    mesh.turn();
  }
  EXPECT_GT(refuted, 10);
}

TaskSpec proven_spec() {
  TaskSpec spec;
  spec.verification.mode = VerificationMode::proof;
  spec.verification.proof = ProofDemand{.circuit = sha256("circuit"), .bind = {"any"}};
  return spec;
}

TEST(Proof, IsVerifiedBeforeTheAnswerCounts) {
  Mesh mesh;
  mesh.add_node("n");
  const TaskPtr task = mesh.submit(proven_spec());
  const Offer offer = mesh.lease("n").at(0);
  ASSERT_TRUE(mesh.report(offer, Outcome::ok, "proved").has_value());
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::verifying);
  EXPECT_EQ(mesh.task(task)->result(), nullptr);
  EXPECT_EQ(mesh.node("n")->completed, 0U);
  mesh.core().verified(mesh.now(), task->id, {});
  mesh.turn();
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::completed);
  EXPECT_EQ(mesh.task(task)->result()->output.bytes, "proved");
  EXPECT_EQ(mesh.node("n")->completed, 1U);
}

TEST(Proof, ThatIsInvalidDisputesItsNodeAndTheTaskGoesElsewhere) {
  Mesh mesh;
  mesh.add_node("liar");
  mesh.add_node("honest");
  const TaskPtr task = mesh.submit(proven_spec());
  const Offer offer = mesh.lease("liar").at(0);
  ASSERT_TRUE(mesh.report(offer, Outcome::ok, "lie").has_value());
  Verdict invalid;
  invalid.refused.push_back(
      {.epoch = offer.lease.epoch, .reason = Outcome::proof_invalid, .detail = "why"});
  mesh.core().verified(mesh.now(), task->id, invalid);
  mesh.turn();
  EXPECT_EQ(mesh.node("liar")->disputed, 1U);
  EXPECT_EQ(mesh.task(task)->failures.at(0).outcome, Outcome::proof_invalid);
  mesh.pass(Duration(10'000));
  EXPECT_TRUE(mesh.lease("liar").empty());
  EXPECT_EQ(mesh.lease("honest").size(), 1U);
}

TEST(Proof, IsNotAskedForWhereTheRunFailed) {
  Mesh mesh;
  mesh.add_node("n");
  const TaskPtr task = mesh.submit(proven_spec());
  ASSERT_TRUE(mesh.report(mesh.lease("n").at(0), Outcome::trap).has_value());
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::failed);
  EXPECT_EQ(mesh.task(task)->reason, Outcome::trap);
}

TEST(Proof, IsVerifiedAfterARestartToo) {
  SeededRandom random(1);
  Core core({}, random);
  Task task;
  task.id.bytes[0] = 1;
  task.spec = std::make_shared<const TaskSpec>(proven_spec());
  task.status = TaskStatus::verifying;
  task.answers.push_back({.lease = {.node = {"n"}, .epoch = Epoch{1}, .granted_at = {}},
                          .detail = {},
                          .result = std::make_shared<const TaskResult>()});
  const TaskId id = task.id;
  core.restore(std::move(task));
  core.start(Time());
  const Changes changes = core.take_changes(1);
  ASSERT_EQ(changes.to_verify.size(), 1U);
  EXPECT_EQ(changes.to_verify[0]->id, id);
}

TEST(SpotCheck, ProbabilityFallsWithTheStreakButNeverToNothing) {
  EXPECT_EQ(spot_check_probability(9, 10), 1);
  EXPECT_EQ(spot_check_probability(10, 10), 1);
  EXPECT_EQ(spot_check_probability(100, 10), 0.1);
  EXPECT_GT(spot_check_probability(1'000'000, 10), 0);
}

}  // namespace
}  // namespace vcp::mesh
