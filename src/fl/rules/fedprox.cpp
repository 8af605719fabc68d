// SPDX-License-Identifier: Apache-2.0
// FedProx: the clients add (μ/2)‖w_k − w‖² to their loss; the server does as FedAvg does. Li et al.
// 2020, arXiv 1812.06127, algorithm 2.
#include "rule.hpp"

namespace vcp::fl {

RuleType fedprox() {
  return {.info = {.name = "fedprox", .parameters = {{.name = "mu", .interval = {0, 1e6}}}},
          .defaults = [](const Strategy&, std::uint64_t) { return std::vector{0.01}; },
          .make = [](const Parameters&) { return std::make_unique<Rule>(); }};
}

}  // namespace vcp::fl
