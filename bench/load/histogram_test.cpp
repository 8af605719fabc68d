// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "vcp/base/random.hpp"

namespace vcp::load {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, OfNothingIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), nanoseconds(0));
  EXPECT_EQ(histogram.mean(), nanoseconds(0));
  EXPECT_EQ(histogram.percentile(99), nanoseconds(0));
}

TEST(Histogram, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (int value = 0; value < 128; ++value) histogram.record(nanoseconds(value));
  for (int rank = 1; rank <= 128; ++rank) {
    EXPECT_EQ(histogram.percentile(100.0 * rank / 128), nanoseconds(rank - 1));
  }
}

TEST(Histogram, TellsEveryValueWithinOne64th) {
  SeededRandom random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<std::int64_t>(random.next() >> random.below(63) >> 1);
    Histogram histogram;
    histogram.record(nanoseconds(value));
    histogram.record(nanoseconds::max());  // so that the greatest does not bound the figure
    const std::int64_t told = histogram.percentile(50).count();
    EXPECT_GE(told, value);
    EXPECT_LE(told - value, value / 64);
  }
}

TEST(Histogram, PercentilesAreThoseOfTheSortedValues) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(nanoseconds(i * 1'000));
  EXPECT_NEAR(static_cast<double>(histogram.percentile(50).count()), 500e3, 500e3 / 64);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(99).count()), 990e3, 990e3 / 64);
  EXPECT_EQ(histogram.percentile(100), nanoseconds(1'000'000));
  EXPECT_EQ(histogram.max(), nanoseconds(1'000'000));
  EXPECT_EQ(histogram.min(), nanoseconds(1'000));
  EXPECT_EQ(histogram.mean(), nanoseconds(500'500));
}

TEST(Histogram, CountsWhatIsBelowZeroAsZero) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  EXPECT_EQ(histogram.max(), nanoseconds(0));
  EXPECT_EQ(histogram.count(), 1U);
}

TEST(Histogram, SumOfTwoIsAsIfOneHadSeenAll) {
  Histogram one;
  Histogram other;
  Histogram both;
  for (int i = 1; i <= 100; ++i) {
    (i % 3 == 0 ? one : other).record(nanoseconds(i * i * 1'000));
    both.record(nanoseconds(i * i * 1'000));
  }
  one.add(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_EQ(one.mean(), both.mean());
  for (const double percent : {1.0, 50.0, 90.0, 99.9}) {
    EXPECT_EQ(one.percentile(percent), both.percentile(percent));
  }
}

}  // namespace
}  // namespace vcp::load
