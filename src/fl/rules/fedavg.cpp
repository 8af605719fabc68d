// SPDX-License-Identifier: Apache-2.0
// FedAvg: w ← Σ n_k w_k / Σ n_k. McMahan et al. 2017, arXiv 1602.05629, algorithm 1.
#include <cassert>

#include "rule.hpp"

namespace vcp::fl {

Result<Weighting> Rule::weigh(const Cohort& cohort) const {
  Weighting weighting{.coefficients = {}, .divisor = 0};
  for (const Member& member : cohort.members) {
    weighting.coefficients.push_back(static_cast<double>(member.samples));
    weighting.divisor += weighting.coefficients.back();
  }
  return weighting;
}

void Rule::combine(Rows, std::span<double>) const {
  assert(!"a rule that combines by coordinate overrides this");
}

void Rule::step(std::span<const double>, std::span<double>,
                std::span<const std::span<double>>) const {}

RuleType fedavg() {
  return {.info = {.name = "fedavg", .parameters = {}},
          .defaults = [](const Strategy&, std::uint64_t) { return std::vector<double>(); },
          .make = [](const Parameters&) { return std::make_unique<Rule>(); }};
}

}  // namespace vcp::fl
