// SPDX-License-Identifier: Apache-2.0
#include "limiter.hpp"

#include <gtest/gtest.h>

#include "patience.hpp"

namespace vcp::http {
namespace {

TEST(Limiter, AllowsABurstOfItsRateAndThenRefuses) {
  Limiter limiter(3);
  EXPECT_EQ(limiter.take(1, 1000).remaining, 2U);
  EXPECT_EQ(limiter.take(1, 1000).remaining, 1U);
  EXPECT_TRUE(limiter.take(1, 1000).allowed);
  const Limiter::Verdict refused = limiter.take(1, 1000);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.milliseconds_to, 334U);
}

TEST(Limiter, RefillsWithTime) {
  Limiter limiter(10);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.take(1, 1000).allowed);
  EXPECT_FALSE(limiter.take(1, 1099).allowed);
  EXPECT_TRUE(limiter.take(1, 1100).allowed);
  EXPECT_FALSE(limiter.take(1, 1100).allowed);
}

TEST(Limiter, KeysDoNotShare) {
  Limiter limiter(1);
  EXPECT_TRUE(limiter.take(1, 1000).allowed);
  EXPECT_TRUE(limiter.take(2, 1000).allowed);
  EXPECT_FALSE(limiter.take(1, 1000).allowed);
}

TEST(Limiter, ABucketOutlivesTheTurnOfAGeneration) {
  Limiter limiter(1);
  EXPECT_TRUE(limiter.take(1, 1999).allowed);
  EXPECT_TRUE(limiter.take(2, 2000).allowed);
  EXPECT_FALSE(limiter.take(1, 2001).allowed);
}

TEST(Limiter, KeysBeyondTheMaximumShareOne) {
  Limiter limiter(1);
  for (std::uint64_t key = 1; key <= Limiter::kMaxKeys; ++key) {
    ASSERT_TRUE(limiter.take(key, 1000).allowed);
  }
  EXPECT_TRUE(limiter.take(1'000'000, 1000).allowed);
  EXPECT_FALSE(limiter.take(2'000'000, 1000).allowed);
}

TEST(Patience, RunsOutInSilence) {
  Patience patience(100);
  patience.waited(60, 0);
  EXPECT_EQ(patience.left_ms(), 40);
  patience.waited(60, 0);
  EXPECT_EQ(patience.left_ms(), 0);
}

TEST(Patience, AFewBytesDoNotRenewIt) {
  Patience patience(100);
  patience.waited(60, 1);
  EXPECT_EQ(patience.left_ms(), 40);
}

TEST(Patience, ProgressRenewsItHoweverItComes) {
  Patience patience(100);
  patience.waited(60, Patience::kProgressBytes / 2);
  patience.waited(30, Patience::kProgressBytes / 2);
  EXPECT_EQ(patience.left_ms(), 100);
}

}  // namespace
}  // namespace vcp::http
