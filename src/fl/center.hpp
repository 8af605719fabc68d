// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cohort.hpp"
#include "rule.hpp"
#include "vcp/fl/round.hpp"

namespace vcp::fl {

/// Computes w̄, tile by tile, from a cohort. Any thread.
class Center {
 public:
  virtual ~Center() = default;

  /// The tiles that it works best on.
  [[nodiscard]] virtual std::size_t tile_elements() const { return kTileElements; }

  /// w̄ of a tile, where the round's model is `w`.
  [[nodiscard]] virtual Result<> compute(const Tile& tile, std::span<const double> w,
                                         std::span<double> center, Workspace& workspace) const = 0;
};

/// The weighted mean that the rule's weights ask for, or its statistic of each coordinate. Both
/// arguments outlive what is returned.
[[nodiscard]] Result<std::unique_ptr<Center>> make_center(const CohortFiles& files,
                                                          const Rule& rule,
                                                          const ParallelFor& parallel);

/// w + (Σ clip(Δ_k) + noise) / m, and what a private round tells beside it.
struct PrivateCenter {
  std::unique_ptr<Center> center;
  std::optional<double> next_clip;
  std::vector<std::string> discarded;
};
[[nodiscard]] Result<PrivateCenter> make_private_center(const CohortFiles& files,
                                                        const PrivateRound& round, Random& random,
                                                        const ParallelFor& parallel);

}  // namespace vcp::fl
