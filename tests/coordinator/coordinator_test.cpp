// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/coordinator.hpp"

#include "fixture.hpp"

namespace vcp::coordinator {
namespace {

using mesh::TaskPtr;
using mesh::TaskStatus;

TEST_F(CoordinatorTest, AnswersAWriteOnceItIsDurable) {
  backend_.hold();
  const auto submitted = start(submit());
  run_until_held();
  EXPECT_FALSE(submitted->has_value());
  backend_.release();
  EXPECT_TRUE(await(submitted).has_value());
}

TEST_F(CoordinatorTest, AnswersAReadOfWhatIsNotDurableOnceItIs) {
  backend_.hold();
  const auto submitted = start(submit());
  run_until_held();
  const TaskPage page = coordinator_->tasks().list({}, {}, 10).value();
  ASSERT_EQ(page.tasks.size(), 1U);
  const auto shown = start(coordinator_->durable(page.tasks.front()->commit));
  settle();
  EXPECT_FALSE(shown->has_value());
  backend_.release();
  EXPECT_TRUE(await(shown).has_value());
}

TEST_F(CoordinatorTest, AnswersACommandOnceWhatItSawIsDurable) {
  backend_.hold();
  const auto submitted = start(submit());
  run_until_held();
  const auto looked = start(look());
  const auto all = start(coordinator_->durable_now());
  settle();
  EXPECT_FALSE(looked->has_value());
  EXPECT_FALSE(all->has_value());
  backend_.release();
  EXPECT_TRUE(await(looked).has_value());
  EXPECT_TRUE(await(all).has_value());
}

TEST_F(CoordinatorTest, AnswersAReadOfWhatIsDurableWhileAnotherCommitIsHeldUp) {
  const TaskPtr task = await(submit()).value();
  backend_.hold();
  const auto submitted = start(submit());
  run_until_held();
  const auto shown = start(coordinator_->durable(task->commit));
  settle();
  EXPECT_TRUE(shown->has_value());
}

TEST_F(CoordinatorTest, PutsWhatWaitsIntoOneCommit) {
  const auto first = start(submit());
  const auto second = start(submit());
  const TaskPtr earlier = await(first).value();
  const TaskPtr later = await(second).value();
  EXPECT_LT(earlier->id, later->id);
  EXPECT_EQ(earlier->commit, later->commit);
}

TEST_F(CoordinatorTest, GivesTheErrorOfACommandAndWritesNothing) {
  Coordinator::Command<int> refuse = [](Writer&) { return fail(Code::conflict, "not like this"); };
  const auto refused = await(coordinator_->apply<int>(std::move(refuse)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "not like this");
  EXPECT_EQ(store::last_commit(backend_), 0U);
}

TEST_F(CoordinatorTest, RefusesACommandWhenTheQueueIsFull) {
  options_.max_queued_commands = 2;
  open();
  const auto first = start(submit());
  const auto second = start(submit());
  const auto third = start(submit());
  const auto refused = await(third);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_TRUE(await(first).has_value());
  EXPECT_TRUE(await(second).has_value());
  EXPECT_TRUE(await(submit()).has_value());
}

TEST_F(CoordinatorTest, RendersACreationAfterItsPlacement) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  const auto leased = start(lease("node", Duration(60'000)));
  settle();
  Coordinator::Command<Coordinator::Render> create = [](Writer& writer) -> Coordinator::Render {
    return [task = *writer.submit(spec("ann"))] {
      return Answer{.status = 201,
                    .body = std::string(to_string(task->status)),
                    .subject = task->id.to_string()};
    };
  };
  const auto created = await(coordinator_->create(std::nullopt, std::move(create)));
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->answer.body, "running");
  EXPECT_EQ(await(leased).value().size(), 1U);
}

TEST_F(CoordinatorTest, GivesEachOfSeveralCreationsItsOutcomeInOrder) {
  std::vector<Coordinator::Creation> creations;
  for (const std::string body : {"first", "", "third"}) {
    creations.push_back({.once = {}, .command = [body](Writer&) -> Result<Coordinator::Render> {
                           if (body.empty()) return fail(Code::invalid, "empty");
                           return [body] {
                             return Answer{.status = 201, .body = body, .subject = {}};
                           };
                         }});
  }
  const auto outcomes = await(coordinator_->create_all(std::move(creations)));
  ASSERT_TRUE(outcomes.has_value());
  ASSERT_EQ(outcomes->size(), 3U);
  EXPECT_EQ((*outcomes)[0]->answer.body, "first");
  EXPECT_EQ((*outcomes)[1].error().message, "empty");
  EXPECT_EQ((*outcomes)[2]->answer.body, "third");
}

TEST_F(CoordinatorTest, CountsActiveAndEndedTasks) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  completed_task();
  const TaskPtr cancelled = await(submit()).value();
  ASSERT_TRUE(await(cancel(cancelled->id)).has_value());
  ASSERT_TRUE(await(submit()).has_value());
  const Statistics statistics = coordinator_->statistics();
  EXPECT_EQ(statistics.active.pending, 1U);
  EXPECT_EQ(statistics.active.running, 0U);
  EXPECT_EQ(statistics.ended.completed, 1U);
  EXPECT_EQ(statistics.ended.cancelled, 1U);
}

TEST_F(CoordinatorTest, AnswersAReportOnATaskThatEndedLongAgoAsTheFirst) {
  options_.keep_ended_in_memory = 0;
  open();
  ASSERT_TRUE(await(add_node("node")).has_value());
  ASSERT_TRUE(await(submit()).has_value());
  const Offers offers = await(lease("node")).value();
  ASSERT_EQ(offers.size(), 1U);
  ASSERT_TRUE(await(report(offers[0])).has_value());
  completed_task();  // and the first one leaves memory
  const auto again = await(report(offers[0]));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ((*again)->id, offers[0].task->id);
  EXPECT_EQ(await(report(offers[0], mesh::Outcome::trap)).error().code, Code::conflict);
}

TEST_F(CoordinatorTest, RefusesToCancelWhatHasEnded) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  const TaskPtr task = completed_task();
  EXPECT_EQ(await(cancel(task->id)).error().code, Code::conflict);
  EXPECT_EQ(await(cancel(TaskId{})).error().code, Code::not_found);
}

TEST_F(CoordinatorTest, RemovesContentOnceTheLastReferenceIsGone) {
  options_.pool_threads = 1;
  open();
  std::optional<Contents::Pin> pin(coordinator_->contents().put("bytes").value());
  const Digest digest = pin->digest();
  const Blob blob{.digest = digest, .owner = "ann", .size = 5, .created_at = clock_.now()};
  Coordinator::Command<int> put = [blob](Writer& writer) {
    writer.put_blob(blob);
    return 0;
  };
  Coordinator::Command<int> erase = [blob](Writer& writer) {
    writer.erase_blob(blob);
    return 0;
  };
  ASSERT_TRUE(await(coordinator_->apply<int>(std::move(put))).has_value());
  pin.reset();
  EXPECT_NE(coordinator_->blobs().find("ann", digest), nullptr);
  EXPECT_EQ(records(store::Table::content), 1U);

  backend_.hold();
  const auto erased = start(coordinator_->apply<int>(std::move(erase)));
  run_until_held();
  EXPECT_TRUE(files_.size(digest).has_value()) << "the erasure is not durable yet";
  backend_.release();
  ASSERT_TRUE(await(erased).has_value());

  // The pool's one thread comes to this after the removal.
  std::move_only_function<Result<bool>()> look = [this, digest] {
    return files_.size(digest).has_value();
  };
  EXPECT_EQ(await(coordinator_->pool().run<bool>(std::move(look))), false);
  EXPECT_EQ(coordinator_->blobs().find("ann", digest), nullptr);
  EXPECT_EQ(records(store::Table::content), 0U);
}

TEST_F(CoordinatorTest, RefusesWorkWhenThePoolIsFull) {
  options_.max_pool_queue = 0;
  open();
  std::move_only_function<Result<int>()> work = [] { return 1; };
  EXPECT_EQ(await(coordinator_->pool().run<int>(std::move(work))).error().code, Code::unavailable);
  EXPECT_EQ(coordinator_->pool().load(), 0U);
}

}  // namespace
}  // namespace vcp::coordinator
