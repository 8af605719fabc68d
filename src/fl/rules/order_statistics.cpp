// SPDX-License-Identifier: Apache-2.0
// The coordinate-wise median and the coordinate-wise trimmed mean, unweighted. Yin et al. 2018,
// arXiv 1803.01498, definitions 1 and 2.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels.hpp"
#include "rule.hpp"

namespace vcp::fl {
namespace {

/// Sorts every column by Batcher's merge exchange (Knuth, volume 3, 5.2.2, algorithm M): the same
/// exchanges whatever the values, so that each works on two rows at once as vectors.
void sort_columns(Rows rows) {
  const std::size_t n = rows.size();
  if (n < 2) return;
  const std::size_t top = std::bit_ceil(n) / 2;
  for (std::size_t p = top; p > 0; p /= 2) {
    std::size_t r = 0;
    std::size_t d = p;
    for (std::size_t q = top;; q /= 2) {
      for (std::size_t i = 0; i + d < n; ++i) {
        if ((i & p) == r) sort_pairwise(rows.row(i), rows.row(i + d));
      }
      if (q == p) break;
      d = q - p;
      r = p;
    }
  }
}

class Median final : public Rule {
 public:
  bool combines_by_coordinate() const override { return true; }

  void combine(Rows rows, std::span<double> center) const override {
    sort_columns(rows);
    const std::span<const double> low = rows.row((rows.size() - 1) / 2);
    const std::span<const double> high = rows.row(rows.size() / 2);
    for (std::size_t i = 0; i < center.size(); ++i) center[i] = std::midpoint(low[i], high[i]);
  }
};

class TrimmedMean final : public Rule {
 public:
  explicit TrimmedMean(double beta) : beta_(beta) {}

  bool combines_by_coordinate() const override { return true; }

  void combine(Rows rows, std::span<double> center) const override {
    sort_columns(rows);
    const std::size_t n = rows.size();
    const std::size_t drop = dropped(n);
    const double kept = static_cast<double>(n - 2 * drop);
    // A power of two that keeps the sum in range.
    const double scale = 1 / static_cast<double>(std::bit_ceil(n));
    std::vector<double> error(center.size());
    std::ranges::fill(center, 0);
    for (std::size_t k = drop; k < n - drop; ++k) {
      accumulate(Dtype::f64, reinterpret_cast<const char*>(rows.row(k).data()), scale,
                 {center, error});
    }
    divide(Dtype::f64, {center, error}, kept * scale);
  }

 private:
  /// ⌊βn⌋ of the decimal fraction that was written: 0.29 · 100 is 29, not 28.999….
  [[nodiscard]] std::size_t dropped(std::size_t n) const {
    return static_cast<std::size_t>(std::floor(beta_ * static_cast<double>(n) + 1e-9));
  }

  double beta_;
};

}  // namespace

RuleType median() {
  return {.info = {.name = "median", .parameters = {}, .allows_privacy = false},
          .defaults = [](const Strategy&, std::uint64_t) { return std::vector<double>(); },
          .make = [](const Parameters&) { return std::make_unique<Median>(); }};
}

RuleType trimmed_mean() {
  return {.info = {.name = "trimmed_mean",
                   .parameters = {{.name = "beta", .interval = {0, 0.5, false, true}}},
                   .allows_privacy = false},
          .defaults = [](const Strategy&, std::uint64_t) { return std::vector{0.1}; },
          .make = [](const Parameters& p) { return std::make_unique<TrimmedMean>(p["beta"]); }};
}

}  // namespace vcp::fl
