// SPDX-License-Identifier: Apache-2.0
// FedAdagrad, FedYogi and FedAdam: adaptive server optimisers. Reddi et al. 2021, arXiv 2003.00295,
// algorithm 2, with v₋₁ = τ², m₋₁ = 0 and no correction of the bias. They differ in how v moves.
#include <cmath>

#include "rule.hpp"

namespace vcp::fl {
namespace {

struct Adagrad {
  static double next(double v, double square, double /*beta_2*/) { return v + square; }
};

struct Yogi {
  static double next(double v, double square, double beta_2) {
    const double change = (1 - beta_2) * square;
    if (v == square) return v;
    return v > square ? v - change : v + change;
  }
};

struct Adam {
  static double next(double v, double square, double beta_2) {
    return beta_2 * v + (1 - beta_2) * square;
  }
};

template <class SecondMoment>
class Adaptive final : public Rule {
 public:
  explicit Adaptive(const Parameters& p)
      : eta_(p["eta"]), beta_1_(p["beta_1"]), beta_2_(p["beta_2"]), tau_(p["tau"]) {}

  std::vector<Slot> slots() const override {
    return {{.name = "m", .initial = 0}, {.name = "v", .initial = tau_ * tau_}};
  }

  void step(std::span<const double> w, std::span<double> next,
            std::span<const std::span<double>> slots) const override {
    const std::span<double> m = slots[0];
    const std::span<double> v = slots[1];
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double delta = next[i] - w[i];
      m[i] = beta_1_ * m[i] + (1 - beta_1_) * delta;
      v[i] = SecondMoment::next(v[i], delta * delta, beta_2_);
      next[i] = w[i] + eta_ * m[i] / (std::sqrt(v[i]) + tau_);
    }
  }

 private:
  double eta_;
  double beta_1_;
  double beta_2_;
  double tau_;
};

template <class SecondMoment>
RuleType adaptive(std::string_view name, double eta, double beta_1) {
  return {.info = {.name = name,
                   .parameters = {{.name = "eta", .interval = {0, 1e6, true}},
                                  {.name = "beta_1", .interval = {0, 1, false, true}},
                                  {.name = "beta_2", .interval = {0, 1, false, true}},
                                  {.name = "tau", .interval = {0, 1e6, true}}}},
          .defaults = [=](const Strategy&,
                          std::uint64_t) { return std::vector{eta, beta_1, 0.99, 1e-3}; },
          .make = [](const Parameters& p) { return std::make_unique<Adaptive<SecondMoment>>(p); }};
}

}  // namespace

RuleType fedadagrad() { return adaptive<Adagrad>("fedadagrad", 0.1, 0.0); }
RuleType fedyogi() { return adaptive<Yogi>("fedyogi", 0.01, 0.9); }
RuleType fedadam() { return adaptive<Adam>("fedadam", 0.1, 0.9); }

}  // namespace vcp::fl
