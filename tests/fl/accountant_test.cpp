// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/accountant.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vcp::fl {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

RdpAccountant::Bound rdp(double z, double q, std::uint64_t steps, double delta) {
  RdpAccountant accountant;
  accountant.add(z, q, steps);
  return accountant.bound(delta);
}

// The table that published accountants agree on (TensorFlow Privacy, Opacus, dp-accounting).
TEST(RdpAccountant, SampledAtFourPercent) {
  const double epsilon = rdp(1.5, 0.04, 2'250, 1e-5).epsilon;
  EXPECT_GE(epsilon, 7.3290);
  EXPECT_LE(epsilon, 7.3299);
}

TEST(RdpAccountant, SampledAtTheMnistRate) {
  const auto bound = rdp(1.3, 150.0 / 60'000, 6'000, 1e-5);
  EXPECT_NEAR(bound.epsilon, 0.7242234026, 1e-9);
  EXPECT_EQ(bound.order, 19);
}

TEST(RdpAccountant, SampledAtOneInAThousand) {
  const auto bound = rdp(1.0, 100.0 / 100'000, 30'000, 1e-7);
  EXPECT_NEAR(bound.epsilon, 1.4154988495, 1e-9);
  EXPECT_EQ(bound.order, 13);
}

TEST(RdpAccountant, UnsampledTwice) {
  const auto bound = rdp(0.7, 1, 2, 1e-5);
  EXPECT_NEAR(bound.epsilon, 10.8602036, 1e-7);
  EXPECT_NEAR(bound.order, 3.3, 1e-12);
}

TEST(RdpAccountant, UnsampledOnce) { EXPECT_NEAR(rdp(1, 1, 1, 1e-5).epsilon, 4.728507, 1e-6); }

TEST(RdpAccountant, RoundsAddInAnyGrouping) {
  RdpAccountant at_once;
  RdpAccountant one_by_one;
  at_once.add(1.1, 0.01, 100);
  for (int i = 0; i < 100; ++i) one_by_one.add(1.1, 0.01, 1);
  EXPECT_NEAR(at_once.bound(1e-6).epsilon, one_by_one.bound(1e-6).epsilon, 1e-9);
}

// The integral for fractional orders and the finite sum for integer ones are the same function.
TEST(RdpAccountant, FractionalOrdersContinueIntegerOnes) {
  for (const double z : {0.3, 0.8, 1.5, 6.0}) {
    for (const double q : {0.001, 0.04, 0.5}) {
      for (const double order : {2.0, 5.0, 10.0}) {
        RdpAccountant sum({order});
        RdpAccountant integral({order * (1 + 1e-9)});
        sum.add(z, q, 1);
        integral.add(z, q, 1);
        const double expected = sum.bound(0.5).epsilon;
        EXPECT_NEAR(integral.bound(0.5).epsilon, expected, 1e-6 * (1 + expected)) << z << ' ' << q;
      }
    }
  }
}

TEST(GaussianEpsilon, OneRelease) { EXPECT_NEAR(gaussian_epsilon(1, 1, 1e-5), 4.3771781, 1e-7); }

TEST(GaussianEpsilon, TwoReleases) {
  EXPECT_NEAR(gaussian_epsilon(0.7, 2, 1e-5), 10.1224946, 1e-7);
}

TEST(GaussianEpsilon, IsNeverAboveRenyi) {
  for (const double z : {0.3, 1.0, 4.0}) {
    for (const std::uint64_t rounds : {1, 10, 1'000}) {
      EXPECT_LE(gaussian_epsilon(z, rounds, 1e-6), rdp(z, 1, rounds, 1e-6).epsilon);
    }
  }
}

TEST(GaussianEpsilon, MeetsDeltaFromAbove) {
  for (const double z : {0.01, 0.5, 2.0, 50.0}) {
    const double epsilon = gaussian_epsilon(z, 1, 1e-7);
    EXPECT_LE(gaussian_delta(z, epsilon), 1e-7);
    ASSERT_GT(epsilon, 0);
    EXPECT_GT(gaussian_delta(z, epsilon * (1 - 1e-9)), 1e-7 * (1 - 1e-6));
  }
}

TEST(GaussianEpsilon, IsZeroForNoRelease) { EXPECT_EQ(gaussian_epsilon(1, 0, 1e-5), 0); }

TEST(GaussianEpsilon, IsInfiniteForNoiseThatIsNone) {
  for (const double z : {0.0, -1.0, kInfinity, std::nan("")}) {
    EXPECT_EQ(gaussian_epsilon(z, 1, 1e-5), kInfinity);
    EXPECT_EQ(laplace_epsilon(z, 1), kInfinity);
    EXPECT_EQ(rdp(z, 0.5, 1, 1e-5).epsilon, kInfinity);
  }
}

TEST(GaussianEpsilon, IsInfiniteForADeltaThatIsNone) {
  for (const double delta : {0.0, 1.0, -1.0, std::nan("")}) {
    EXPECT_EQ(gaussian_epsilon(1, 1, delta), kInfinity);
    EXPECT_EQ(rdp(1, 1, 1, delta).epsilon, kInfinity);
  }
}

TEST(LaplaceEpsilon, AddsUp) { EXPECT_DOUBLE_EQ(laplace_epsilon(4, 10), 2.5); }

TEST(Multiplier, MakesAllRoundsFitAndNotOneMore) {
  for (const double epsilon : {0.1, 1.0, 8.0}) {
    for (const std::uint64_t rounds : {1, 7, 300}) {
      const double gaussian = gaussian_multiplier(epsilon, rounds, 1e-5).value();
      EXPECT_LE(gaussian_epsilon(gaussian, rounds, 1e-5), epsilon);
      EXPECT_GT(gaussian_epsilon(gaussian, rounds + 1, 1e-5), epsilon);
      const double laplace = laplace_multiplier(epsilon, rounds).value();
      EXPECT_LE(laplace_epsilon(laplace, rounds), epsilon);
      EXPECT_GT(laplace_epsilon(laplace, rounds + 1), epsilon);
    }
  }
}

TEST(Multiplier, IsTight) {
  const double z = gaussian_multiplier(2, 10, 1e-5).value();
  EXPECT_GT(gaussian_epsilon(z * (1 - 1e-9), 10, 1e-5), 2);
}

TEST(Multiplier, RefusesWhatIsNotPositive) {
  EXPECT_FALSE(gaussian_multiplier(0, 1, 1e-5));
  EXPECT_FALSE(gaussian_multiplier(1, 0, 1e-5));
  EXPECT_FALSE(gaussian_multiplier(1, 1, 0));
  EXPECT_FALSE(gaussian_multiplier(std::nan(""), 1, 1e-5));
  EXPECT_FALSE(laplace_multiplier(-1, 1));
}

}  // namespace
}  // namespace vcp::fl
