// SPDX-License-Identifier: Apache-2.0
#include "breaker.hpp"

#include <gtest/gtest.h>

namespace vcp::agent {
namespace {

const Time kStart = *parse_rfc3339("2026-01-01T00:00:00Z");
constexpr BreakerLimits kLimits{.max_temperature_c = 80, .max_consecutive_errors = 3};

TEST(Breaker, LetsEverythingThroughAtFirst) {
  EXPECT_EQ(Breaker(kLimits).admits(7, 2, kStart), 7U);
}

TEST(Breaker, OpensStrictlyAboveItsTemperature) {
  Breaker breaker(kLimits);
  breaker.measured(80, kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 7U);
  breaker.measured(80.1, kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 0U);
  EXPECT_EQ(breaker.reason(kStart), "too hot");
}

TEST(Breaker, WaitsUntilItHasCooledWellBelow) {
  Breaker breaker(kLimits);
  breaker.measured(90, kStart);
  breaker.measured(79, kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 0U);
  breaker.measured(75, kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 1U);
}

TEST(Breaker, ASensorThatSaysNothingChangesNothing) {
  Breaker breaker(kLimits);
  breaker.measured(90, kStart);
  breaker.measured(std::nullopt, kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 0U);
}

TEST(Breaker, OpensAtTheLastAllowedErrorInARow) {
  Breaker breaker(kLimits);
  breaker.failed(kStart);
  breaker.failed(kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 7U);
  breaker.failed(kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 0U);
}

TEST(Breaker, ASuccessBetweenErrorsStartsTheCountAfresh) {
  Breaker breaker(kLimits);
  breaker.failed(kStart);
  breaker.failed(kStart);
  breaker.succeeded();
  breaker.failed(kStart);
  EXPECT_EQ(breaker.admits(7, 0, kStart), 7U);
}

class FailingBreaker : public ::testing::Test {
 protected:
  FailingBreaker() {
    for (int i = 0; i < 3; ++i) breaker_.failed(kStart);
  }
  Breaker breaker_{kLimits};
  Time later_ = kStart + std::chrono::seconds(30);
};

TEST_F(FailingBreaker, LetsOneTrialThroughAfterAPause) {
  EXPECT_EQ(breaker_.admits(7, 0, later_), 1U);
  EXPECT_EQ(breaker_.reason(later_), "");
}

TEST_F(FailingBreaker, LetsNothingThroughWhileTheTrialRuns) {
  EXPECT_EQ(breaker_.admits(7, 1, later_), 0U);
}

TEST_F(FailingBreaker, ClosesAfterAGoodTrial) {
  breaker_.succeeded();
  EXPECT_EQ(breaker_.admits(7, 0, later_), 7U);
}

TEST_F(FailingBreaker, PausesAgainAfterABadTrial) {
  breaker_.failed(later_);
  EXPECT_EQ(breaker_.admits(7, 0, later_), 0U);
  EXPECT_EQ(breaker_.admits(7, 0, later_ + std::chrono::seconds(30)), 1U);
}

}  // namespace
}  // namespace vcp::agent
