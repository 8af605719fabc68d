// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace vcp::agent {
namespace {

using ::testing::Field;
using ::testing::UnorderedElementsAre;

constexpr Load::Seconds kQuick{0.001};

Lease lease(std::uint64_t epoch, std::uint32_t memory_mb = 10) {
  return {.task_id = "t" + std::to_string(epoch),
          .epoch = Epoch{epoch},
          .limits = {.memory_mb = memory_mb},
          .max_execution_time = std::chrono::seconds(60)};
}

class LedgerTest : public ::testing::Test {
 protected:
  HeldPtr accept_ready(std::uint64_t epoch, std::uint32_t memory_mb = 10) {
    HeldPtr held = ledger_.accept(lease(epoch, memory_mb));
    ledger_.ready(held);
    return held;
  }

  std::vector<Report> finished() { return ledger_.take_finished(1000, 1 << 20); }

  static Report ok(const HeldPtr& held) {
    return {.task_id = held->lease.task_id, .epoch = held->lease.epoch, .status = Status::ok};
  }

  Ledger ledger_{{.slots = 8, .threads = 2, .memory_mb = 100}};
};

TEST_F(LedgerTest, LeasesAreRunInTheOrderOfTheirComing) {
  accept_ready(1);
  accept_ready(2);
  EXPECT_EQ(ledger_.take()->lease.epoch, Epoch{1});
  EXPECT_EQ(ledger_.take()->lease.epoch, Epoch{2});
}

TEST_F(LedgerTest, ALeaseIsHeldUntilItsResultIsSettled) {
  accept_ready(1);
  HeldPtr held = ledger_.take();
  ledger_.finish(held, ok(held), kQuick);
  EXPECT_EQ(finished().size(), 1U);
  EXPECT_EQ(ledger_.renewals().size(), 1U);
  ledger_.settle(Epoch{1});
  EXPECT_EQ(ledger_.size(), 0U);
}

TEST_F(LedgerTest, ALeaseThatWantsAProofIsHandedBack) {
  Lease wanting = lease(1);
  wanting.wants_proof = true;
  EXPECT_EQ(ledger_.accept(std::move(wanting)), nullptr);
  EXPECT_THAT(finished(), testing::ElementsAre(Field(&Report::status, Status::handed_back)));
}

TEST_F(LedgerTest, OnlyTheFirstUnreportedResultAsksForTheReporter) {
  accept_ready(1);
  accept_ready(2);
  HeldPtr first = ledger_.take();
  HeldPtr second = ledger_.take();
  EXPECT_TRUE(ledger_.finish(first, ok(first), kQuick));
  EXPECT_FALSE(ledger_.finish(second, ok(second), kQuick));
}

TEST_F(LedgerTest, WhatCanNeverFitIsHandedBackAtOnce) {
  EXPECT_EQ(ledger_.accept(lease(1, 101)), nullptr);
  auto reports = finished();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].status, Status::handed_back);
}

TEST_F(LedgerTest, WhatDoesNotFitNowWaitsForMemory) {
  accept_ready(1, 60);
  accept_ready(2, 60);
  HeldPtr first = ledger_.take();
  EXPECT_EQ(ledger_.running(), 1U);
  HeldPtr second;
  std::jthread taker([&] { second = ledger_.take(); });
  ledger_.finish(first, ok(first), kQuick);
  taker.join();
  EXPECT_EQ(second->lease.epoch, Epoch{2});
}

TEST_F(LedgerTest, ACancelledLeaseThatWaitsIsDroppedWithoutAWord) {
  accept_ready(1);
  accept_ready(2);
  ledger_.cancel(Epoch{1});
  EXPECT_EQ(ledger_.take()->lease.epoch, Epoch{2});
  EXPECT_TRUE(finished().empty());
}

TEST_F(LedgerTest, ACancelledLeaseThatRunsIsStoppedAndItsResultDropped) {
  accept_ready(1);
  HeldPtr held = ledger_.take();
  ledger_.cancel(Epoch{1});
  EXPECT_TRUE(held->stop.stop_requested());
  ledger_.finish(held, ok(held), kQuick);
  EXPECT_TRUE(finished().empty());
  EXPECT_EQ(ledger_.size(), 0U);
}

TEST_F(LedgerTest, AFinishedResultIsNotCancelled) {
  accept_ready(1);
  HeldPtr held = ledger_.take();
  ledger_.finish(held, ok(held), kQuick);
  ledger_.cancel(Epoch{1});
  EXPECT_EQ(finished().size(), 1U);
}

