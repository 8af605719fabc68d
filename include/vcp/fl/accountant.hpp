// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vcp/base/result.hpp"

/// What noise costs: the (ε, δ) of releases whose noise has `z` times the scale of the sensitivity.
/// Arguments are finite and positive, δ below 1; everything else gives an infinite ε or a δ of 1,
/// so that a mistake never looks like privacy.
namespace vcp::fl {

/// The exact δ at ε of one Gaussian release. Balle, Wang 2018, arXiv 1805.06530, theorem 8.
[[nodiscard]] double gaussian_delta(double z, double epsilon);

/// The exact ε at δ of `releases` Gaussian releases, also where each was chosen after seeing those
/// before it: together they are one of multiplier z/√releases. Rounded up.
[[nodiscard]] double gaussian_epsilon(double z, std::uint64_t releases, double delta);

/// The ε of `releases` Laplace releases: pure differential privacy adds up at 1/z each.
[[nodiscard]] double laplace_epsilon(double z, std::uint64_t releases);

/// The least multipliers, rounded up, with which the functions above give at most `epsilon`;
/// `invalid` if there are none.
[[nodiscard]] Result<double> gaussian_multiplier(double epsilon, std::uint64_t releases,
                                                 double delta);
[[nodiscard]] Result<double> laplace_multiplier(double epsilon, std::uint64_t releases);

/// Adds up Rényi differential privacy over Gaussian releases of which each takes every client with
/// probability `q`, by itself, in secret (Poisson sampling). For clients that select themselves q
/// is 1, and gaussian_epsilon() is exact and so smaller. Mironov, Talwar, Zhang 2019, arXiv
/// 1908.10530.
class RdpAccountant {
 public:
  /// Orders 1.1, 1.2 … 10.9, 11, 12 … 63, 128, 256, 512.
  RdpAccountant();

  /// Orders of one's own, each above 1.
  explicit RdpAccountant(std::vector<double> orders);

  void add(double z, double q, std::uint64_t releases);

  struct Bound {
    double epsilon;
    double order;  ///< the α that gives it
  };

  /// The least ε over all orders. Canonne, Kamath, Steinke 2020, arXiv 2004.00010, proposition 12.
  [[nodiscard]] Bound bound(double delta) const;

 private:
  std::vector<double> orders_;
  std::vector<double> rdp_;  // ρ(α) of all releases, order by order
};

}  // namespace vcp::fl
