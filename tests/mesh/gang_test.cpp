// SPDX-License-Identifier: Apache-2.0
#include "mesh.hpp"

namespace vcp::mesh {
namespace {

TaskSpec gang(std::uint32_t nodes) {
  TaskSpec spec;
  spec.requirements.min_nodes = nodes;
  return spec;
}

TEST(Gang, IsPlacedOnDifferentNodesTogetherOrNotAtAll) {
  Mesh mesh;
  mesh.add_node("a", 8);
  mesh.add_node("b", 8);
  mesh.add_node("c", 8);
  const TaskPtr task = mesh.submit(gang(3));
  const PollId a = mesh.wait_for_lease("a", 4);
  const PollId b = mesh.wait_for_lease("b", 4);
  EXPECT_FALSE(mesh.answered(a));
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending);
  const PollId c = mesh.wait_for_lease("c", 4);
  std::set<std::uint32_t> ranks;
  for (const PollId poll : {a, b, c}) {
    const auto offers = mesh.take(poll);
    ASSERT_EQ(offers.size(), 1U);
    ranks.insert(offers[0].lease.rank);
  }
  EXPECT_EQ(ranks, (std::set<std::uint32_t>{0, 1, 2}));
}

class PlacedGang : public testing::Test {
 protected:
  PlacedGang() {
    mesh_.add_node("a", 2);
    mesh_.add_node("b", 2);
    task_ = mesh_.submit(gang(2));
    place();
  }

  void place() {
    mesh_.wait_for_lease("a");
    mesh_.wait_for_lease("b");
    offers_ = mesh_.take_all();
  }

  [[nodiscard]] TaskPtr now() const { return mesh_.task(task_); }

