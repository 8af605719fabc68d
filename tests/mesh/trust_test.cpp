// SPDX-License-Identifier: Apache-2.0
#include "trust.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace vcp::mesh {
namespace {

constexpr TrackRecord kStranger;
const Crowd kStrangers = Crowd::of(std::vector<TrackRecord>(20, kStranger));

/// `count` nodes, each with so many confirmed results.
Crowd proven(std::uint32_t confirmed, std::size_t count = 20) {
  return Crowd::of(std::vector<TrackRecord>(count, TrackRecord{.confirmed = confirmed}));
}

constexpr PlanTerms kNoRecheck{.recheck_cost = std::nullopt, .coalition = 0};
constexpr PlanTerms kRecheck{.recheck_cost = 2, .coalition = 0};

TEST(ErrorRate, OfAStrangerIsThePrior) { EXPECT_DOUBLE_EQ(error_rate(kStranger), 0.05); }

TEST(ErrorRate, IsTheMeanOfThePosterior) {
  EXPECT_DOUBLE_EQ(error_rate({.confirmed = 80, .wrong = 0}), 1.0 / 100);
  EXPECT_DOUBLE_EQ(error_rate({.confirmed = 0, .wrong = 4}), 5.0 / 24);
  EXPECT_DOUBLE_EQ(error_rate({.confirmed = 176, .wrong = 4}), 5.0 / 200);
}

TEST(QuorumOdds, OfTwoAmongTwoAreTheProducts) {
  const QuorumOdds odds = quorum_odds(2, 2, 0.1, 0.2);
  EXPECT_DOUBLE_EQ(odds.wrong, 0.02);
  EXPECT_DOUBLE_EQ(odds.undecided, 0.1 * 0.8 + 0.9 * 0.2);
  EXPECT_DOUBLE_EQ(odds.runs, 2);
}

TEST(QuorumOdds, OfTwoAmongThreeAreThoseOfAMajority) {
  const QuorumOdds odds = quorum_odds(2, 3, 0.1, 0.1);
  EXPECT_DOUBLE_EQ(odds.wrong, 3 * 0.01 - 2 * 0.001);  // p² (3 - 2p)
  EXPECT_DOUBLE_EQ(odds.undecided, 0);
  EXPECT_DOUBLE_EQ(odds.runs, 2 + 2 * 0.1 * 0.9);
}

TEST(QuorumOdds, OfThreeAmongFiveAreThoseOfAMajority) {
  const double p = 0.25;
  const double q = 1 - p;
  const QuorumOdds odds = quorum_odds(3, 5, p, p);
  EXPECT_DOUBLE_EQ(odds.wrong, p * p * p * (1 + 3 * q + 6 * q * q));
  EXPECT_DOUBLE_EQ(odds.undecided, 0);
}

TEST(QuorumOdds, StopAtTheRunThatLeavesNoHope) {
  // Three must agree among three, so two that differ end it; nobody errs but the first.
  const QuorumOdds odds = quorum_odds(3, 3, 1, 0);
  EXPECT_DOUBLE_EQ(odds.undecided, 1);
  EXPECT_DOUBLE_EQ(odds.runs, 2);
}

TEST(QuorumOdds, AmongTheFaultlessTakeWhatMustAgree) {
  const QuorumOdds odds = quorum_odds(3, 7, 0, 0);
  EXPECT_DOUBLE_EQ(odds.wrong, 0);
  EXPECT_DOUBLE_EQ(odds.runs, 3);
}

TEST(Plan, OfStrangersIsAQuorumThatReachesTheBound) {
  // 0.05 each: p² (3 - 2p) = 0.00725 with two, about p³ · 10 = 0.0012 with three.
  const auto two = choose_plan(kStranger, kStrangers, kNoRecheck, 0.01);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->verification.mode, VerificationMode::quorum);
  EXPECT_EQ(two->verification.agree, 2U);
  EXPECT_FALSE(two->verification.adaptive);
  EXPECT_NEAR(two->wrong, 0.00725, 1e-9);

  const auto three = choose_plan(kStranger, kStrangers, kNoRecheck, 0.002);
  ASSERT_TRUE(three);
  EXPECT_EQ(three->verification.agree, 3U);
}

TEST(Plan, OfAProvenNodeIsASpotCheck) {
  // 1 / 2000 at the worst, and checked once in twenty times.
  const auto plan = choose_plan({.confirmed = 1980}, proven(1980), kNoRecheck, 0.001);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->verification.adaptive);
  EXPECT_EQ(plan->verification.agree, 2U);
  EXPECT_NEAR(plan->wrong, 0.95 * 0.0005, 1e-6);
  EXPECT_NEAR(plan->cost, 1.05, 1e-3);
}

TEST(Plan, OfANodeBelowTenInARowIsNoSpotCheck) {
  const auto nine = choose_plan({.confirmed = 9}, proven(100), kNoRecheck, 0.04);
  ASSERT_TRUE(nine);
  EXPECT_FALSE(nine->verification.adaptive);
  const auto twenty = choose_plan({.confirmed = 20}, proven(100), kNoRecheck, 0.04);
  ASSERT_TRUE(twenty);
  EXPECT_TRUE(twenty->verification.adaptive);
}

TEST(Plan, RechecksJustAsOftenAsItTakes) {
  const auto plan = choose_plan(kStranger, {}, kRecheck, 0.01);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->verification.mode, VerificationMode::recheck);
  const double checked = plan->verification.probability;
  EXPECT_DOUBLE_EQ(checked, 0.04 / (0.05 * 0.99));
  EXPECT_NEAR(plan->wrong, 0.01, 1e-12);
  EXPECT_DOUBLE_EQ(plan->cost, (1 + 2 * checked) / (1 - 0.05 * checked));
}

TEST(Plan, ChecksNowAndThenWhateverTheRecordSays) {
  const auto plan = choose_plan({.confirmed = 1'000'000}, {}, kRecheck, 0.1);
  ASSERT_TRUE(plan);
  EXPECT_DOUBLE_EQ(plan->verification.probability, 0.05);
}

TEST(Plan, WeighsTheCoordinatorsTimeAgainstTheNodes) {
  const PlanTerms cheap{.recheck_cost = 0.5, .coalition = 0};
  const PlanTerms dear{.recheck_cost = 10, .coalition = 0};
  EXPECT_EQ(choose_plan(kStranger, kStrangers, cheap, 0.01)->verification.mode,
            VerificationMode::recheck);
  EXPECT_EQ(choose_plan(kStranger, kStrangers, dear, 0.01)->verification.mode,
            VerificationMode::quorum);
}

TEST(Plan, NeedsMoreInAgreementAgainstALargerCoalition) {
  const auto agree = [](double coalition) {
    const PlanTerms terms{.recheck_cost = std::nullopt, .coalition = coalition};
    return choose_plan({.confirmed = 5}, proven(10'000), terms, 1e-3)->verification.agree;
  };
  EXPECT_EQ(agree(0.01), 2U);
  EXPECT_EQ(agree(0.03), 3U);
}

TEST(Plan, IsNoneWhereNothingIsSureEnough) {
  EXPECT_FALSE(choose_plan(kStranger, {}, kNoRecheck, 0.01));
  EXPECT_FALSE(choose_plan(kStranger, kStrangers, kNoRecheck, 1e-9));
}

TEST(Plan, AsksNoMoreNodesThanThereAre) {
  const auto plan = choose_plan(kStranger, proven(1000, 1), kNoRecheck, 0.01);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->verification.max_replicas, 2U);
}

}  // namespace
}  // namespace vcp::mesh
