// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/privacy.hpp"

#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "vcp/base/json.hpp"
#include "vcp/fl/accountant.hpp"

namespace vcp::fl {
namespace {

constexpr Interval kMultiplier = {1e-6, 1e6};
constexpr Interval kEpsilon = {0, 1e6, true};
constexpr Interval kProbability = {0, 1, true, true};
constexpr Interval kLearningRate = {0, 10, true};
constexpr Interval kStddev = {0, 1e9, true};

std::string number(double value) {
  std::string text;
  json::Writer(text).number(value);
  return text;
}

class FieldChecks {
 public:
  void add(std::string pointer, std::string detail) {
    errors_.push_back({std::move(pointer), std::move(detail)});
  }

  void range(std::string pointer, std::optional<double> value, const Interval& interval) {
    if (value && !interval.contains(*value)) {
      add(std::move(pointer), "not a number in " + interval.to_string());
    }
  }

  [[nodiscard]] Result<> result() {
    if (errors_.empty()) return {};
    std::string message = errors_.front().pointer + ": " + errors_.front().detail;
    return std::unexpected(Error{Code::invalid, std::move(message), std::move(errors_)});
  }

 private:
  std::vector<FieldError> errors_;
};

Result<> check(const Privacy& privacy, const Strategy& strategy) {
  FieldChecks checks;
  const auto info = find_strategy(strategy.name);
  if (info && !info->allows_privacy) {
    checks.add("", strategy.name + " does not combine with privacy");
  }
  if (!privacy.noise_multiplier && !privacy.epsilon) {
    checks.add("/epsilon", "epsilon or noise_multiplier must be there");
  }
  if (privacy.mechanism == Mechanism::gaussian && !privacy.delta) checks.add("/delta", "missing");
  checks.range("/clip", privacy.clip, kClip);
  checks.range("/noise_multiplier", privacy.noise_multiplier, kMultiplier);
  checks.range("/epsilon", privacy.epsilon, kEpsilon);
  checks.range("/delta", privacy.delta, kProbability);
  if (const auto& adaptive = privacy.adaptive) {
    checks.range("/adaptive/target_quantile", adaptive->target_quantile, kProbability);
    checks.range("/adaptive/learning_rate", adaptive->learning_rate, kLearningRate);
    checks.range("/adaptive/count_stddev", adaptive->count_stddev, kStddev);
  }
  return checks.result();
}

Result<double> choose_multiplier(const Privacy& privacy, std::uint64_t rounds) {
  if (privacy.noise_multiplier) return *privacy.noise_multiplier;
  const Result<double> z = privacy.mechanism == Mechanism::gaussian
                               ? gaussian_multiplier(*privacy.epsilon, rounds, *privacy.delta)
                               : laplace_multiplier(*privacy.epsilon, rounds);
  if (z && kMultiplier.contains(*z)) return z;
  return fail_field("/epsilon",
                    "no noise_multiplier in " + kMultiplier.to_string() + " makes all rounds fit");
}

/// What is left for the sum when the count has taken its share, so that both together cost what z
/// does. The count has the sensitivity ½. Gaussian: Andrew et al. 2021, theorem 1; for Laplace,
/// whose scale at σ_b is σ_b/√2, the pure ε of both add up to 1/z.
double sum_multiplier(Mechanism mechanism, double z, double count_stddev) {
  if (mechanism == Mechanism::laplace) {
    return 1 / (1 / z - 1 / (std::numbers::sqrt2 * count_stddev));
  }
  return 1 / std::sqrt(1 / (z * z) - 1 / (4 * count_stddev * count_stddev));
}

}  // namespace

std::optional<Mechanism> parse_mechanism(std::string_view name) {
  if (name == "gaussian") return Mechanism::gaussian;
  if (name == "laplace") return Mechanism::laplace;
  return std::nullopt;
}

std::string_view to_string(Mechanism mechanism) {
  return mechanism == Mechanism::gaussian ? "gaussian" : "laplace";
}

Result<PrivacyPlan> PrivacyPlan::make(const Privacy& privacy, const Strategy& strategy,
                                      std::uint64_t rounds) {
  if (auto checked = check(privacy, strategy); !checked) return std::unexpected(checked.error());
  const Result<double> z = choose_multiplier(privacy, rounds);
  if (!z) return std::unexpected(z.error());
  if (privacy.adaptive) {
    const double for_sum = sum_multiplier(privacy.mechanism, *z, privacy.adaptive->count_stddev);
    if (!kMultiplier.contains(for_sum)) {
      return fail_field(
          "/adaptive/count_stddev",
          "too small: nothing is left for the sum at a noise_multiplier of " + number(*z));
    }
  }
  return PrivacyPlan(privacy, *z);
}

double PrivacyPlan::epsilon_after(std::uint64_t rounds) const {
  return privacy_.mechanism == Mechanism::gaussian
             ? gaussian_epsilon(noise_multiplier_, rounds, *privacy_.delta)
             : laplace_epsilon(noise_multiplier_, rounds);
}

Result<> PrivacyPlan::admit(std::uint64_t rounds_done) const {
  if (!privacy_.epsilon) return {};
  const double after = epsilon_after(rounds_done + 1);
  if (after <= *privacy_.epsilon) return {};
  return fail(Code::conflict, "another round would bring epsilon to " + number(after) +
                                  ", past the budget of " + number(*privacy_.epsilon));
}

PrivateRound PrivacyPlan::round(double clip, std::uint64_t cohort) const {
  const double for_sum = privacy_.adaptive ? sum_multiplier(privacy_.mechanism, noise_multiplier_,
                                                            privacy_.adaptive->count_stddev)
                                           : noise_multiplier_;
  return {.mechanism = privacy_.mechanism,
          .clip = clip,
          .sum_multiplier = for_sum,
          .cohort = cohort,
          .adaptive = privacy_.adaptive};
}

}  // namespace vcp::fl
