// SPDX-License-Identifier: Apache-2.0
#include "mesh.hpp"

namespace vcp::mesh {
namespace {

TEST(Task, DeterministicFailureIsFinal) {
  for (const Outcome outcome : {Outcome::trap, Outcome::out_of_gas, Outcome::exit_code,
                                Outcome::stack_overflow, Outcome::output_too_large}) {
    Mesh mesh;
    mesh.add_node("a");
    const TaskPtr task = mesh.submit();
    ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), outcome).has_value());
    EXPECT_EQ(mesh.task(task)->status, TaskStatus::failed) << to_string(outcome);
    EXPECT_EQ(mesh.task(task)->reason, outcome);
  }
}

TEST(Task, IsRetriedUntilItsRetriesAreSpent) {
  Mesh mesh;
  mesh.add_node("a");
  TaskSpec spec;
  spec.max_retries = 2;
  const TaskPtr task = mesh.submit(std::move(spec));
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(mesh.task(task)->status, TaskStatus::pending) << attempt;
    ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::timeout).has_value());
    for (int i = 0; i < 10; ++i) {
      mesh.pass(Duration(5'000));
      mesh.beat("a");
    }
  }
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::failed);
  EXPECT_EQ(mesh.task(task)->reason, Outcome::timeout);
  EXPECT_EQ(mesh.task(task)->failures.size(), 3U);
}

TEST(Task, BackOffKeepsItOutOfLine) {
  Settings settings;
  settings.retry_backoff = Duration(1'000);
  Mesh mesh(settings);
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::node_error).has_value());
  EXPECT_GE(mesh.task(task)->not_before, mesh.now() + Duration(500));
  EXPECT_TRUE(mesh.lease("a").empty());
}

TEST(Task, RetryPrefersANodeThatHasNotFailedIt) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.add_node("b");
  mesh.submit();
  ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::node_error).has_value());
  mesh.pass(Settings{}.retry_backoff);
  EXPECT_TRUE(mesh.lease("a").empty());
  EXPECT_EQ(mesh.lease("b").size(), 1U);
}

TEST(Task, RetryGoesToTheSameNodeWhenNoOtherComes) {
  Mesh mesh;
  mesh.add_node("a");
  mesh.submit();
  ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::node_error).has_value());
  const PollId poll = mesh.wait_for_lease("a");
  mesh.pass(Settings{}.retry_backoff);
  EXPECT_FALSE(mesh.answered(poll));
  ASSERT_TRUE(mesh.core().next_event().has_value());
  while (!mesh.answered(poll) && *mesh.core().next_event() < mesh.now() + Duration(10'000)) {
    mesh.pass(std::max(*mesh.core().next_event() - mesh.now(), Duration(1)));
  }
  EXPECT_EQ(mesh.take(poll).size(), 1U);
}

TEST(Task, ThatLosesThreeNodesIsGivenUp) {
  Mesh mesh;
  TaskSpec spec;
  spec.max_retries = 100;
  const TaskPtr task = mesh.submit(std::move(spec));
  for (const char* const node : {"a", "b", "c"}) {
    mesh.add_node(node);
    ASSERT_EQ(mesh.lease(node).size(), 1U) << node;
    mesh.pass(Settings{}.lease_ttl);
    mesh.pass(Settings{}.max_retry_backoff);
  }
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::failed);
  EXPECT_EQ(mesh.task(task)->reason, Outcome::node_lost);
}

TEST(Task, CancelWhilePendingTakesItOutOfLine) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  ASSERT_TRUE(mesh.core().cancel(mesh.now(), task->id).has_value());
  mesh.turn();
  EXPECT_TRUE(mesh.lease("a").empty());
  EXPECT_EQ(mesh.core().counts().pending, 0U);
}

TEST(Task, CancelWhileRunningMakesItsResultStale) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  ASSERT_TRUE(mesh.core().cancel(mesh.now(), task->id).has_value());
  const auto late = mesh.report(offer, Outcome::ok);
  EXPECT_EQ(late.error().code, Code::conflict);
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::cancelled);
}

TEST(Task, OfCancelAndResultInOneTurnTheFirstCounts) {
  Mesh mesh;
  mesh.add_node("a");
  const TaskPtr task = mesh.submit();
  const Offer offer = mesh.lease("a").at(0);
  Report report;
  report.task = task->id;
  report.node = offer.lease.node;
  report.epoch = offer.lease.epoch;
  ASSERT_TRUE(mesh.core().report(mesh.now(), report).has_value());
  EXPECT_EQ(mesh.core().cancel(mesh.now(), task->id).error().code, Code::conflict);
  mesh.turn();
  EXPECT_EQ(mesh.task(task)->status, TaskStatus::completed);
}

TEST(Task, ModuleIsInUseUntilTheTaskEnds) {
  Mesh mesh;
  mesh.add_node("a");
  TaskSpec spec;
  spec.owner = "ada";
  spec.module = sha256("module");
  mesh.submit(std::move(spec));
  EXPECT_TRUE(mesh.core().uses_content("ada", sha256("module")));
  EXPECT_FALSE(mesh.core().uses_content("bob", sha256("module")));
  ASSERT_TRUE(mesh.report(mesh.lease("a").at(0), Outcome::ok).has_value());
  EXPECT_FALSE(mesh.core().uses_content("ada", sha256("module")));
}

}  // namespace
}  // namespace vcp::mesh
