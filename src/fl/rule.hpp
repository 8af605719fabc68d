// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/fl/strategy.hpp"

namespace vcp::fl {

/// What a rule may know of an update before it weighs it.
struct Member {
  std::uint64_t samples;
  std::uint64_t staleness;  ///< versions that the model it started from is behind
};

/// Squared Euclidean distances between the models of a cohort, row by row.
struct Distances {
  std::size_t size;
  std::vector<double> squares;

  [[nodiscard]] double operator()(std::size_t i, std::size_t j) const {
    return squares[i * size + j];
  }
};

/// The updates of a round, in the order of their client ids.
struct Cohort {
  std::span<const Member> members;
  std::function<Result<Distances>()> distances;  ///< reads every update: ask only if needed
};

/// w̄ = w + Σ coefficients[k] · Δ_k / divisor, of which nothing overflows where w̄ does not.
struct Weighting {
  std::vector<double> coefficients;
  double divisor;
};

/// A value that a rule keeps for each parameter between rounds, in double precision.
struct Slot {
  std::string_view name;
  double initial;
};

/// The same parameters of every client's model: `row(k)` is client k's.
struct Rows {
  std::span<double> values;
  std::size_t width;

  [[nodiscard]] std::size_t size() const { return values.size() / width; }
  [[nodiscard]] std::span<double> row(std::size_t k) const {
    return values.subspan(k * width, width);
  }
};

/// An aggregation rule: how a cohort becomes one model w̄, and how the server moves from w towards
/// it. FedAvg is what stands here; a rule overrides where it differs. Any thread.
class Rule {
 public:
  virtual ~Rule() = default;

  /// What each update counts; by default its samples. Not asked if combines_by_coordinate().
  [[nodiscard]] virtual Result<Weighting> weigh(const Cohort& cohort) const;

  /// Whether w̄ is a statistic of each coordinate, by combine(), in place of a weighted mean.
  [[nodiscard]] virtual bool combines_by_coordinate() const { return false; }

  /// Computes w̄; may use `rows` as working space.
  virtual void combine(Rows rows, std::span<double> center) const;

  /// By name, as the file of the state has them.
  [[nodiscard]] virtual std::vector<Slot> slots() const { return {}; }

  /// Turns w̄, in `next`, into the new model, and moves the slots on.
  virtual void step(std::span<const double> model, std::span<double> next,
                    std::span<const std::span<double>> slots) const;
};

/// A validated strategy's parameters.
class Parameters {
 public:
  explicit Parameters(const Strategy& strategy) : strategy_(strategy) {}
  [[nodiscard]] double operator[](std::string_view name) const;

 private:
  const Strategy& strategy_;
};

/// A row of the table of rules: what is public about it, and how it is made.
struct RuleType {
  StrategyInfo info;

  /// Defaults, in the order of `info.parameters`, for rounds of at least `min_clients`.
  std::function<std::vector<double>(const Strategy& given, std::uint64_t min_clients)> defaults;

  /// What only several parameters together can break; nothing if all is well.
  std::function<std::vector<FieldError>(const Parameters&, std::uint64_t min_clients)> check =
      [](const Parameters&, std::uint64_t) { return std::vector<FieldError>(); };

  std::function<std::unique_ptr<Rule>(const Parameters&)> make;
};

/// The rule that a validated strategy names.
[[nodiscard]] std::unique_ptr<Rule> make_rule(const Strategy& strategy);

// One function for each file below rules/; src/fl/strategy.cpp lists them.
[[nodiscard]] RuleType fedavg();
[[nodiscard]] RuleType fedprox();
[[nodiscard]] RuleType fedavgm();
[[nodiscard]] RuleType fedadagrad();
[[nodiscard]] RuleType fedyogi();
[[nodiscard]] RuleType fedadam();
[[nodiscard]] RuleType median();
[[nodiscard]] RuleType trimmed_mean();
[[nodiscard]] RuleType krum();
[[nodiscard]] RuleType multi_krum();
[[nodiscard]] RuleType fedbuff();

}  // namespace vcp::fl
