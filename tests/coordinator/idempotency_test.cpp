// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace vcp::coordinator {
namespace {

class Idempotency : public CoordinatorTest {
 protected:
  static Once once(const std::string& key, const std::string& request,
                   const std::string& owner = "ann") {
    return {.owner = owner, .key = key, .request = sha256(request)};
  }

  /// Submits a task; the answer shows the state in which it came out of the turn.
  Async<Result<Created>> create(Once once) {
    Coordinator::Command<Coordinator::Render> command =
        [owner = once.owner](Writer& writer) -> Coordinator::Render {
      return [task = *writer.submit(spec(owner))] {
        return Answer{.status = 201,
                      .body = std::string(to_string(task->status)),
                      .subject = task->id.to_string()};
      };
    };
    return coordinator_->create(std::move(once), std::move(command));
  }

  Async<Result<Created>> create_in_vain(Once once) {
    Coordinator::Command<Coordinator::Render> command = [](Writer&) -> Result<Coordinator::Render> {
      return fail(Code::conflict, "refused");
    };
    return coordinator_->create(std::move(once), std::move(command));
  }

  [[nodiscard]] std::size_t tasks() const {
    return coordinator_->tasks().list({}, {}, 100).value().tasks.size();
  }
};

TEST_F(Idempotency, RepeatsTheFirstAnswer) {
  const auto first = await(create(once("key", "request"))).value();
  const auto again = await(create(once("key", "request"))).value();
  EXPECT_FALSE(first.replayed);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.answer, first.answer);
  EXPECT_EQ(tasks(), 1U);
}

TEST_F(Idempotency, RepeatsTheFirstAnswerAfterARestart) {
  const auto first = await(create(once("key", "request"))).value();
  open();
  const auto again = await(create(once("key", "request"))).value();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.answer, first.answer);
  EXPECT_EQ(tasks(), 1U);
}

TEST_F(Idempotency, RepeatsTheFirstAnswerAsItWasThen) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  const auto leased = start(lease("node", Duration(1'000)));
  const auto first = await(create(once("key", "request"))).value();
  EXPECT_EQ(first.answer.body, "running");
  ASSERT_TRUE(await(report(await(leased).value().at(0))).has_value());
  EXPECT_EQ(await(create(once("key", "request"))).value().answer.body, "running");
}

TEST_F(Idempotency, RefusesAnotherRequestWithTheKey) {
  ASSERT_TRUE(await(create(once("key", "request"))).has_value());
  EXPECT_EQ(await(create(once("key", "another"))).error().code, Code::invalid);
  EXPECT_EQ(tasks(), 1U);
}

TEST_F(Idempotency, IsAConflictWhileTheFirstAnswerIsNotDurable) {
  backend_.hold();
  const auto first = start(create(once("key", "request")));
  run_until_held();
  const auto second = start(create(once("key", "request")));
  settle();
  backend_.release();
  EXPECT_TRUE(await(first).has_value());
  EXPECT_EQ(await(second).error().code, Code::conflict);
  EXPECT_TRUE(await(create(once("key", "request"))).value().replayed);
  EXPECT_EQ(tasks(), 1U);
}

TEST_F(Idempotency, IsAConflictWithinATurn) {
  const auto first = start(create(once("key", "request")));
  const auto second = start(create(once("key", "request")));
  EXPECT_TRUE(await(first).has_value());
  EXPECT_EQ(await(second).error().code, Code::conflict);
  EXPECT_EQ(tasks(), 1U);
}

TEST_F(Idempotency, IsNotUsedUpByARefusedRequest) {
  EXPECT_FALSE(await(create_in_vain(once("key", "request"))).has_value());
  const auto created = await(create(once("key", "another")));
  ASSERT_TRUE(created.has_value());
  EXPECT_FALSE(created->replayed);
}

TEST_F(Idempotency, IsNotUsedUpByARefusedRequestOfTheSameTurn) {
  const auto refused = start(create_in_vain(once("key", "request")));
  const auto created = start(create(once("key", "request")));
  EXPECT_FALSE(await(refused).has_value());
  EXPECT_TRUE(await(created).has_value());
}

TEST_F(Idempotency, IsOfEachOwner) {
  const auto anns = await(create(once("key", "request", "ann"))).value();
  const auto bobs = await(create(once("key", "request", "bob"))).value();
  EXPECT_FALSE(bobs.replayed);
  EXPECT_NE(bobs.answer.subject, anns.answer.subject);
}

TEST_F(Idempotency, EndsAfterItsTime) {
  ASSERT_TRUE(await(create(once("key", "request"))).has_value());
  pass(options_.keep_answers - Duration(1));
  EXPECT_TRUE(await(create(once("key", "request"))).value().replayed);
  pass(Duration(1));
  EXPECT_FALSE(await(create(once("key", "request"))).value().replayed);
}

TEST_F(Idempotency, LeavesNothingBehindAfterItsTime) {
  ASSERT_TRUE(await(create(once("old", "request"))).has_value());
  pass(options_.keep_answers / 2);
  ASSERT_TRUE(await(create(once("new", "request"))).has_value());
  EXPECT_EQ(records(store::Table::idempotency), 2U);
  pass(options_.keep_answers / 2);
  while (records(store::Table::idempotency) > 1) ASSERT_TRUE(await(look()).has_value());
  EXPECT_TRUE(await(create(once("new", "request"))).value().replayed);
}

}  // namespace
}  // namespace vcp::coordinator
