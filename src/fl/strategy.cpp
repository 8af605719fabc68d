// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/strategy.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <iterator>
#include <utility>

#include "rule.hpp"
#include "vcp/base/json.hpp"

namespace vcp::fl {
namespace {

/// The table of rules, in the order of the contract.
constexpr std::array kRules = {fedavg, fedprox,      fedavgm, fedadagrad, fedyogi, fedadam,
                               median, trimmed_mean, krum,    multi_krum, fedbuff};

std::optional<RuleType> find_rule(std::string_view name) {
  for (const auto& rule : kRules) {
    if (RuleType type = rule(); type.info.name == name) return type;
  }
  return std::nullopt;
}

std::string number(double value) {
  std::string text;
  json::Writer(text).number(value);
  return text;
}

void check_range(const Parameter& parameter, double value, std::vector<FieldError>& errors) {
  const bool whole = !parameter.integer || value == std::floor(value);
  if (whole && parameter.interval.contains(value)) return;
  errors.push_back({json::pointer("", parameter.name),
                    std::string(parameter.integer ? "not an integer" : "not a number") + " in " +
                        parameter.interval.to_string()});
}

void check_names(const Strategy& strategy, const StrategyInfo& info,
                 std::vector<FieldError>& errors) {
  for (const auto& [name, value] : strategy.parameters) {
    const auto known = std::ranges::find(info.parameters, name, &Parameter::name);
    if (known != info.parameters.end()) continue;
    errors.push_back({json::pointer("", name), strategy.name + " has no such parameter"});
  }
}

std::unexpected<Error> refuse(std::vector<FieldError> errors) {
  std::string message = errors.front().pointer + ": " + errors.front().detail;
  return std::unexpected(Error{Code::invalid, std::move(message), std::move(errors)});
}

}  // namespace

bool Interval::contains(double value) const {
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

std::string Interval::to_string() const {
  return (low_open ? "(" : "[") + number(low) + ", " + number(high) + (high_open ? ")" : "]");
}

std::vector<StrategyInfo> strategies() {
  std::vector<StrategyInfo> all;
  std::ranges::transform(kRules, std::back_inserter(all), [](auto rule) { return rule().info; });
  return all;
}

std::optional<StrategyInfo> find_strategy(std::string_view name) {
  return find_rule(name).transform([](const RuleType& rule) { return rule.info; });
}

Result<Strategy> validate_strategy(Strategy strategy, std::uint64_t min_clients) {
  const std::optional<RuleType> rule = find_rule(strategy.name);
  if (!rule) return fail_field("/name", "there is no strategy " + json::quote(strategy.name));

  std::vector<FieldError> errors;
  check_names(strategy, rule->info, errors);
  const std::vector<double> defaults = rule->defaults(strategy, min_clients);
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    const Parameter& parameter = rule->info.parameters[i];
    const auto given = strategy.parameters.find(parameter.name);
    if (given != strategy.parameters.end()) {
      check_range(parameter, given->second, errors);
    } else {
      strategy.parameters.emplace(parameter.name, defaults[i]);
    }
  }
  if (errors.empty()) errors = rule->check(Parameters(strategy), min_clients);
  if (!errors.empty()) return refuse(std::move(errors));
  return strategy;
}

double Parameters::operator[](std::string_view name) const {
  const auto found = strategy_.parameters.find(name);
  assert(found != strategy_.parameters.end());
  return found->second;
}

std::unique_ptr<Rule> make_rule(const Strategy& strategy) {
  const std::optional<RuleType> rule = find_rule(strategy.name);
  assert(rule);
  return rule->make(Parameters(strategy));
}

}  // namespace vcp::fl
