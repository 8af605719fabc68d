// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>

#include "group.hpp"

namespace vcp::zk {

/// Σ kᵢPᵢ for short scalars, by buckets (Pippenger; Bernstein, Doumen, Lange and Oosterwijk, eprint
/// 2012/549, section 4).
template <class F>
Jacobian<F> short_multiexp(std::span<const Affine<F>> points, std::span<const std::uint64_t> k) {
  const auto log_size = static_cast<unsigned>(std::bit_width(points.size()));
  const unsigned width = std::clamp(log_size, 4U, 14U) - 2;
  Jacobian<F> sum = Jacobian<F>::infinity();
  std::vector<Jacobian<F>> buckets;
  for (unsigned window = (64 + width - 1) / width; window-- > 0;) {
    for (unsigned i = 0; i < width; ++i) sum = sum.doubled();
    buckets.assign(std::size_t{1} << width, Jacobian<F>::infinity());
    for (std::size_t i = 0; i < points.size(); ++i) {
      auto& bucket = buckets[(k[i] >> (window * width)) & (buckets.size() - 1)];
      bucket = bucket + points[i];
    }
    Jacobian<F> running = Jacobian<F>::infinity();
    for (std::size_t i = buckets.size() - 1; i > 0; --i) {
      running = running + buckets[i];
      sum = sum + running;
    }
  }
  return sum;
}

}  // namespace vcp::zk
