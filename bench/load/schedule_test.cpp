// SPDX-License-Identifier: Apache-2.0
#include "schedule.hpp"

#include <gtest/gtest.h>

namespace vcp::load {
namespace {

using namespace std::chrono_literals;

const Moment kStart = Moment(1'000s);

TEST(ClosedLoop, IsDueWhenAsked) {
  Schedule schedule(kStart, {});
  EXPECT_EQ(schedule.next(kStart + 5ms)->due, kStart + 5ms);
  EXPECT_EQ(schedule.next(kStart + 7ms)->number, 1U);
}

TEST(ClosedLoop, EndsAfterItsCount) {
  Schedule schedule(kStart, {.count = 2});
  EXPECT_TRUE(schedule.next(kStart));
  EXPECT_TRUE(schedule.next(kStart));
  EXPECT_FALSE(schedule.next(kStart));
}

TEST(ClosedLoop, EndsWhenTheTimeIsUp) {
  Schedule schedule(kStart, {.duration = 1s});
  EXPECT_TRUE(schedule.next(kStart + 999ms));
  EXPECT_FALSE(schedule.next(kStart + 1s));
}

TEST(OpenLoop, FixesTheMomentsInAdvance) {
  Schedule schedule(kStart, {.rate = 100.0});
  EXPECT_EQ(schedule.next(kStart)->due, kStart);
  EXPECT_EQ(schedule.next(kStart)->due, kStart + 10ms);
}

TEST(OpenLoop, ARequestTakenLateIsDueWhenItWasToBeSent) {
  Schedule schedule(kStart, {.rate = 100.0});
  EXPECT_EQ(schedule.next(kStart + 3s)->due, kStart);
  EXPECT_EQ(schedule.next(kStart + 3s)->due, kStart + 10ms);
}

TEST(OpenLoop, SendsAllOfItsTimeHoweverLate) {
  Schedule schedule(kStart, {.duration = 1s, .rate = 100.0});
  int taken = 0;
  while (schedule.next(kStart + 60s)) ++taken;
  EXPECT_EQ(taken, 100);
}

}  // namespace
}  // namespace vcp::load
