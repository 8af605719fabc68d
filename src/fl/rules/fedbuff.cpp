// SPDX-License-Identifier: Apache-2.0
// FedBuff: w ← w + (η/K)·Σ s(τ_k)·Δ_k after K updates, s(τ) = (1+τ)^−½, unweighted. Nguyen et al.
// 2022, arXiv 2106.06639, algorithm 1.
#include <cmath>

#include "rule.hpp"

namespace vcp::fl {
namespace {

class FedBuff final : public Rule {
 public:
  explicit FedBuff(double eta) : eta_(eta) {}

  Result<Weighting> weigh(const Cohort& cohort) const override {
    Weighting weighting{.coefficients = {}, .divisor = static_cast<double>(cohort.members.size())};
    for (const Member& member : cohort.members) {
      const double tau = static_cast<double>(member.staleness);
      weighting.coefficients.push_back(1 / std::sqrt(1 + tau));
    }
    return weighting;
  }

  void step(std::span<const double> w, std::span<double> next,
            std::span<const std::span<double>>) const override {
    if (eta_ == 1) return;
    for (std::size_t i = 0; i < w.size(); ++i) next[i] = w[i] + eta_ * (next[i] - w[i]);
  }

 private:
  double eta_;
};

}  // namespace

RuleType fedbuff() {
  return {.info = {.name = "fedbuff",
                   .parameters = {{.name = "buffer_size", .interval = {1, 1e6}, .integer = true},
                                  {.name = "eta", .interval = {0, 1e6, true}}},
                   .takes_stale_updates = true,
                   .allows_privacy = false},
          .defaults =
              [](const Strategy&, std::uint64_t min_clients) {
                return std::vector{static_cast<double>(min_clients), 1.0};
              },
          .make = [](const Parameters& p) { return std::make_unique<FedBuff>(p["eta"]); }};
}

}  // namespace vcp::fl
