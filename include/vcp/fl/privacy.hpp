// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vcp/base/result.hpp"
#include "vcp/fl/strategy.hpp"

/// Differential privacy of the clients of a job, by a trusted server: what a job asks for, and what
/// follows from it. Neighbouring cohorts differ by one client, added or removed.
namespace vcp::fl {

enum class Mechanism : std::uint8_t {
  gaussian,  ///< clips by the L2 norm; (ε, δ)
  laplace,   ///< clips by the L1 norm; pure ε
};

[[nodiscard]] std::optional<Mechanism> parse_mechanism(std::string_view name);
[[nodiscard]] std::string_view to_string(Mechanism mechanism);

/// The clipping norm follows a quantile of the updates' norms. Andrew et al. 2021, arXiv
/// 1905.03871.
struct AdaptiveClipping {
  double target_quantile = 0.5;  ///< γ
  double learning_rate = 0.2;
  double count_stddev = 0;  ///< σ_b, of the noise on the number of updates that were not clipped
};

/// Clipping norms that are worked with. Far below, squares of values would vanish and with them the
/// norm that is to be clipped.
inline constexpr Interval kClip = {1e-9, 1e9};

/// What a job asks for.
struct Privacy {
  Mechanism mechanism = Mechanism::gaussian;
  double clip = 0;                              ///< of the first round, if it adapts
  std::optional<double> noise_multiplier = {};  ///< z: noise scale over clipping norm
  std::optional<double> epsilon = {};           ///< the budget; alone, it also sets z
  std::optional<double> delta = {};             ///< needed for gaussian
  std::optional<AdaptiveClipping> adaptive = {};
};

/// What one round needs to know. Everything in it is public.
struct PrivateRound {
  Mechanism mechanism;
  double clip;
  double sum_multiplier;  ///< noise scale of the sum over `clip`
  std::uint64_t cohort;   ///< m: what the sum is divided by, however many report
  std::optional<AdaptiveClipping> adaptive;
};

/// A privacy that was found good, with the noise that it takes.
class PrivacyPlan {
 public:
  /// `invalid` with all bad fields, as JSON pointers relative to the privacy, and at "" if the
  /// strategy does not combine with privacy. `rounds` is at least 1.
  [[nodiscard]] static Result<PrivacyPlan> make(const Privacy& privacy, const Strategy& strategy,
                                                std::uint64_t rounds);

  [[nodiscard]] double noise_multiplier() const { return noise_multiplier_; }
  [[nodiscard]] double first_clip() const { return privacy_.clip; }
  [[nodiscard]] std::optional<double> budget() const { return privacy_.epsilon; }

  /// The ε that so many rounds spend, at the job's δ.
  [[nodiscard]] double epsilon_after(std::uint64_t rounds) const;

  /// To be asked before a round: `conflict`, with the reason, if it would spend past the budget.
  [[nodiscard]] Result<> admit(std::uint64_t rounds_done) const;

  [[nodiscard]] PrivateRound round(double clip, std::uint64_t cohort) const;

 private:
  PrivacyPlan(Privacy privacy, double noise_multiplier)
      : privacy_(std::move(privacy)), noise_multiplier_(noise_multiplier) {}

  Privacy privacy_;
  double noise_multiplier_;
};

}  // namespace vcp::fl
