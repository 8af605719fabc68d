// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/receipt_log.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fixture.hpp"
#include "vcp/base/json.hpp"
#include "vcp/log/canonical_json.hpp"
#include "vcp/log/checkpoint.hpp"
#include "vcp/log/receipt.hpp"

namespace vcp::coordinator {
namespace {

using mesh::TaskPtr;
using testing::HasSubstr;

class Receipts : public CoordinatorTest {
 protected:
  Receipts() {
    EXPECT_TRUE(await(add_node("node")).has_value());
    clock_.pass(Duration(1'000));
  }

  /// Lets the time pass that lies between checkpoints.
  std::shared_ptr<const ReceiptLog::Published> published() {
    clock_.pass(Duration(1'000));
    EXPECT_TRUE(await(look()).has_value());
    return log().published();
  }

  ReceiptLog& log() { return coordinator_->receipts(); }
  std::vector<log::VerifierKey> keys() {
    return log::parse_verifier_keys(log().verifier_keys()).value();
  }
  void expect_verifies(const TaskPtr& task, const ReceiptLog::Published& in) {
    const IssuedReceipt issued = log().find(task->id).value().value();
    const auto verified = log::verify_receipt(log().with_evidence(issued, in).value(), keys());
    ASSERT_TRUE(verified.has_value()) << verified.error().message;
    EXPECT_EQ(verified->digest, coordinator_->tasks().find(task->id).value()->receipt);
  }
};

TEST_F(Receipts, OfACompletedTaskIsProvedToBeInTheLog) {
  const TaskPtr task = completed_task();
  const auto in = published();
  EXPECT_EQ(in->tree.size(), 1U);
  expect_verifies(task, *in);
}

TEST_F(Receipts, AreNotIssuedToTasksThatDidNotComplete) {
  const TaskPtr task = await(submit()).value();
  ASSERT_TRUE(await(cancel(task->id)).has_value());
  EXPECT_EQ(log().find(task->id).value(), std::nullopt);
  EXPECT_EQ(published()->tree.size(), 0U);
}

TEST_F(Receipts, AreInCanonicalForm) {
  const TaskPtr task = completed_task();
  const std::string receipt = log().find(task->id).value()->receipt;
  EXPECT_EQ(log::canonical_json(receipt).value(), receipt);
}

TEST_F(Receipts, DifferThoughTheTasksAreTheSame) {
  const std::string one = log().find(completed_task()->id).value()->receipt;
  const std::string other = log().find(completed_task()->id).value()->receipt;
  json::Document document;
  EXPECT_EQ(document.parse(one).value().find("salt")->as_string()->size(), 32U);
  EXPECT_NE(one, other);
}

TEST_F(Receipts, ARestartGoesOnWithTheSameTree) {
  std::vector<TaskPtr> tasks;
  for (int i = 0; i < 300; ++i) tasks.push_back(completed_task());
  const auto before = published();
  ASSERT_EQ(before->tree.size(), 300U);
  open();
  EXPECT_EQ(log().published()->tree.head(), before->tree.head());
  tasks.push_back(completed_task());
  const auto after = published();
  EXPECT_EQ(after->tree.size(), 301U);
  expect_verifies(tasks.front(), *after);
  expect_verifies(tasks[256], *after);
  expect_verifies(tasks.back(), *after);
}

TEST_F(Receipts, ACheckpointCoversOnlyWhatIsDurable) {
  const TaskPtr task = await(submit()).value();
  const mesh::Offer offer = await(lease("node")).value().at(0);
  backend_.hold();
  clock_.pass(Duration(1'000));
  const auto reported = start(report(offer));
  run_until_held();
  EXPECT_EQ(log().published()->tree.size(), 0U);
  backend_.release();
  ASSERT_TRUE(await(reported).has_value());
  EXPECT_EQ(published()->tree.size(), 1U);
}

TEST_F(Receipts, TilesAndBundlesAreThoseOfThePublishedTree) {
  for (int i = 0; i < 257; ++i) completed_task();
  const auto in = published();
  const std::string bundle = log().read({.index = 0}).value();
  EXPECT_EQ(log::parse_entry_bundle(bundle).value().size(), 256U);
  EXPECT_EQ(log().read({.index = 1, .width = 1}).value().size(), 34U);
  EXPECT_EQ(log().read({.level = 0, .index = 0}).value().size(), 256U * 32);
  EXPECT_EQ(log().read({.level = 0, .index = 0, .width = 7}).value().size(), 7U * 32);
  EXPECT_EQ(log().read({.level = 1, .index = 0, .width = 1}).value().size(), 32U);
  EXPECT_EQ(log().read({.level = 0, .index = 1, .width = 2}).error().code, Code::not_found);
  EXPECT_EQ(log().read({.level = 2, .index = 0, .width = 1}).error().code, Code::not_found);
}

TEST_F(Receipts, EveryKeySigns) {
  options_.receipts.keys.push_back(log::SignerKey::generate("log.example", random_).value());
  open();
  completed_task();
  const auto opened = log::open_checkpoint(published()->checkpoint, keys());
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->signers.size(), 2U);
}

TEST_F(Receipts, KeysOfAnotherLogAreRefused) {
  completed_task();
  options_.receipts.keys = {log::SignerKey::generate("other.example", random_).value()};
  const Result<> opened = try_open();
  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message, HasSubstr("log.example"));
}

TEST_F(Receipts, WaitingForOneEndsWhenItIsCovered) {
  const auto covered = start(log().covering(0, Duration(60'000)));
  settle();
  completed_task();
  published();
  EXPECT_EQ(await(covered)->tree.size(), 1U);
}

}  // namespace
}  // namespace vcp::coordinator
