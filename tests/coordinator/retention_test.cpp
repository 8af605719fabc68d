// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace vcp::coordinator {
namespace {

using mesh::TaskPtr;
using store::Table;

constexpr std::chrono::hours kDay{24};

class Retention : public CoordinatorTest {
 protected:
  void reopen_with(std::optional<Duration> age, std::optional<std::uint64_t> number) {
    options_.keep_ended_for = age;
    options_.keep_ended_tasks = number;
    open();
    ASSERT_TRUE(await(add_node("node")).has_value());
  }

  TaskPtr failed_task() {
    const TaskPtr task = await(submit()).value();
    const Offers offers = await(lease("node")).value();
    return await(report(offers.at(0), mesh::Outcome::trap)).value();
  }

  void run_until_kept(std::size_t count) {
    run_until([&] { return records(Table::finished) == count; });
  }

  bool is_there(const TaskPtr& task) {
    return coordinator_->tasks().find(task->id).value() != nullptr;
  }
};

TEST_F(Retention, KeepsEverythingUnlessToldOtherwise) {
  reopen_with({}, {});
  const TaskPtr task = completed_task();
  pass(1'000 * kDay);
  settle();
  EXPECT_TRUE(is_there(task));
}

TEST_F(Retention, DeletesWhatEndedTooLongAgo) {
  reopen_with(2 * kDay, {});
  const TaskPtr old = completed_task();
  pass(kDay);
  const TaskPtr young = await(submit()).value();  // its node is offline by now
  ASSERT_TRUE(await(cancel(young->id)).has_value());
  pass(kDay);
  run_until_kept(1);
  EXPECT_FALSE(is_there(old));
  EXPECT_TRUE(is_there(young));
  EXPECT_EQ(records(Table::by_owner), 1U);
}

TEST_F(Retention, CountsAgeFromTheEndOfATask) {
  reopen_with(2 * kDay, {});
  const TaskPtr waiting = await(submit()).value();
  pass(2 * kDay);
  ASSERT_TRUE(await(cancel(waiting->id)).has_value());
  pass(kDay);
  settle();
  EXPECT_TRUE(is_there(waiting));
}

TEST_F(Retention, DeletesTheOldestOfTooMany) {
  reopen_with({}, 2);
  std::vector<TaskPtr> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(completed_task());
  run_until_kept(2);
  EXPECT_FALSE(is_there(tasks[2]));
  EXPECT_TRUE(is_there(tasks[3]));
  EXPECT_TRUE(is_there(tasks[4]));
}

TEST_F(Retention, DeletesFromEveryTable) {
  reopen_with(kDay, {});
  failed_task();
  pass(2 * kDay);
  run_until_kept(0);
  EXPECT_EQ(records(Table::by_owner), 0U);
  EXPECT_EQ(records(Table::dead), 0U);
}

TEST_F(Retention, LeavesTheTotalsAsTheyAre) {
  reopen_with({}, 1);
  for (int i = 0; i < 4; ++i) completed_task();
  run_until_kept(1);
  EXPECT_EQ(coordinator_->statistics().ended.completed, 4U);
  open();
  EXPECT_EQ(coordinator_->statistics().ended.completed, 4U);
  EXPECT_EQ(coordinator_->statistics().ended.kept(), 1U);
}

TEST_F(Retention, ListsNothingThatIsDeleted) {
  reopen_with({}, 1);
  for (int i = 0; i < 3; ++i) completed_task();
  run_until_kept(1);
  EXPECT_EQ(coordinator_->tasks().list({}, {}, 10).value().tasks.size(), 1U);
}

TEST_F(Retention, ReleasesTheInputThatNothingElseNeeds) {
  reopen_with(kDay, {});
  std::optional<Contents::Pin> pin = coordinator_->contents().put(std::string(100, 'x')).value();
  const Digest digest = pin->digest();
  mesh::TaskSpec wanted = spec("ann");
  wanted.input = {.bytes = {}, .content = digest, .size = 100};
  Coordinator::Command<TaskPtr> submit = [&wanted](Writer& writer) {
    return writer.submit(wanted);
  };
  const TaskPtr task = await(coordinator_->apply<TaskPtr>(std::move(submit))).value();
  pin.reset();
  ASSERT_TRUE(await(cancel(task->id)).has_value());
  ASSERT_TRUE(files_.size(digest).has_value());
  pass(2 * kDay);
  run_until([&] { return !files_.size(digest).has_value(); });
  EXPECT_EQ(records(Table::content), 0U);
}

TEST_F(Retention, TakesMoreThanOneSweepForMany) {
  reopen_with(kDay, {});
  constexpr std::size_t kMany = 2'500;
  Coordinator::Command<int> submit_many = [](Writer& writer) {
    for (std::size_t i = 0; i < kMany; ++i) {
      const TaskPtr task = writer.submit(spec("ann")).value();
      EXPECT_TRUE(writer.cancel(task->id).has_value());
    }
    return 0;
  };
  ASSERT_TRUE(await(coordinator_->apply<int>(std::move(submit_many))).has_value());
  ASSERT_EQ(records(Table::finished), kMany);
  pass(2 * kDay);
  run_until_kept(0);
  EXPECT_EQ(coordinator_->statistics().ended.cancelled, kMany);
}

}  // namespace
}  // namespace vcp::coordinator
