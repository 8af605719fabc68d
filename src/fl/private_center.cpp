// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "center.hpp"
#include "kernels.hpp"
#include "noise.hpp"

namespace vcp::fl {
namespace {

bool positive(double value) { return std::isfinite(value) && value > 0; }

/// What clipping and every rounding after it could add to a norm is taken away beforehand.
constexpr double kRoundingMargin = 1 - 0x1p-30;

/// Noise of the scale σ, on the grid σ/2^bits, and numbers of at most `sensitivity` on the same
/// grid.
class Grid {
 public:
  /// As fine as a sum of `terms` numbers, held exactly in a double, allows.
  Grid(double sensitivity, double sigma, double terms) {
    const double levels = std::log2(0x1p52 / terms * (sigma / sensitivity));
    bits_ = static_cast<int>(std::min<double>(kMaxGridBits, std::floor(levels)));
    step_ = std::ldexp(sigma, -bits_);
  }

  /// Coarser than this the noise would no longer be hidden in what it is rounded to.
  [[nodiscard]] bool is_fine() const { return bits_ >= 10 && positive(step_); }
  [[nodiscard]] double step() const { return step_; }

  [[nodiscard]] std::int64_t sample(Mechanism mechanism, KeyStream& stream) const {
    return mechanism == Mechanism::gaussian ? sample_normal(stream, bits_)
                                            : sample_laplace(stream, bits_);
  }

  /// (whole + noise) in units of the original numbers.
  [[nodiscard]] double release(double whole, Mechanism mechanism, KeyStream& stream) const {
    const std::int64_t noised = static_cast<std::int64_t>(whole) + sample(mechanism, stream);
    return static_cast<double>(noised) * step_;
  }

 private:
  int bits_;
  double step_;
};

/// Each client's clipped Δ is cut off towards zero on the grid, which lengthens no norm; whole
/// numbers are added exactly, then the noise. Everything after that is post-processing.
class NoisedSum final : public Center {
 public:
  NoisedSum(const CohortFiles& files, const PrivateRound& round, const Grid& grid,
            std::vector<double> factors, Random& random)
      : files_(files), round_(round), grid_(grid), factors_(std::move(factors)), key_(random) {}

  Result<> compute(const Tile& tile, std::span<const double> w, std::span<double> center,
                   Workspace& workspace) const override {
    std::ranges::fill(center, 0);
    workspace.error.resize(tile.count);
    const std::span<double> delta = workspace.error;
    for (std::size_t k = 0; k < factors_.size(); ++k) {
      if (factors_[k] == 0) continue;
      auto done = files_.read_delta(files_.clients()[k], tile, w, delta, workspace);
      if (!done) return done;
      accumulate_truncated(delta, factors_[k], center);
    }
    KeyStream stream(key_, tile.index);
    const auto m = static_cast<double>(round_.cohort);
    for (std::size_t i = 0; i < center.size(); ++i) {
      center[i] = w[i] + grid_.release(center[i], round_.mechanism, stream) / m;
    }
    return {};
  }

  /// A stream that no tile has.
  [[nodiscard]] KeyStream other_stream() const {
    return {key_, std::numeric_limits<std::uint64_t>::max()};
  }

 private:
  const CohortFiles& files_;
  PrivateRound round_;
  Grid grid_;
  std::vector<double> factors_;
  NoiseKey key_;
};

/// b̃ = ½ + (Σ(b_k − ½) + noise)/m with b_k = 1 if Δ_k is within the clip, then
/// C ← C·exp(−η(b̃ − γ)). Andrew et al. 2021, algorithm 1, with the sensitivity ½.
Result<double> adapt_clip(const PrivateRound& round, std::span<const double> norms,
                          double max_terms, KeyStream& stream) {
  const AdaptiveClipping& adaptive = *round.adaptive;
  const double scale = round.mechanism == Mechanism::gaussian
                           ? adaptive.count_stddev
                           : adaptive.count_stddev / std::numbers::sqrt2;
  const Grid grid(0.5, scale, max_terms);
  if (!positive(scale) || !grid.is_fine()) {
    return fail(Code::invalid, "the noise of the count is too small to be safe");
  }
  double sum = 0;
  for (const double norm : norms) {
    const double part = std::trunc(0.5 / grid.step());
    sum += norm <= round.clip ? part : -part;
  }
  const auto m = static_cast<double>(round.cohort);
  const double fraction = 0.5 + grid.release(sum, round.mechanism, stream) / m;
  const double next =
      round.clip * std::exp(-adaptive.learning_rate * (fraction - adaptive.target_quantile));
  return std::clamp(next, kClip.low, kClip.high);
}

Result<> check(const PrivateRound& round) {
  if (kClip.contains(round.clip) && positive(round.sum_multiplier) &&
      positive(round.clip * round.sum_multiplier) && round.cohort > 0) {
    return {};
  }
  return fail(Code::invalid,
              "a private round needs noise, a cohort and a clip in " + kClip.to_string());
}

}  // namespace

Result<PrivateCenter> make_private_center(const CohortFiles& files, const PrivateRound& round,
                                          Random& random, const ParallelFor& parallel) {
  if (auto checked = check(round); !checked) return std::unexpected(checked.error());
  const auto max_terms = static_cast<double>(std::max(round.cohort, files.clients().size()));
  const Grid grid(round.clip, round.clip * round.sum_multiplier, max_terms);
  if (!grid.is_fine()) return fail(Code::invalid, "the noise is too small to be safe");
  const Result<std::vector<Norms>> norms = measure_norms(files, parallel);
  if (!norms) return std::unexpected(norms.error());

  PrivateCenter made;
  std::vector<double> factors;
  std::vector<double> kept;
  for (std::size_t k = 0; k < norms->size(); ++k) {
    const Norms& both = (*norms)[k];
    const double norm = round.mechanism == Mechanism::gaussian ? both.l2 : both.l1;
    if (!std::isfinite(norm)) made.discarded.push_back(files.clients()[k].update.client_id);
    if (std::isfinite(norm)) kept.push_back(norm);
    const double clip = norm <= round.clip ? 1 : round.clip / norm;  // 0 for a discarded one
    factors.push_back(std::isfinite(norm) ? clip * kRoundingMargin / grid.step() : 0);
  }
  auto sum = std::make_unique<NoisedSum>(files, round, grid, std::move(factors), random);
  if (round.adaptive) {
    KeyStream stream = sum->other_stream();
    const Result<double> next_clip = adapt_clip(round, kept, max_terms, stream);
    if (!next_clip) return std::unexpected(next_clip.error());
    made.next_clip = *next_clip;
  }
  made.center = std::move(sum);
  return made;
}

}  // namespace vcp::fl
