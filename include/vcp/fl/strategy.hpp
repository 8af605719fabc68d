// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"

namespace vcp::fl {

/// An aggregation rule by its name, and its parameters by theirs. docs/federated-learning.md has
/// the formulas.
struct Strategy {
  std::string name;
  std::map<std::string, double, std::less<>> parameters = {};

  friend bool operator==(const Strategy&, const Strategy&) = default;
};

/// The numbers that a parameter may take; a limit that is left out is written with a round bracket.
struct Interval {
  double low;
  double high;
  bool low_open = false;
  bool high_open = false;

  [[nodiscard]] bool contains(double value) const;
  [[nodiscard]] std::string to_string() const;  ///< "[0, 1)"
};

/// What a rule says of one of its parameters.
struct Parameter {
  std::string_view name;
  Interval interval;
  bool integer = false;
};

/// What is fixed about a rule by its name alone.
struct StrategyInfo {
  std::string_view name;
  std::vector<Parameter> parameters;
  bool takes_stale_updates = false;  ///< trained from earlier versions of the model
  bool allows_privacy = true;
};

/// Every rule there is, in the order of the contract.
[[nodiscard]] std::vector<StrategyInfo> strategies();

/// The rule of that name, if there is one.
[[nodiscard]] std::optional<StrategyInfo> find_strategy(std::string_view name);

/// The strategy with every parameter that was left out at its default; `invalid` with all bad
/// fields, as JSON pointers relative to the strategy. A round has at least `min_clients` updates,
/// at least 1.
[[nodiscard]] Result<Strategy> validate_strategy(Strategy strategy, std::uint64_t min_clients);

}  // namespace vcp::fl
