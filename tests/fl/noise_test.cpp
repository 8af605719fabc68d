// SPDX-License-Identifier: Apache-2.0
// The generators are seeded, so these tests always pass or always fail. Each threshold is one that
// a right sampler passes with a probability of at least 1 - 1e-6 over the choice of the seed.
#include "noise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <vector>

namespace vcp::fl {
namespace {

constexpr int kSamples = 400'000;

using Sampler = std::int64_t (*)(KeyStream&, int);

std::vector<double> draw(Sampler sample, int grid_bits, std::uint64_t seed = 7) {
  SeededRandom random(seed);
  const NoiseKey key(random);
  KeyStream stream(key, 0);
  std::vector<double> values(kSamples);
  for (double& value : values) {
    value = std::ldexp(static_cast<double>(sample(stream, grid_bits)), -grid_bits);
  }
  return values;
}

double normal_cdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }
double laplace_cdf(double x) { return x < 0 ? std::exp(x) / 2 : 1 - std::exp(-x) / 2; }

/// √n times the greatest distance between the two distribution functions (Kolmogorov, Smirnov).
double distance(std::vector<double> values, double (*cdf)(double)) {
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double greatest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cdf(values[i]);
    greatest = std::max({greatest, std::fabs(expected - static_cast<double>(i) / n),
                         std::fabs(expected - static_cast<double>(i + 1) / n)});
  }
  return greatest * std::sqrt(n);
}

// P(√n·D > x) ≈ 2·e^(-2x²), which is 1e-6 at 2.69.
constexpr double kFarthest = 2.69;

TEST(NormalNoise, FollowsTheNormalDistribution) {
  EXPECT_LT(distance(draw(sample_normal, 40), normal_cdf), kFarthest);
}

TEST(LaplaceNoise, FollowsTheLaplaceDistribution) {
  EXPECT_LT(distance(draw(sample_laplace, 40), laplace_cdf), kFarthest);
}

/// χ² of the cells of a coarse grid against their exact probabilities, less its mean, in standard
/// deviations: cells of few expected counts are put together.
double cells(Sampler sample, double (*cdf)(double)) {
  constexpr int kBits = 2;
  std::map<int, int> counts;
  for (const double value : draw(sample, kBits))
    ++counts[static_cast<int>(std::ldexp(value, kBits))];
  double statistic = 0;
  int used = 0;
  double expected_rest = kSamples;
  double seen_rest = kSamples;
  for (int cell = -16; cell <= 16; ++cell) {
    const double probability = cdf((cell + 0.5) / 4) - cdf((cell - 0.5) / 4);
    const double expected = probability * kSamples;
    const double seen = counts[cell];
    statistic += (seen - expected) * (seen - expected) / expected;
    expected_rest -= expected;
    seen_rest -= seen;
    ++used;
  }
  statistic += (seen_rest - expected_rest) * (seen_rest - expected_rest) / expected_rest;
  return (statistic - used) / std::sqrt(2.0 * used);
}

// χ² with 33 degrees of freedom is above 33 + 6.2·√66 with a probability below 1e-6.
TEST(NormalNoise, IsRoundedToTheNearestPointOfTheGrid) {
  EXPECT_LT(cells(sample_normal, normal_cdf), 6.2);
}

TEST(LaplaceNoise, IsRoundedToTheNearestPointOfTheGrid) {
  EXPECT_LT(cells(sample_laplace, laplace_cdf), 6.2);
}

double mean(const std::vector<double>& values, double (*f)(double)) {
  double sum = 0;
  for (const double value : values) sum += f(value);
  return sum / static_cast<double>(values.size());
}

// Five standard errors: 6e-7 two-sided.
TEST(NormalNoise, HasTheMomentsOfTheNormalDistribution) {
  const std::vector<double> values = draw(sample_normal, 40, 11);
  const double root = std::sqrt(static_cast<double>(kSamples));
  EXPECT_LT(std::fabs(mean(values, [](double x) { return x; })), 5 / root);
  EXPECT_LT(std::fabs(mean(values, [](double x) { return x * x; }) - 1), 5 * std::sqrt(2.0) / root);
  EXPECT_LT(std::fabs(mean(values, [](double x) { return x * x * x; })),
            5 * std::sqrt(15.0) / root);
  EXPECT_LT(std::fabs(mean(values, [](double x) { return x * x * x * x; }) - 3),
            5 * std::sqrt(96.0) / root);
}

TEST(LaplaceNoise, HasTheMomentsOfTheLaplaceDistribution) {
  const std::vector<double> values = draw(sample_laplace, 40, 11);
  const double root = std::sqrt(static_cast<double>(kSamples));
  EXPECT_LT(std::fabs(mean(values, [](double x) { return x; })), 5 * std::sqrt(2.0) / root);
  EXPECT_LT(std::fabs(mean(values, [](double x) { return x * x; }) - 2),
            5 * std::sqrt(20.0) / root);
}

// A fair coin: within five standard deviations.
TEST(NormalNoise, HasUniformLowBits) {
  SeededRandom random(3);
  const NoiseKey key(random);
  KeyStream stream(key, 0);
  constexpr int kBits = 30;
  std::vector<int> ones(20);
  for (int i = 0; i < kSamples; ++i) {
    const auto value = static_cast<std::uint64_t>(std::llabs(sample_normal(stream, kBits)));
    for (std::size_t bit = 0; bit < ones.size(); ++bit)
      ones[bit] += static_cast<int>(value >> bit & 1);
  }
  for (const int count : ones) {
    EXPECT_LT(std::fabs(count - kSamples / 2.0), 5 * std::sqrt(kSamples / 4.0));
  }
}

TEST(KeyStream, DependsOnItsNumber) {
  SeededRandom random(5);
  const NoiseKey key(random);
  KeyStream one(key, 1);
  KeyStream two(key, 2);
  EXPECT_NE(one.next(), two.next());
}

TEST(KeyStream, RepeatsForTheSameKeyAndNumber) {
  SeededRandom random(5);
  const NoiseKey key(random);
  KeyStream one(key, 1);
  KeyStream again(key, 1);
  for (int i = 0; i < 5'000; ++i) ASSERT_EQ(one.next(), again.next());
}

TEST(KeyStream, DoesNotRepeatWithinAStream) {
  SeededRandom random(5);
  const NoiseKey key(random);
  KeyStream stream(key, 1);
  std::vector<std::uint64_t> pairs(4'096);
  for (std::uint64_t& pair : pairs)
    pair = static_cast<std::uint64_t>(stream.next()) << 32 | stream.next();
  std::ranges::sort(pairs);
  EXPECT_EQ(std::ranges::adjacent_find(pairs), pairs.end());
}

}  // namespace
}  // namespace vcp::fl
