// SPDX-License-Identifier: Apache-2.0
// What becomes of everything once a commit has failed.
#include "fixture.hpp"

namespace vcp::coordinator {
namespace {

using mesh::TaskPtr;

const Error kDiskFull{.code = Code::no_space, .message = "the disk is full"};

class FailedStore : public CoordinatorTest {
 protected:
  void expect_failed(const auto& outcome) {
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, kDiskFull.code);
    EXPECT_EQ(outcome.error().message, kDiskFull.message);
  }

  void fail_a_commit() {
    backend_.fail(kDiskFull);
    expect_failed(await(submit()));
  }
};

TEST_F(FailedStore, GivesWhoWaitedForTheCommitItsError) {
  backend_.hold();
  const auto first = start(submit());
  run_until_held();
  const auto second = start(submit());
  settle();
  backend_.fail(kDiskFull);
  expect_failed(await(first));
  expect_failed(await(second));
}

TEST_F(FailedStore, RefusesEveryLaterCommand) {
  fail_a_commit();
  expect_failed(await(submit()));
  expect_failed(await(look()));
}

TEST_F(FailedStore, SaysWhy) {
  EXPECT_FALSE(coordinator_->failure());
  fail_a_commit();
  ASSERT_TRUE(coordinator_->failure());
  EXPECT_EQ(coordinator_->failure()->message, kDiskFull.message);
}

TEST_F(FailedStore, StillShowsWhatWasDurable) {
  const TaskPtr task = await(submit()).value();
  fail_a_commit();
  const TaskPtr found = coordinator_->tasks().find(task->id).value();
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(await(coordinator_->durable(found->commit)).has_value());
}

TEST_F(FailedStore, NeverLetsAReaderShowWhatWasNot) {
  backend_.hold();
  const auto submitted = start(submit());
  run_until_held();
  const TaskPage page = coordinator_->tasks().list({}, {}, 10).value();
  ASSERT_EQ(page.tasks.size(), 1U);
  backend_.fail(kDiskFull);
  expect_failed(await(submitted));
  expect_failed(await(coordinator_->durable(page.tasks.front()->commit)));
}

TEST_F(FailedStore, HidesWhatWasNot) {
  const TaskPtr task = await(submit()).value();
  fail_a_commit();
  const TaskPage page = coordinator_->tasks().list({}, {}, 10).value();
  ASSERT_EQ(page.tasks.size(), 1U);
  EXPECT_EQ(page.tasks.front()->id, task->id);
  EXPECT_EQ(coordinator_->statistics().active.pending, 1U);
  EXPECT_TRUE(await(coordinator_->durable_now()).has_value());
}

TEST_F(FailedStore, StillCountsTheNodesInItsStatistics) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  fail_a_commit();
  EXPECT_EQ(coordinator_->statistics().active.all_nodes(), 1U);
  EXPECT_EQ(coordinator_->statistics().active.cores, 4U);
}

TEST_F(FailedStore, RefusesAReadThatWaitedForTheCommit) {
  backend_.hold();
  const auto submitted = start(submit());
  run_until_held();
  const auto shown = start(coordinator_->durable_now());
  settle();
  backend_.fail(kDiskFull);
  expect_failed(await(shown));
}

TEST_F(FailedStore, TellsThoseWhoWaitForLeasesOrTasks) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  const TaskPtr task = await(submit("nobody's")).value();
  ASSERT_EQ(await(lease("node")).value().size(), 1U);
  const auto leased = start(lease("node", Duration(60'000)));
  const auto ended = start(coordinator_->ended(task->id, Duration(60'000)));
  settle();
  backend_.fail(kDiskFull);
  expect_failed(await(add_node("another")));
  expect_failed(await(leased));
  expect_failed(await(ended));
}

TEST_F(FailedStore, HasEverythingThatWasAcknowledgedAfterARestart) {
  const TaskPtr task = await(submit()).value();
  fail_a_commit();
  open();
  const TaskPage page = coordinator_->tasks().list({}, {}, 10).value();
  ASSERT_EQ(page.tasks.size(), 1U);
  EXPECT_EQ(page.tasks.front()->id, task->id);
}

}  // namespace
}  // namespace vcp::coordinator
