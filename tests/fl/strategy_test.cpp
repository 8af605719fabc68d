// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/strategy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace vcp::fl {
namespace {

/// The pointers of the bad fields, in their order.
std::vector<std::string> refused(Strategy strategy, std::uint64_t min_clients = 10) {
  const Result<Strategy> valid = validate_strategy(std::move(strategy), min_clients);
  std::vector<std::string> pointers;
  if (valid) return pointers;
  EXPECT_EQ(valid.error().code, Code::invalid);
  for (const FieldError& field : valid.error().fields) pointers.push_back(field.pointer);
  return pointers;
}

double parameter(Strategy strategy, const std::string& name, std::uint64_t min_clients = 10) {
  return validate_strategy(std::move(strategy), min_clients).value().parameters.at(name);
}

TEST(Strategy, ElevenAreKnown) {
  std::string names;
  for (const StrategyInfo& info : strategies()) names += std::string(info.name) + " ";
  EXPECT_EQ(names,
            "fedavg fedprox fedavgm fedadagrad fedyogi fedadam median trimmed_mean krum multi_krum "
            "fedbuff ");
}

TEST(Strategy, EveryOneIsValidWithItsDefaults) {
  for (const StrategyInfo& info : strategies()) {
    EXPECT_TRUE(validate_strategy({std::string(info.name)}, 3)) << info.name;
  }
}

TEST(Strategy, DefaultsAreThoseOfTheContract) {
  EXPECT_EQ(parameter({"fedprox"}, "mu"), 0.01);
  EXPECT_EQ(parameter({"fedavgm"}, "eta"), 1);
  EXPECT_EQ(parameter({"fedavgm"}, "beta"), 0.9);
  EXPECT_EQ(parameter({"fedadagrad"}, "eta"), 0.1);
  EXPECT_EQ(parameter({"fedadagrad"}, "beta_1"), 0);
  EXPECT_EQ(parameter({"fedyogi"}, "eta"), 0.01);
  EXPECT_EQ(parameter({"fedadam"}, "eta"), 0.1);
  EXPECT_EQ(parameter({"fedadam"}, "beta_1"), 0.9);
  EXPECT_EQ(parameter({"fedadam"}, "beta_2"), 0.99);
  EXPECT_EQ(parameter({"fedadam"}, "tau"), 1e-3);
  EXPECT_EQ(parameter({"trimmed_mean"}, "beta"), 0.1);
  EXPECT_EQ(parameter({"krum"}, "f"), 0);
  EXPECT_EQ(parameter({"fedbuff"}, "buffer_size"), 10);
  EXPECT_EQ(parameter({"fedbuff"}, "eta"), 1);
}

TEST(Strategy, MultiKrumTakesMinClientsLessFByDefault) {
  EXPECT_EQ(parameter({"multi_krum", {{"f", 3}}}, "m"), 7);
}

TEST(Strategy, AnUnknownNameIsRefused) {
  EXPECT_EQ(refused({"fedsgd"}), std::vector<std::string>{"/name"});
}

TEST(Strategy, AnUnknownParameterIsRefused) {
  EXPECT_EQ(refused({"fedavg", {{"mu", 1}}}), std::vector<std::string>{"/mu"});
}

TEST(Strategy, AllBadFieldsAreToldAtOnce) {
  EXPECT_EQ(refused({"fedadam", {{"x", 1}, {"eta", 0}, {"beta_1", 1}, {"tau", -1}}}),
            (std::vector<std::string>{"/x", "/eta", "/beta_1", "/tau"}));
}

TEST(Strategy, LimitsOfRanges) {
  EXPECT_TRUE(refused({"fedavgm", {{"beta", 0}}}).empty());
  EXPECT_FALSE(refused({"fedavgm", {{"beta", 1}}}).empty());
  EXPECT_FALSE(refused({"fedavgm", {{"eta", 0}}}).empty());
  EXPECT_TRUE(refused({"trimmed_mean", {{"beta", 0}}}).empty());
  EXPECT_FALSE(refused({"trimmed_mean", {{"beta", 0.5}}}).empty());
  EXPECT_TRUE(refused({"fedprox", {{"mu", 0}}}).empty());
  EXPECT_FALSE(refused({"fedbuff", {{"buffer_size", 0}}}).empty());
  EXPECT_FALSE(refused({"fedbuff", {{"buffer_size", 2.5}}}).empty());
}

TEST(Strategy, WhatIsNotFiniteIsRefused) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(refused({"fedavgm", {{"eta", value}}}).empty());
    EXPECT_FALSE(refused({"fedprox", {{"mu", value}}}).empty());
  }
}

TEST(Strategy, KrumNeedsMoreThanTwiceFAndTwo) {
  EXPECT_TRUE(refused({"krum", {{"f", 3}}}, 9).empty());
  EXPECT_EQ(refused({"krum", {{"f", 3}}}, 8), std::vector<std::string>{"/f"});
  EXPECT_EQ(refused({"krum"}, 2), std::vector<std::string>{"/f"});
}

TEST(Strategy, MultiKrumsMIsAtMostMinClientsLessF) {
  EXPECT_TRUE(refused({"multi_krum", {{"f", 2}, {"m", 8}}}).empty());
  EXPECT_EQ(refused({"multi_krum", {{"f", 2}, {"m", 9}}}), std::vector<std::string>{"/m"});
  EXPECT_EQ(refused({"multi_krum", {{"f", 2}, {"m", 0}}}), std::vector<std::string>{"/m"});
}

TEST(Strategy, OnlyFedBuffTakesStaleUpdates) {
  for (const StrategyInfo& info : strategies()) {
    EXPECT_EQ(info.takes_stale_updates, info.name == "fedbuff");
  }
}

}  // namespace
}  // namespace vcp::fl
