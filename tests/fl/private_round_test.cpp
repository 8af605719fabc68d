// SPDX-License-Identifier: Apache-2.0
// Seeded noise: these tests always pass or always fail. Thresholds are five standard errors or
// more, which a right implementation passes with a probability of 1 - 6e-7 over the seeds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fl/model.hpp"

namespace vcp::fl {
namespace {

constexpr std::size_t kParameters = 40'000;

PrivateRound gaussian(double clip, double z, std::uint64_t cohort) {
  return {.mechanism = Mechanism::gaussian,
          .clip = clip,
          .sum_multiplier = z,
          .cohort = cohort,
          .adaptive = {}};
}

PrivateRound laplace(double clip, double z, std::uint64_t cohort) {
  PrivateRound round = gaussian(clip, z, cohort);
  round.mechanism = Mechanism::laplace;
  return round;
}

Model constant(double value, std::size_t count = kParameters) {
  return vector_model(std::vector<double>(count, value), Dtype::f64);
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments(const std::vector<double>& values) {
  Moments result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / n;
  for (const double value : values) result.variance += std::pow(value - result.mean, 2) / n;
  return result;
}

TEST(PrivateRound, AddsNoiseOfTheClipTimesTheMultiplierOverTheCohort) {
  TestRound round("fedavg", constant(0));
  round.round().privacy = gaussian(2, 1.5, 10);
  round.add("a", constant(0));
  const Moments noise = moments(round.close().at("w").values);
  const double sigma = 2 * 1.5 / 10;
  const double root = std::sqrt(static_cast<double>(kParameters));
  EXPECT_LT(std::fabs(noise.mean), 5 * sigma / root);
  EXPECT_LT(std::fabs(noise.variance / (sigma * sigma) - 1), 5 * std::sqrt(2.0) / root);
}

TEST(PrivateRound, AddsLaplaceNoise) {
  TestRound round("fedavg", constant(0));
  round.round().privacy = laplace(2, 1.5, 10);
  round.add("a", constant(0));
  const Moments noise = moments(round.close().at("w").values);
  const double scale = 2 * 1.5 / 10;
  const double root = std::sqrt(static_cast<double>(kParameters));
  EXPECT_LT(std::fabs(noise.mean), 5 * std::sqrt(2.0) * scale / root);
  EXPECT_LT(std::fabs(noise.variance / (2 * scale * scale) - 1), 5 * std::sqrt(5.0) / root);
}

/// The model that a round with hardly any noise gives.
std::vector<double> nearly_exact(PrivateRound privacy, const std::vector<Model>& updates,
                                 std::uint64_t samples = 1) {
  privacy.sum_multiplier = 1e-6;
  TestRound round("fedavg", constant(0, updates[0].at("w").values.size()));
  round.round().privacy = privacy;
  for (std::size_t k = 0; k < updates.size(); ++k)
    round.add(std::to_string(k), updates[k], samples + k);
  return round.close().at("w").values;
}

TEST(PrivateRound, ClipsTheUpdateOverTheWholeModel) {
  const auto next = nearly_exact(gaussian(1, 0, 1), {vector_model({3, 4}, Dtype::f64)});
  EXPECT_NEAR(next[0], 0.6, 1e-5);
  EXPECT_NEAR(next[1], 0.8, 1e-5);
}

TEST(PrivateRound, ClipsByTheFirstNormForLaplace) {
  const auto next = nearly_exact(laplace(1, 0, 1), {vector_model({3, 5}, Dtype::f64)});
  EXPECT_NEAR(next[0], 0.375, 1e-4);
  EXPECT_NEAR(next[1], 0.625, 1e-4);
}

TEST(PrivateRound, LeavesAShortUpdateAsItIs) {
  const auto next = nearly_exact(gaussian(1, 0, 1), {vector_model({0.3, -0.4}, Dtype::f64)});
  EXPECT_NEAR(next[0], 0.3, 1e-5);
  EXPECT_NEAR(next[1], -0.4, 1e-5);
}

TEST(PrivateRound, DividesByTheExpectedCohortAndIgnoresSampleCounts) {
  const auto next = nearly_exact(
      gaussian(1, 0, 10), {vector_model({1}, Dtype::f64), vector_model({0.5}, Dtype::f64)}, 1'000);
  EXPECT_NEAR(next[0], 0.15, 1e-5);
}

TEST(PrivateRound, LetsNoClientMoveTheSumByMoreThanTheClip) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20; ++i) {
    const Model update = random_like(constant(0, 1'000), random, std::ldexp(1, i - 10));
    const auto with = nearly_exact(gaussian(1, 0, 1), {update});
    const auto without = nearly_exact(gaussian(1, 0, 1), {constant(0, 1'000)});
    double square = 0;
    for (std::size_t p = 0; p < with.size(); ++p) square += std::pow(with[p] - without[p], 2);
    EXPECT_LE(std::sqrt(square), 1);
  }
}

TEST(PrivateRound, MovesTheServersOptimizerByTheNoisedMean) {
  TestRound round({"fedavgm", {{"eta", 0.5}}}, constant(1, 2));
  round.round().privacy = gaussian(1, 1e-6, 1);
  round.add("a", vector_model({1.6, 1.8}, Dtype::f64));
  const auto next = round.close().at("w").values;
  EXPECT_NEAR(next[0], 1.3, 1e-5);
  EXPECT_NEAR(next[1], 1.4, 1e-5);
}

TEST(PrivateRound, DiscardsAnUpdateWhoseNormIsNotFinite) {
  TestRound round("fedavg", constant(0, 2));
  round.round().privacy = gaussian(1, 1e-6, 1);
  round.add("good", vector_model({0.5, 0}, Dtype::f64));
  round.add("huge", vector_model({1e300, 1e300}, Dtype::f64));
  EXPECT_EQ(round.try_close().value().discarded, std::vector<std::string>{"huge"});
  EXPECT_NEAR(from_bytes(round.next_bytes()).at("w").values[0], 0.5, 1e-5);
}

// What is added to the model is a whole multiple of a grid that does not depend on the updates.
TEST(PrivateRound, ReleasesOnlyPointsOfAFixedGrid) {
  for (const PrivateRound& privacy : {gaussian(1, 1, 1), laplace(1, 1, 1)}) {
    std::mt19937_64 random(8);
    TestRound round("fedavg", constant(0, 1'000));
    round.round().privacy = privacy;
    round.add("a", random_like(constant(0, 1'000), random));
    const Model next = round.close();
    for (const double value : next.at("w").values) {
      const double multiple = std::ldexp(value, 45);
      ASSERT_EQ(multiple, std::trunc(multiple));
    }
  }
}

TEST(PrivateRound, TheSameNoiseIsNotUsedTwice) {
  TestRound round("fedavg", constant(0));
  round.round().privacy = gaussian(1, 1, 1);
  round.add("a", constant(0));
  const std::vector<double> first = round.close().at("w").values;
  round.seed = 2;
  EXPECT_NE(first, round.close().at("w").values);
  // Tiles have streams of their own.
  EXPECT_NE(first[0], first[16'384]);
}

TEST(PrivateRound, FailsClosedWithoutNoise) {
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (const PrivateRound& privacy : {gaussian(bad, 1, 1), gaussian(1, bad, 1)}) {
      TestRound round("fedavg", constant(0, 2));
      round.round().privacy = privacy;
      round.add("a", constant(0, 2));
      EXPECT_FALSE(round.try_close());
      EXPECT_FALSE(std::filesystem::exists(round.round().next_model));
    }
  }
  TestRound round("fedavg", constant(0, 2));
  round.round().privacy = gaussian(1, 1, 0);
  round.add("a", constant(0, 2));
  EXPECT_FALSE(round.try_close());
}

TEST(PrivateRound, RefusesNoiseTooSmallForItsGrid) {
  TestRound round("fedavg", constant(0, 2));
  round.round().privacy = gaussian(1, 1e-15, 1'000);
  round.add("a", constant(0, 2));
  EXPECT_FALSE(round.try_close());
}

TEST(PrivateRound, RefusesRulesThatAreNotPrivate) {
  TestRound round("median", constant(0, 2));
  round.round().privacy = gaussian(1, 1, 1);
  round.add("a", constant(0, 2));
  EXPECT_FALSE(round.try_close());
}

/// The next clip of a round in which `within` of ten updates are within the clip of 1.
double next_clip(int within, double count_stddev, std::uint64_t seed = 1,
                 Mechanism mechanism = Mechanism::gaussian) {
  TestRound round("fedavg", constant(0, 1));
  round.seed = seed;
  round.round().privacy = gaussian(1, 1, 10);
  round.round().privacy->mechanism = mechanism;
  round.round().privacy->adaptive = {
      .target_quantile = 0.5, .learning_rate = 0.2, .count_stddev = count_stddev};
  for (int k = 0; k < 10; ++k) {
    round.add(std::to_string(k), vector_model({k < within ? 0.5 : 2.0}, Dtype::f64));
  }
  return round.try_close().value().next_clip.value();
}

TEST(AdaptiveClipping, GrowsWhenMostAreClippedAndShrinksWhenFewAre) {
  EXPECT_NEAR(next_clip(0, 1e-6), std::exp(0.2 * 0.5), 1e-5);
  EXPECT_NEAR(next_clip(3, 1e-6), std::exp(0.2 * 0.2), 1e-5);
  EXPECT_NEAR(next_clip(5, 1e-6), 1, 1e-5);
  EXPECT_NEAR(next_clip(10, 1e-6), std::exp(-0.2 * 0.5), 1e-5);
}

TEST(AdaptiveClipping, NoiseOnTheCountHasItsStandardDeviation) {
  constexpr int kRounds = 200;
  for (const Mechanism mechanism : {Mechanism::gaussian, Mechanism::laplace}) {
    std::vector<double> counts;
    for (int seed = 0; seed < kRounds; ++seed) {
      const double fraction =
          0.5 - std::log(next_clip(5, 3, static_cast<std::uint64_t>(seed), mechanism)) / 0.2;
      counts.push_back(10 * (fraction - 0.5));
    }
    const Moments noise = moments(counts);
    EXPECT_LT(std::fabs(noise.mean), 5 * 3 / std::sqrt(kRounds));
    EXPECT_LT(std::fabs(noise.variance / 9 - 1), 5 * std::sqrt(5.0 / kRounds));
  }
}

TEST(AdaptiveClipping, CountsAgainstTheExpectedCohortWhenFewerReport) {
  TestRound round("fedavg", constant(0, 1));
  round.round().privacy = gaussian(1, 1, 10);
  round.round().privacy->adaptive = {.target_quantile = 0.5, .count_stddev = 1e-6};
  round.add("a", vector_model({0.5}, Dtype::f64));
  // b̃ = ½ + ½/10
  EXPECT_NEAR(round.try_close().value().next_clip.value(), std::exp(-0.2 * 0.05), 1e-5);
}

TEST(AdaptiveClipping, NeverLeavesTheRangeOfClips) {
  TestRound round("fedavg", constant(0, 1));
  round.round().privacy = gaussian(kClip.low, 1, 1);
  round.round().privacy->adaptive = {
      .target_quantile = 0.01, .learning_rate = 10, .count_stddev = 1e-6};
  round.add("a", constant(0, 1));
  EXPECT_EQ(round.try_close().value().next_clip, kClip.low);
}

TEST(AdaptiveClipping, IsAbsentWhereItWasNotAskedFor) {
  TestRound round("fedavg", constant(0, 1));
  round.round().privacy = gaussian(1, 1, 1);
  round.add("a", constant(0, 1));
  EXPECT_EQ(round.try_close().value().next_clip, std::nullopt);
}

}  // namespace
}  // namespace vcp::fl
