// SPDX-License-Identifier: Apache-2.0
// Long polls for leases, and watches of tasks.
#include "fixture.hpp"

namespace vcp::coordinator {
namespace {

using mesh::TaskPtr;
using mesh::TaskStatus;

constexpr Duration kLong{20'000};  // less than a node's silence and a lease may last

class Waiting : public CoordinatorTest {
 protected:
  Waiting() { EXPECT_TRUE(await(add_node("node")).has_value()); }

  Async<Result<TaskPtr>> ended(const TaskPtr& task, Duration wait) {
    return coordinator_->ended(task->id, wait);
  }
};

// --- Leases

TEST_F(Waiting, ForLeasesEndsWhenATaskIsSubmitted) {
  const auto leased = start(lease("node", kLong));
  settle();
  EXPECT_FALSE(leased->has_value());
  const TaskPtr task = await(submit()).value();
  const Offers offers = await(leased).value();
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(offers[0].task->id, task->id);
  EXPECT_EQ(offers[0].lease.node.value, "node");
}

TEST_F(Waiting, ForLeasesEndsAtOnceWhenTasksWait) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(await(submit()).has_value());
  EXPECT_EQ(await(lease("node", kLong)).value().size(), 3U);
}

TEST_F(Waiting, ForLeasesEndsOnlyOnceTheyAreDurable) {
  ASSERT_TRUE(await(submit()).has_value());
  backend_.hold();
  const auto leased = start(lease("node", kLong));
  run_until_held();
  EXPECT_FALSE(leased->has_value());
  backend_.release();
  EXPECT_EQ(await(leased).value().size(), 1U);
}

TEST_F(Waiting, ForLeasesEndsWithNoneWhenTheTimeIsUp) {
  const auto leased = start(lease("node", kLong));
  settle();
  pass(kLong - Duration(1));
  EXPECT_FALSE(leased->has_value());
  pass(Duration(1));
  EXPECT_TRUE(await(leased).value().empty());
}

TEST_F(Waiting, ForLeasesWithoutPatienceEndsAtOnce) {
  EXPECT_TRUE(await(lease("node", Duration::zero())).value().empty());
}

TEST_F(Waiting, ForLeasesIsRefusedToANodeThatIsNotThere) {
  EXPECT_EQ(await(lease("stranger", kLong)).error().code, Code::not_found);
}

TEST_F(Waiting, ForLeasesEndsWithNoneWhenTheServerStops) {
  const auto leased = start(lease("node", kLong));
  settle();
  coordinator_->close();
  EXPECT_TRUE(await(leased).value().empty());
  EXPECT_TRUE(await(lease("node", kLong)).value().empty());
}

TEST_F(Waiting, ForLeasesEndsWithNoneWhenTheNodeIsRemoved) {
  const auto leased = start(lease("node", kLong));
  settle();
  Coordinator::Command<int> remove = [](Writer& writer) -> Result<int> {
    const Result<> removed = writer.core.remove_node(writer.now, {"node"});
    if (!removed) return std::unexpected(removed.error());
    return 0;
  };
  ASSERT_TRUE(await(coordinator_->apply<int>(std::move(remove))).has_value());
  EXPECT_TRUE(await(leased).value().empty());
}

TEST_F(Waiting, ForALostLeasePlacesTheTaskAgainWithAHigherEpoch) {
  ASSERT_TRUE(await(submit()).has_value());
  const Offers first = await(lease("node")).value();
  ASSERT_EQ(first.size(), 1U);
  pass(options_.mesh.lease_ttl);  // the lease is lost, and the node has been silent for as long
  ASSERT_TRUE(await(add_node("fresh")).has_value());
  const auto leased = start(lease("fresh", kLong));
  settle();
  pass(options_.mesh.prefer_other_node);
  const Offers second = await(leased).value();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_GT(second[0].lease.epoch, first[0].lease.epoch);
  EXPECT_EQ(await(report(first[0])).error().code, Code::conflict);
}

// --- Tasks

TEST_F(Waiting, ForATaskEndsWithIt) {
  const TaskPtr task = await(submit()).value();
  const Offers offers = await(lease("node")).value();
  ASSERT_EQ(offers.size(), 1U);
  const auto first = start(ended(task, kLong));
  const auto second = start(ended(task, kLong));
  settle();
  EXPECT_FALSE(first->has_value());
  ASSERT_TRUE(await(report(offers[0])).has_value());
  EXPECT_EQ(await(first).value()->status, TaskStatus::completed);
  EXPECT_EQ(await(second).value()->status, TaskStatus::completed);
}

TEST_F(Waiting, ForATaskEndsOnlyOnceItsEndIsDurable) {
  const TaskPtr task = await(submit()).value();
  const auto watched = start(ended(task, kLong));
  settle();
  backend_.hold();
  const auto cancelled = start(cancel(task->id));
  run_until_held();
  EXPECT_FALSE(watched->has_value());
  backend_.release();
  EXPECT_EQ(await(watched).value()->status, TaskStatus::cancelled);
}

TEST_F(Waiting, ForATaskEndsWhenTheTimeIsUpWithTheTaskAsItIs) {
  const TaskPtr task = await(submit()).value();
  const auto watched = start(ended(task, kLong));
  settle();
  pass(kLong - Duration(1));
  EXPECT_FALSE(watched->has_value());
  pass(Duration(1));
  EXPECT_EQ(await(watched).value()->status, TaskStatus::pending);
}

TEST_F(Waiting, ForATaskWithoutPatienceEndsAtOnce) {
  const TaskPtr task = await(submit()).value();
  EXPECT_EQ(await(ended(task, Duration::zero())).value()->status, TaskStatus::pending);
}

TEST_F(Waiting, ForATaskThatNeverWasEndsAtOnceWithNothing) {
  EXPECT_EQ(await(coordinator_->ended(TaskId{}, kLong)).value(), nullptr);
}

TEST_F(Waiting, ForATaskThatHasEndedEndsAtOnce) {
  const TaskPtr task = completed_task();
  EXPECT_EQ(await(ended(task, kLong)).value()->status, TaskStatus::completed);
}

TEST_F(Waiting, ForATaskThatEndsInTheSameTurnEndsWithIt) {
  const TaskPtr task = await(submit()).value();
  const auto cancelled = start(cancel(task->id));
  const auto watched = start(ended(task, kLong));
  EXPECT_EQ(await(watched).value()->status, TaskStatus::cancelled);
  EXPECT_TRUE(await(cancelled).has_value());
}

TEST_F(Waiting, ForATaskThatHasLeftMemoryEndsAtOnce) {
  options_.keep_ended_in_memory = 0;
  open();
  const TaskPtr task = completed_task();
  completed_task();  // and the first one leaves memory
  EXPECT_EQ(await(ended(task, kLong)).value()->status, TaskStatus::completed);
}

TEST_F(Waiting, ForATaskEndsWithTheTaskAsItIsWhenTheServerStops) {
  const TaskPtr task = await(submit()).value();
  const auto watched = start(ended(task, kLong));
  settle();
  coordinator_->close();
  EXPECT_EQ(await(watched).value()->status, TaskStatus::pending);
  EXPECT_EQ(await(ended(task, kLong)).value()->status, TaskStatus::pending);
}

}  // namespace
}  // namespace vcp::coordinator
