// SPDX-License-Identifier: Apache-2.0
// FedAvgM: server momentum. Hsu et al. 2019, arXiv 1909.06335, section 4.3.
#include "rule.hpp"

namespace vcp::fl {
namespace {

class FedAvgM final : public Rule {
 public:
  FedAvgM(double eta, double beta) : eta_(eta), beta_(beta) {}

  std::vector<Slot> slots() const override { return {{.name = "v", .initial = 0}}; }

  void step(std::span<const double> w, std::span<double> next,
            std::span<const std::span<double>> slots) const override {
    const std::span<double> v = slots[0];
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double g = w[i] - next[i];
      v[i] = beta_ * v[i] + g;
      next[i] = w[i] - eta_ * v[i];
    }
  }

 private:
  double eta_;
  double beta_;
};

}  // namespace

RuleType fedavgm() {
  return {
      .info = {.name = "fedavgm",
               .parameters = {{.name = "eta", .interval = {0, 1e6, true}},
                              {.name = "beta", .interval = {0, 1, false, true}}}},
      .defaults = [](const Strategy&, std::uint64_t) { return std::vector{1.0, 0.9}; },
      .make = [](const Parameters& p) { return std::make_unique<FedAvgM>(p["eta"], p["beta"]); }};
}

}  // namespace vcp::fl
