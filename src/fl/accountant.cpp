// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/accountant.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

namespace vcp::fl {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool positive(double value) { return std::isfinite(value) && value > 0; }

/// ln Φ(t). Below -30 by the first terms of the asymptotic series.
long double log_normal_cdf(long double t) {
  using std::numbers::pi_v;
  if (t > -30) return std::log(std::erfc(-t / std::sqrt(2.0L)) / 2);
  const long double inverse_square = 1 / (t * t);
  return -t * t / 2 - std::log(-t) - std::log(2 * pi_v<long double>) / 2 +
         std::log1p(-inverse_square + 3 * inverse_square * inverse_square);
}

/// The least x at which the decreasing `excess` is no longer positive, from above; infinity if
/// there is none below 2^1000.
double bisect(double start, const std::function<bool(double)>& excess) {
  double low = 0;
  double high = start;
  while (excess(high)) {
    low = high;
    high *= 2;
    if (high > 0x1p1000) return kInfinity;
  }
  for (double middle = std::midpoint(low, high); middle > low && middle < high;
       middle = std::midpoint(low, high)) {
    (excess(middle) ? low : high) = middle;
  }
  return high;
}

double log_binomial(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

/// ln(e^a + e^b).
double log_add(double a, double b) {
  const double high = std::max(a, b);
  if (high == -kInfinity) return high;
  return high + std::log1p(std::exp(std::min(a, b) - high));
}

/// ln A_α for an integer α: section 3.3, the finite sum.
double log_moment_sum(double q, double z, double alpha) {
  double total = -kInfinity;
  for (double k = 0; k <= alpha; ++k) {
    total = log_add(total, log_binomial(alpha, k) + (alpha - k) * std::log1p(-q) + k * std::log(q) +
                               (k * k - k) / (2 * z * z));
  }
  return total;
}

/// ln A_α for any α: A_α = E[((1−q) + q·e^((2x−1)/(2z²)))^α] over x ~ N(0, z²), by the trapezoidal
/// rule, which for such an integrand errs less than e^(−2π²·kSteps·z) ≪ 10^-15.
double log_moment_integral(double q, double z, double alpha) {
  constexpr double kSteps = 16;
  constexpr double kTail = 40;  // standard deviations beyond either mode: e^-800
  const double step = std::min(z, z * z) / kSteps;
  const double low = -kTail * z;
  const auto count = static_cast<std::uint64_t>((alpha + 2 * kTail * z) / step);
  double total = -kInfinity;
  for (std::uint64_t i = 0; i <= count; ++i) {
    const double x = low + static_cast<double>(i) * step;
    const double ratio = log_add(std::log1p(-q), std::log(q) + (2 * x - 1) / (2 * z * z));
    total = log_add(total, alpha * ratio - x * x / (2 * z * z));
  }
  return total + std::log(step / z) - std::log(2 * std::numbers::pi) / 2;
}

/// Multipliers below this give fractional orders too many steps; the integer ones do without.
constexpr double kLeastIntegrable = 0.1;

/// ρ(α) of one release.
double rdp(double q, double z, double alpha) {
  if (!positive(z) || !(q > 0 && q <= 1)) return kInfinity;
  if (q == 1) return alpha / (2 * z * z);
  if (alpha == std::floor(alpha)) return log_moment_sum(q, z, alpha) / (alpha - 1);
  if (z < kLeastIntegrable) return kInfinity;
  return log_moment_integral(q, z, alpha) / (alpha - 1);
}

std::vector<double> default_orders() {
  std::vector<double> orders;
  for (int tenth = 11; tenth <= 109; ++tenth) orders.push_back(tenth / 10.0);
  for (int order = 11; order <= 63; ++order) orders.push_back(order);
  orders.insert(orders.end(), {128, 256, 512});
  return orders;
}

double to_epsilon(double rho, double alpha, double delta) {
  return rho + std::log1p(-1 / alpha) - (std::log(delta) + std::log(alpha)) / (alpha - 1);
}

}  // namespace

double gaussian_delta(double z, double epsilon) {
  if (!positive(z) || !(epsilon >= 0)) return 1;
  const long double half = 1 / (2.0L * z);
  const long double shift = static_cast<long double>(epsilon) * z;
  const long double kept = std::exp(log_normal_cdf(half - shift));
  const long double paid = std::exp(epsilon + log_normal_cdf(-half - shift));
  return static_cast<double>(std::clamp(kept - paid, 0.0L, 1.0L));
}

double gaussian_epsilon(double z, std::uint64_t releases, double delta) {
  if (releases == 0) return 0;
  if (!positive(z) || !(delta > 0 && delta < 1)) return kInfinity;
  const double joint = z / std::sqrt(static_cast<double>(releases));
  const auto excess = [&](double epsilon) { return gaussian_delta(joint, epsilon) > delta; };
  return excess(0) ? bisect(1, excess) : 0;
}

double laplace_epsilon(double z, std::uint64_t releases) {
  if (releases == 0) return 0;
  return positive(z) ? static_cast<double>(releases) / z : kInfinity;
}

Result<double> gaussian_multiplier(double epsilon, std::uint64_t releases, double delta) {
  if (!positive(epsilon) || releases == 0 || !(delta > 0 && delta < 1)) {
    return fail(Code::invalid, "epsilon, delta and the number of rounds must be positive");
  }
  const double z = bisect(1, [&](double multiplier) {
    return gaussian_epsilon(multiplier, releases, delta) > epsilon;
  });
  if (!positive(z)) return fail(Code::invalid, "no noise is enough for this epsilon");
  return z;
}

Result<double> laplace_multiplier(double epsilon, std::uint64_t releases) {
  if (!positive(epsilon) || releases == 0) {
    return fail(Code::invalid, "epsilon and the number of rounds must be positive");
  }
  double z = static_cast<double>(releases) / epsilon;
  while (positive(z) && laplace_epsilon(z, releases) > epsilon) z = std::nextafter(z, kInfinity);
  if (!positive(z)) return fail(Code::invalid, "no noise is enough for this epsilon");
  return z;
}

RdpAccountant::RdpAccountant() : RdpAccountant(default_orders()) {}

RdpAccountant::RdpAccountant(std::vector<double> orders)
    : orders_(std::move(orders)), rdp_(orders_.size()) {
  assert(!orders_.empty() && std::ranges::min(orders_) > 1);
}

void RdpAccountant::add(double z, double q, std::uint64_t releases) {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    rdp_[i] += static_cast<double>(releases) * rdp(q, z, orders_[i]);
  }
}

RdpAccountant::Bound RdpAccountant::bound(double delta) const {
  Bound least{.epsilon = kInfinity, .order = orders_.front()};
  if (!(delta > 0 && delta < 1)) return least;
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const double epsilon = to_epsilon(rdp_[i], orders_[i], delta);
    if (epsilon < least.epsilon) least = {.epsilon = epsilon, .order = orders_[i]};
  }
  least.epsilon = std::max(0.0, least.epsilon);
  return least;
}

}  // namespace vcp::fl
