// SPDX-License-Identifier: Apache-2.0
#include "kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace vcp::fl {
namespace {

double value_of(Dtype dtype, std::uint16_t word) {
  double value = 0;
  decode(dtype, reinterpret_cast<const char*>(&word), {&value, 1});
  return value;
}

std::uint16_t word_of(Dtype dtype, double value) {
  std::uint16_t word = 0;
  encode(dtype, {&value, 1}, reinterpret_cast<char*>(&word));
  return word;
}

/// All finite values that are not negative, in increasing order: their words are 0, 1, 2, ….
std::vector<double> non_negative(Dtype dtype) {
  const std::uint16_t infinity = dtype == Dtype::f16 ? 0x7c00 : 0x7f80;
  std::vector<double> values;
  for (std::uint16_t word = 0; word < infinity; ++word) values.push_back(value_of(dtype, word));
  return values;
}

class HalfTypes : public testing::TestWithParam<Dtype> {};
INSTANTIATE_TEST_SUITE_P(Each, HalfTypes, testing::Values(Dtype::f16, Dtype::bf16));

TEST_P(HalfTypes, EveryFiniteWordComesBack) {
  const std::uint16_t exponent = GetParam() == Dtype::f16 ? 0x7c00 : 0x7f80;
  for (std::uint32_t word = 0; word < 0x10000; ++word) {
    const auto half = static_cast<std::uint16_t>(word);
    if ((half & exponent) == exponent) continue;
    ASSERT_EQ(word_of(GetParam(), value_of(GetParam(), half)), half);
  }
}

TEST_P(HalfTypes, ValuesIncreaseWithTheirWords) {
  const std::vector<double> values = non_negative(GetParam());
  EXPECT_TRUE(std::ranges::is_sorted(values));
  EXPECT_EQ(values.front(), 0);
  EXPECT_EQ(values.back(), GetParam() == Dtype::f16 ? 65'504 : 0x1.fep127);
}

// The slow obvious rounding: the nearer neighbour, and the even one half-way.
TEST_P(HalfTypes, RoundsOnceToNearestEven) {
  const std::vector<double> values = non_negative(GetParam());
  std::mt19937_64 random(1);
  for (std::size_t word = 0; word + 1 < values.size(); ++word) {
    const double middle = (values[word] + values[word + 1]) / 2;
    const std::size_t even = word % 2 == 0 ? word : word + 1;
    ASSERT_EQ(word_of(GetParam(), middle), even);
    ASSERT_EQ(word_of(GetParam(), std::nextafter(middle, 0)), word);
    ASSERT_EQ(word_of(GetParam(), std::nextafter(middle, 1e300)), word + 1);
    ASSERT_EQ(word_of(GetParam(), -std::nextafter(middle, 0)), word | 0x8000);
  }
}

TEST_P(HalfTypes, OverflowIsAnInfinity) {
  const std::uint16_t infinity = GetParam() == Dtype::f16 ? 0x7c00 : 0x7f80;
  const std::vector<double> values = non_negative(GetParam());
  const double limit = values.back() + (values.back() - values[values.size() - 2]) / 2;
  EXPECT_EQ(word_of(GetParam(), std::nextafter(limit, 0)), infinity - 1);
  EXPECT_EQ(word_of(GetParam(), limit), infinity);
  EXPECT_EQ(word_of(GetParam(), std::numeric_limits<double>::max()), infinity);
  EXPECT_EQ(word_of(GetParam(), -limit), infinity | 0x8000);
}

class AllTypes : public testing::TestWithParam<Dtype> {};
INSTANTIATE_TEST_SUITE_P(Each, AllTypes,
                         testing::Values(Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64));

TEST_P(AllTypes, CountsWhatIsFiniteBeforeTheFirstThatIsNot) {
  constexpr std::size_t kCount = 3'000;
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::size_t bad : {0, 1, 1'023, 1'024, 2'047, 2'999}) {
    std::vector<double> values(kCount, 1.5);
    values[bad] = bad % 2 == 0 ? infinity : -infinity;
    std::string raw(kCount * size_of(GetParam()), '\0');
    encode(GetParam(), values, raw.data());
    ASSERT_EQ(count_finite(GetParam(), raw.data(), kCount), bad);
    ASSERT_EQ(count_finite(GetParam(), raw.data(), bad), bad);
  }
}

// 0.1·a + 0.2·b with cancellation, where plain doubles lose what is asked for.
TEST(Accumulate, F64KeepsTwiceThePrecision) {
  const std::vector<double> terms = {1e16, 3.25, -1e16, 1.0 / 3};
  double sum = 0;
  double error = 0;
  for (const double term : terms) {
    accumulate(Dtype::f64, reinterpret_cast<const char*>(&term), 0.125, {{&sum, 1}, {&error, 1}});
  }
  divide(Dtype::f64, {{&sum, 1}, {&error, 1}}, 0.125);
  EXPECT_NEAR(sum, 3.25 + 1.0 / 3, 0x1p-51);
}

TEST(Accumulate, F64ProductsAreNotRounded) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int i = 0; i < 1'000; ++i) {
    const double coefficient = uniform(random);
    const double value = uniform(random);
    double sum = 0;
    double error = 0;
    accumulate(Dtype::f64, reinterpret_cast<const char*>(&value), coefficient,
               {{&sum, 1}, {&error, 1}});
    ASSERT_EQ(sum, coefficient * value);
    ASSERT_NEAR(error, std::fma(coefficient, value, -sum), 0x1p-106);
  }
}

TEST(Divide, AMeanStaysFinite) {
  double sum = std::numeric_limits<double>::max();
  double error = 0;
  divide(Dtype::f64, {{&sum, 1}, {&error, 1}}, std::nextafter(1.0, 0.0));
  EXPECT_EQ(sum, std::numeric_limits<double>::max());
}

TEST(AccumulateTruncated, CutsTowardsZero) {
  const std::vector<double> values = {1.9, -1.9, 0.4, -0.4, 7};
  std::vector<double> sum(values.size(), 10);
  accumulate_truncated(values, 2, sum);
  EXPECT_EQ(sum, (std::vector<double>{13, 7, 10, 10, 24}));
}

TEST(Norms, EqualTheObviousSums) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (const std::size_t count : {0, 1, 15, 16, 17, 1'000}) {
    std::vector<double> a(count);
    std::vector<double> b(count);
    double l1 = 0;
    double l2 = 0;
    double distance = 0;
    for (std::size_t i = 0; i < count; ++i) {
      a[i] = normal(random);
      b[i] = normal(random);
      l1 += std::fabs(a[i]);
      l2 += a[i] * a[i];
      distance += (a[i] - b[i]) * (a[i] - b[i]);
    }
    EXPECT_NEAR(sum_of_magnitudes(a), l1, 1e-12 * l1);
    EXPECT_NEAR(sum_of_squares(a), l2, 1e-12 * l2);
    EXPECT_NEAR(squared_distance(a, b), distance, 1e-12 * distance);
  }
}

}  // namespace
}  // namespace vcp::fl
