// SPDX-License-Identifier: Apache-2.0
#include "recorder.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace vcp::load {
namespace {

using namespace std::chrono_literals;

const Moment kStart = Moment(1'000s);

TEST(Recorder, CountsLatencyWhereARequestWasDueAndTheAnswerWhereItCame) {
  Recorder recorder("x", kStart);
  const auto length = recorder.interval_length();
  recorder.answered(kStart, kStart + 2 * length);
  ASSERT_EQ(recorder.intervals().size(), 3U);
  EXPECT_EQ(recorder.intervals()[0].latency.max(), 2 * length);
  EXPECT_EQ(recorder.intervals()[0].answered, 0U);
  EXPECT_EQ(recorder.intervals()[2].answered, 1U);
  EXPECT_EQ(recorder.intervals()[2].latency.count(), 0U);
}

TEST(Recorder, RateIsOverTheTimeToTheLastAnswer) {
  Recorder recorder("x", kStart);
  for (int i = 1; i <= 100; ++i) recorder.answered(kStart, kStart + i * 20ms);
  EXPECT_EQ(recorder.elapsed(), 2s);
  EXPECT_DOUBLE_EQ(recorder.rate(), 50);
}

TEST(Recorder, OfNothingHasNoRate) { EXPECT_EQ(Recorder("x", kStart).rate(), 0); }

TEST(Recorder, WidensIntervalsAndLosesNothing) {
  Recorder recorder("x", kStart);
  for (int i = 0; i < 5'000; ++i) recorder.answered(kStart + i * 10ms, kStart + i * 10ms + 1ms);
  const auto& intervals = recorder.intervals();
  EXPECT_LE(intervals.size(), Recorder::kMaxIntervals);
  EXPECT_GE(intervals.size(), Recorder::kMaxIntervals / 2);
  EXPECT_EQ(recorder.interval_length(), 320ms);
  for (std::size_t i = 0; i + 1 < intervals.size(); ++i) {
    EXPECT_EQ(intervals[i].answered, 32U) << i;
    EXPECT_EQ(intervals[i].latency.count(), 32U) << i;
  }
}

TEST(Recorder, CountsFailuresByReason) {
  Recorder recorder("x", kStart);
  recorder.failed("status 503");
  recorder.failed("status 503");
  recorder.failed("timed out");
  EXPECT_EQ(recorder.failures().at("status 503"), 2U);
  EXPECT_EQ(recorder.failures().at("timed out"), 1U);
  EXPECT_EQ(recorder.count(), 0U);
}

}  // namespace
}  // namespace vcp::load