  Mesh mesh_;
  TaskPtr task_;
  std::vector<Offer> offers_;
};

TEST_F(PlacedGang, IsAssembledOnceEveryRankHasAnswered) {
  ASSERT_EQ(offers_.size(), 2U);
  ASSERT_TRUE(mesh_.report(offers_[0], Outcome::ok, "x").has_value());
  EXPECT_EQ(now()->status, TaskStatus::running);
  ASSERT_TRUE(mesh_.report(offers_[1], Outcome::ok, "y").has_value());
  EXPECT_EQ(now()->status, TaskStatus::verifying);
  Verdict verdict;
  verdict.assembled = std::make_shared<const TaskResult>();
  mesh_.core().verified(mesh_.now(), task_->id, verdict);
  mesh_.turn();
  EXPECT_EQ(now()->status, TaskStatus::completed);
  EXPECT_EQ(now()->result(), verdict.assembled.get());
  EXPECT_NE(now()->accepted(1), nullptr);
}

TEST_F(PlacedGang, IsPlacedAgainAsAWholeWithHigherEpochsWhenARankFails) {
  ASSERT_EQ(offers_.size(), 2U);
  const auto before = offers_;
  ASSERT_TRUE(mesh_.report(offers_[0], Outcome::ok, "x").has_value());
  ASSERT_TRUE(mesh_.report(offers_[1], Outcome::node_error).has_value());
  EXPECT_EQ(now()->status, TaskStatus::pending);
  EXPECT_TRUE(now()->answers.empty());
  mesh_.pass(Duration(3'000));
  place();
  ASSERT_EQ(offers_.size(), 2U);
  for (const Offer& offer : offers_) EXPECT_GT(offer.lease.epoch, before[1].lease.epoch);
}

TEST_F(PlacedGang, FailsWithTheReasonOfARankThatTraps) {
  ASSERT_EQ(offers_.size(), 2U);
  ASSERT_TRUE(mesh_.report(offers_[1], Outcome::trap).has_value());
  EXPECT_EQ(now()->status, TaskStatus::failed);
  EXPECT_EQ(now()->reason, Outcome::trap);
  EXPECT_FALSE(mesh_.report(offers_[0], Outcome::ok).has_value());
  EXPECT_EQ(mesh_.node("a")->leases + mesh_.node("b")->leases, 0U);
}

TEST_F(PlacedGang, FailsOnceItsRetriesAreSpent) {
  for (int attempt = 0; attempt < 4; ++attempt) {
    ASSERT_EQ(offers_.size(), 2U);
    ASSERT_TRUE(mesh_.report(offers_[0], Outcome::node_error).has_value());
    mesh_.pass(Duration(5'000));
    if (attempt < 3) place();
  }
  EXPECT_EQ(now()->status, TaskStatus::failed);
  EXPECT_EQ(now()->reason, Outcome::node_error);
}

TEST(Gang, NeedNotHaveAllItsNodesAskAtTheSameMoment) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.add_node("b");
  const TaskPtr task = mesh.submit(gang(2));
  EXPECT_TRUE(mesh.lease("a").empty());
  const auto second = mesh.lease("b");
  ASSERT_EQ(second.size(), 1U);
  const auto first = mesh.lease("a");
  ASSERT_EQ(first.size(), 1U);
  EXPECT_NE(first[0].lease.rank, second[0].lease.rank);
  ASSERT_TRUE(mesh.report(first[0], Outcome::ok).has_value());
  ASSERT_TRUE(mesh.report(second[0], Outcome::ok).has_value());
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::verifying);
}

TEST(Gang, LeaseThatIsNeverFetchedRunsOut) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.add_node("b");
  const TaskPtr task = mesh.submit(gang(2));
  EXPECT_TRUE(mesh.lease("a").empty());
  ASSERT_EQ(mesh.lease("b").size(), 1U);
  mesh.pass(Duration(31'000));
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending);
  EXPECT_EQ(mesh.node("a")->leases, 0U);
  EXPECT_TRUE(mesh.lease("a").empty());
}

// Small tasks take a node's slot whenever it is free, so that two are never free at once.
TEST(Gang, ThatHasWaitedKeepsNodesSoThatSmallTasksCannotStarveIt) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.add_node("b");
  std::map<std::string, std::vector<Offer>> running;
  running["a"] = (mesh.submit(), mesh.lease("a"));
  const TaskPtr task = mesh.submit(gang(2));
  mesh.pass(Duration(2'000));
  for (int round = 0; round < 4; ++round) {
    for (const std::string node : {"a", "b"}) {
      mesh.submit();
      for (const Offer& offer : running[node]) {
        ASSERT_TRUE(mesh.report(offer, Outcome::ok).has_value());
      }
      running[node] = mesh.take(mesh.wait_for_lease(node));
    }
    mesh.pass(Duration(1'000));
  }
  EXPECT_NE(mesh.task(task)->status, TaskStatus::pending);
}

TEST(Gang, KeepsOneSlotOfANodeAndLeavesTheOthers) {
  Mesh mesh;
  mesh.add_node("a", 2);
  mesh.add_node("b", 1);
  const auto busy = (mesh.submit(), mesh.lease("b"));
  ASSERT_EQ(busy.size(), 1U);
  const TaskPtr task = mesh.submit(gang(2));
  mesh.pass(Duration(2'000));
  const PollId first = mesh.wait_for_lease("a", 2);
  const TaskPtr small = mesh.submit();
  const TaskPtr smaller = mesh.submit();
  EXPECT_EQ(mesh.take(first).size(), 1U);  // back-filling
  EXPECT_EQ(mesh.task(small)->status, TaskStatus::running);
  EXPECT_EQ(mesh.task(smaller)->status, TaskStatus::pending);
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending);
}

TEST(Gang, ThatTooFewNodesCouldRunKeepsNothing) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr impossible = mesh.submit(gang(2));
  mesh.pass(Duration(60'000));
  const TaskPtr small = mesh.submit();
  static_cast<void>(mesh.beat("a"));
  EXPECT_EQ(mesh.lease("a").size(), 1U);
  EXPECT_EQ(mesh.task(small)->status, TaskStatus::running);
  EXPECT_EQ(mesh.core().standing(mesh.now(), impossible->id, 1, 0).waiting_for,
            WaitReason::eligible_nodes);
}

/// Three nodes that ask for work; an owner who may run one task, runs it, and has a gang waiting.
class GangOverQuota : public testing::Test {
 protected:
  GangOverQuota() : mesh_(one_task_of_eve()) {
    for (const char* id : {"a", "b", "c"}) mesh_.add_node(id);
    mesh_.submit(of_eve(1));
    running_ = mesh_.lease("a");
    gang_ = mesh_.submit(of_eve(2));
    mesh_.wait_for_lease("b");
    mesh_.wait_for_lease("c");
    mesh_.pass(Duration(2'000));  // the patience of gangs
    mesh_.pass(Duration(2'000));
  }

  static Settings one_task_of_eve() {
    Settings settings;
    settings.owners["eve"].max_running = 1;
    return settings;
  }

  static TaskSpec of_eve(std::uint32_t nodes) {
    TaskSpec spec = gang(nodes);
    spec.owner = "eve";
    return spec;
  }

  Mesh mesh_;
  std::vector<Offer> running_;
  TaskPtr gang_;
};

TEST_F(GangOverQuota, WaitsUntilItsOwnerMayRunMore) {
  EXPECT_EQ(mesh_.task(gang_)->status, TaskStatus::pending);
  ASSERT_TRUE(mesh_.report(running_.at(0), Outcome::ok).has_value());
  EXPECT_EQ(mesh_.task(gang_)->status, TaskStatus::running);
}

TEST_F(GangOverQuota, KeepsNoNodesFromOthers) {
  const TaskPtr first = mesh_.submit();
  const TaskPtr second = mesh_.submit();
  EXPECT_EQ(mesh_.task(first)->status, TaskStatus::running);
  EXPECT_EQ(mesh_.task(second)->status, TaskStatus::running);
}

TEST(Gang, TwoThatNeedTheSameNodesBothRun) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.add_node("b");
  const TaskPtr first = mesh.submit(gang(2));
  const TaskPtr second = mesh.submit(gang(2));
  for (int round = 0; round < 10; ++round) {
    for (const std::string node : {"a", "b"}) {
      mesh.wait_for_lease(node);
    }
    mesh.pass(Duration(500));
    for (const Offer& offer : mesh.take_all()) {
      ASSERT_TRUE(mesh.report(offer, Outcome::ok).has_value());
    }
  }
  EXPECT_EQ(mesh.task(first)->status, TaskStatus::verifying);
  EXPECT_EQ(mesh.task(second)->status, TaskStatus::verifying);
}

}  // namespace
}  // namespace vcp::mesh
