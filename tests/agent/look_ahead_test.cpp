// SPDX-License-Identifier: Apache-2.0
#include "look_ahead.hpp"

#include <gtest/gtest.h>

namespace vcp::agent {
namespace {

using Seconds = Load::Seconds;

TEST(LookAhead, AsksForOneLeaseAThreadBeforeAnythingIsKnown) {
  EXPECT_EQ(leases_to_ask_for({.slots = 256, .threads = 2}), 2U);
}

TEST(LookAhead, ShortTasksFillTheSlots) {
  EXPECT_EQ(leases_to_ask_for({.slots = 256, .threads = 2, .per_task = Seconds(1e-4)}), 256U);
}

TEST(LookAhead, LongTasksGetFreeThreadsOnly) {
  EXPECT_EQ(leases_to_ask_for({.slots = 256,
                               .threads = 4,
                               .held = 1,
                               .running = {Seconds(3)},
                               .per_task = Seconds(60)}),
            3U);
}

TEST(LookAhead, BusyThreadsAskForWhatTheyComeToWithinASecond) {
  EXPECT_EQ(leases_to_ask_for({.slots = 256,
                               .threads = 2,
                               .held = 2,
                               .running = {Seconds(0), Seconds(0)},
                               .per_task = Seconds(0.1)}),
            20U);
}

TEST(LookAhead, BusyThreadsWithLongTasksAskForNothing) {
  EXPECT_EQ(leases_to_ask_for({.slots = 256,
                               .threads = 2,
                               .held = 2,
                               .running = {Seconds(0), Seconds(0)},
                               .per_task = Seconds(60)}),
            0U);
}

TEST(LookAhead, ATaskThatRunsForLongerThanUsualSlowsItsThread) {
  EXPECT_EQ(leases_to_ask_for({.slots = 256,
                               .threads = 2,
                               .held = 2,
                               .running = {Seconds(0), Seconds(1000)},
                               .per_task = Seconds(0.1)}),
            10U);
}

TEST(LookAhead, WaitsUntilAFairPartIsMissing) {
  Load load{.slots = 256,
            .threads = 1,
            .running = {Seconds(0)},
            .per_task = Seconds(0.01)};  // 100 within a second
  load.waiting = 80;
  load.held = 81;
  EXPECT_EQ(leases_to_ask_for(load), 0U);
  load.waiting = 75;
  load.held = 76;
  EXPECT_EQ(leases_to_ask_for(load), 25U);
}

TEST(LookAhead, NeverAsksForMoreThanTheFreeSlots) {
  EXPECT_EQ(leases_to_ask_for({.slots = 8, .threads = 2, .held = 7, .per_task = Seconds(1e-4)}),
            1U);
  EXPECT_EQ(leases_to_ask_for({.slots = 8, .threads = 2, .held = 8, .per_task = Seconds(1e-4)}),
            0U);
}

}  // namespace
}  // namespace vcp::agent