TEST_F(LedgerTest, HandsBackWhatHasNotBegun) {
  accept_ready(1);
  HeldPtr running = ledger_.take();
  accept_ready(2);
  HeldPtr fetching = ledger_.accept(lease(3));
  ledger_.hand_back_not_begun();
  EXPECT_THAT(finished(), UnorderedElementsAre(Field(&Report::epoch, Epoch{2}),
                                               Field(&Report::epoch, Epoch{3})));
  ledger_.ready(fetching);  // comes too late
  EXPECT_EQ(ledger_.load().waiting, 0U);
}

TEST_F(LedgerTest, HandsBackOnlyWhatHasWaitedTooLong) {
  accept_ready(1);
  auto between = Held::Clock::now();
  accept_ready(2);
  ledger_.hand_back_ready_before(between);
  EXPECT_THAT(finished(), UnorderedElementsAre(Field(&Report::epoch, Epoch{1})));
}

TEST_F(LedgerTest, ALongFetchIsNotTakenForAWait) {
  HeldPtr fetching = ledger_.accept(lease(1));
  ledger_.hand_back_ready_before(Held::Clock::now() + std::chrono::hours(1));
  EXPECT_TRUE(finished().empty());
}

TEST_F(LedgerTest, WhatIsStoppedByTheNodeIsHandedBack) {
  accept_ready(1);
  HeldPtr held = ledger_.take();
  ledger_.hand_back_running();
  EXPECT_TRUE(held->stop.stop_requested());
  ledger_.finish(held, {.epoch = Epoch{1}, .status = Status::cancelled}, kQuick);
  auto reports = finished();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].status, Status::handed_back);
  EXPECT_EQ(reports[0].task_id, "t1");
}

TEST_F(LedgerTest, WhatEndsAtTheLastMomentCounts) {
  accept_ready(1);
  HeldPtr held = ledger_.take();
  ledger_.hand_back_running();
  ledger_.finish(held, ok(held), kQuick);
  EXPECT_EQ(finished().at(0).status, Status::ok);
}

TEST_F(LedgerTest, OnceClosedItHandsBackEverythingNew) {
  ledger_.close();
  EXPECT_EQ(ledger_.accept(lease(1)), nullptr);
  EXPECT_EQ(finished().at(0).status, Status::handed_back);
}

TEST_F(LedgerTest, ReportsAreTakenUpToASize) {
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
    accept_ready(epoch);
    HeldPtr held = ledger_.take();
    Report report = ok(held);
    report.output = std::string(600, 'x');
    ledger_.finish(held, std::move(report), kQuick);
  }
  EXPECT_EQ(ledger_.take_finished(10, 1300).size(), 2U);
  EXPECT_EQ(ledger_.take_finished(10, 10).size(), 1U) << "one too large is taken alone";
}

TEST_F(LedgerTest, ResultsOfShortTasksWaitForThoseThatAreAboutToEnd) {
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) accept_ready(epoch);
  auto finish_one = [&] {
    HeldPtr held = ledger_.take();
    ledger_.finish(held, ok(held), Load::Seconds(1e-5));
  };
  finish_one();
  EXPECT_TRUE(ledger_.more_to_finish_soon());
  finish_one();
  EXPECT_FALSE(ledger_.more_to_finish_soon()) << "a quarter of the slots is enough";
}

TEST_F(LedgerTest, TheLastResultWaitsForNothing) {
  accept_ready(1);
  HeldPtr held = ledger_.take();
  ledger_.finish(held, ok(held), Load::Seconds(1e-5));
  EXPECT_FALSE(ledger_.more_to_finish_soon());
}

TEST_F(LedgerTest, AfterANewRegistrationNothingIsLeft) {
  accept_ready(1);
  HeldPtr running = ledger_.take();
  accept_ready(2);
  accept_ready(3);
  ledger_.cancel_all();
  EXPECT_TRUE(running->stop.stop_requested());
  EXPECT_TRUE(ledger_.renewals().empty());
  EXPECT_EQ(ledger_.load().waiting, 0U);
  EXPECT_EQ(ledger_.load().held, 0U);
}

TEST_F(LedgerTest, LoadTellsWhatTasksTookOfLate) {
  EXPECT_EQ(ledger_.load().per_task, std::nullopt);
  accept_ready(1);
  HeldPtr held = ledger_.take();
  ledger_.finish(held, ok(held), Load::Seconds(2));
  EXPECT_EQ(ledger_.load().per_task, Load::Seconds(2));
}

TEST_F(LedgerTest, TakersLeaveOnceItIsShutDown) {
  HeldPtr taken = accept_ready(1);
  std::jthread taker([&] {
    while (ledger_.take()) {
    }
    taken = nullptr;
  });
  ledger_.shut_down();
  taker.join();
  EXPECT_EQ(taken, nullptr);
}

}  // namespace
}  // namespace vcp::agent
