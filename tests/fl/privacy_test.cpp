// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/privacy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "vcp/fl/accountant.hpp"

namespace vcp::fl {
namespace {

const Strategy kFedAvg{"fedavg"};

Privacy gaussian() { return {.clip = 1, .noise_multiplier = 1.1, .delta = 1e-5}; }

Privacy laplace() { return {.mechanism = Mechanism::laplace, .clip = 1, .noise_multiplier = 10}; }

std::vector<std::string> refused(const Privacy& privacy, const Strategy& strategy = kFedAvg) {
  const Result<PrivacyPlan> plan = PrivacyPlan::make(privacy, strategy, 10);
  std::vector<std::string> pointers;
  if (plan) return pointers;
  EXPECT_EQ(plan.error().code, Code::invalid);
  for (const FieldError& field : plan.error().fields) pointers.push_back(field.pointer);
  return pointers;
}

TEST(PrivacyPlan, NoiseAloneHasNoBudget) {
  const PrivacyPlan plan = PrivacyPlan::make(gaussian(), kFedAvg, 10).value();
  EXPECT_EQ(plan.budget(), std::nullopt);
  EXPECT_TRUE(plan.admit(1'000'000));
}

TEST(PrivacyPlan, EpsilonAloneGivesTheNoiseWithWhichAllRoundsJustFit) {
  for (Privacy privacy : {gaussian(), laplace()}) {
    privacy.noise_multiplier.reset();
    privacy.epsilon = 3;
    const PrivacyPlan plan = PrivacyPlan::make(privacy, kFedAvg, 10).value();
    EXPECT_TRUE(plan.admit(9));
    const auto past = plan.admit(10);
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().code, Code::conflict);
    EXPECT_NEAR(plan.epsilon_after(10), 3, 1e-6);
  }
}

TEST(PrivacyPlan, BothGiveABudgetThatEndsTheJobEarly) {
  Privacy privacy = laplace();
  privacy.epsilon = 0.35;
  const PrivacyPlan plan = PrivacyPlan::make(privacy, kFedAvg, 10).value();
  EXPECT_TRUE(plan.admit(2));
  EXPECT_FALSE(plan.admit(3));
}

TEST(PrivacyPlan, NothingIsSpentBeforeTheFirstRound) {
  EXPECT_EQ(PrivacyPlan::make(gaussian(), kFedAvg, 10).value().epsilon_after(0), 0);
}

TEST(PrivacyPlan, SpendsWhatTheExactAccountantSays) {
  const PrivacyPlan plan = PrivacyPlan::make(gaussian(), kFedAvg, 10).value();
  EXPECT_EQ(plan.epsilon_after(7), gaussian_epsilon(1.1, 7, 1e-5));
}

TEST(PrivacyPlan, NeedsNoiseOrEpsilon) {
  Privacy privacy = gaussian();
  privacy.noise_multiplier.reset();
  EXPECT_EQ(refused(privacy), std::vector<std::string>{"/epsilon"});
}

TEST(PrivacyPlan, NeedsDeltaForGaussianOnly) {
  Privacy privacy = gaussian();
  privacy.delta.reset();
  EXPECT_EQ(refused(privacy), std::vector<std::string>{"/delta"});
  EXPECT_TRUE(refused(laplace()).empty());
}

TEST(PrivacyPlan, RefusesWhatIsNotFiniteAndPositive) {
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    Privacy privacy = gaussian();
    privacy.clip = bad;
    EXPECT_EQ(refused(privacy), std::vector<std::string>{"/clip"});
    privacy = gaussian();
    privacy.noise_multiplier = bad;
    EXPECT_EQ(refused(privacy), std::vector<std::string>{"/noise_multiplier"});
    privacy = gaussian();
    privacy.epsilon = bad;
    EXPECT_EQ(refused(privacy), std::vector<std::string>{"/epsilon"});
    privacy = gaussian();
    privacy.delta = bad;
    EXPECT_EQ(refused(privacy), std::vector<std::string>{"/delta"});
  }
}

TEST(PrivacyPlan, DoesNotCombineWithRobustRules) {
  for (const char* name : {"median", "trimmed_mean", "krum", "multi_krum", "fedbuff"}) {
    EXPECT_EQ(refused(gaussian(), {name}), std::vector<std::string>{""}) << name;
  }
  for (const char* name : {"fedprox", "fedavgm", "fedadagrad", "fedyogi", "fedadam"}) {
    EXPECT_TRUE(refused(gaussian(), {name}).empty()) << name;
  }
}

TEST(PrivacyPlan, RefusesAdaptiveClippingOutOfRange) {
  Privacy privacy = gaussian();
  privacy.adaptive = {.target_quantile = 1, .learning_rate = 0, .count_stddev = 0};
  EXPECT_EQ(refused(privacy),
            (std::vector<std::string>{"/adaptive/target_quantile", "/adaptive/learning_rate",
                                      "/adaptive/count_stddev"}));
}

TEST(PrivacyPlan, RefusesACountThatTakesAllOfTheBudget) {
  Privacy privacy = gaussian();
  privacy.adaptive = {.count_stddev = 1.1 / 2};
  EXPECT_EQ(refused(privacy), std::vector<std::string>{"/adaptive/count_stddev"});
  privacy.adaptive->count_stddev = 1.1;
  EXPECT_TRUE(refused(privacy).empty());
}

// z⁻² = z_sum⁻² + (2σ_b)⁻²: the two releases together cost what one of z costs.
TEST(PrivacyPlan, SharesTheBudgetBetweenSumAndCount) {
  Privacy privacy = gaussian();
  privacy.adaptive = {.count_stddev = 2};
  const PrivateRound round = PrivacyPlan::make(privacy, kFedAvg, 10).value().round(0.5, 20);
  EXPECT_NEAR(1 / (1.1 * 1.1), 1 / std::pow(round.sum_multiplier, 2) + 1.0 / 16, 1e-12);
  EXPECT_EQ(round.clip, 0.5);
  EXPECT_EQ(round.cohort, 20);
}

TEST(PrivacyPlan, SharesPureEpsilonBetweenSumAndCount) {
  Privacy privacy = laplace();
  privacy.adaptive = {.count_stddev = 20};
  const PrivateRound round = PrivacyPlan::make(privacy, kFedAvg, 10).value().round(1, 20);
  const double count_scale = 20 / std::sqrt(2.0);
  EXPECT_NEAR(1.0 / 10, 1 / round.sum_multiplier + 0.5 / count_scale, 1e-12);
}

TEST(PrivacyPlan, WithoutAdaptionTheSumGetsAllOfTheNoise) {
  EXPECT_EQ(PrivacyPlan::make(gaussian(), kFedAvg, 1).value().round(1, 5).sum_multiplier, 1.1);
}

}  // namespace
}  // namespace vcp::fl
