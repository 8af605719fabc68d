// SPDX-License-Identifier: Apache-2.0
#include "noise.hpp"

#include <array>
#include <cassert>
#include <cstddef>

namespace vcp::fl {
namespace {

/// A uniform real in (0, 1), of which only the digits that were needed are known. Base 2^32.
class LazyUniform {
 public:
  static LazyUniform half() {
    LazyUniform value;
    value.digits_ = {1U << 31, 0, 0, 0};
    value.known_ = value.digits_.size();
    return value;
  }

  /// Whether this is less than `other`, looking at more digits of both while they agree.
  bool less(LazyUniform& other, KeyStream& stream) {
    for (std::size_t i = 0; i < digits_.size(); ++i) {
      const std::uint32_t mine = digit(i, stream);
      const std::uint32_t theirs = other.digit(i, stream);
      if (mine != theirs) return mine < theirs;
    }
    return false;
  }

  /// ⌊x · 2^bits + ½⌋ for at most 63 bits.
  std::uint64_t round(int bits, KeyStream& stream) {
    const std::uint64_t upper = digit(0, stream);
    const std::uint64_t leading = upper << 32 | digit(1, stream);
    return (leading >> (64 - bits)) + (leading >> (63 - bits) & 1);
  }

 private:
  std::uint32_t digit(std::size_t i, KeyStream& stream) {
    while (known_ <= i) digits_[known_++] = stream.next();
    return digits_[i];
  }

  std::array<std::uint32_t, 4> digits_{};
  std::size_t known_ = 0;
};

/// Whether the longest run x > u₁ > u₂ > … is even, where it also ends once `goes_on` says no.
template <class Condition>
bool even_run(LazyUniform& x, KeyStream& stream, Condition goes_on) {
  LazyUniform last;
  LazyUniform* bound = &x;
  for (bool even = true;; even = !even) {
    LazyUniform u;
    if (!u.less(*bound, stream) || !goes_on()) return even;
    last = u;
    bound = &last;
  }
}

/// True with probability e^-x (von Neumann). May learn more digits of x, as all of these may.
bool bernoulli_exp(LazyUniform& x, KeyStream& stream) {
  return even_run(x, stream, [] { return true; });
}

/// True with probability e^-½ (algorithm H).
bool bernoulli_exp_half(KeyStream& stream) {
  LazyUniform half = LazyUniform::half();
  return bernoulli_exp(half, stream);
}

/// True with probability (2k + x) / (2k + 2) (algorithm C).
bool below_fraction(std::uint32_t k, LazyUniform& x, KeyStream& stream) {
  const std::uint32_t part = stream.below(2 * k + 2);
  if (part != 2 * k) return part < 2 * k;
  LazyUniform fraction;
  return fraction.less(x, stream);
}

/// True with probability e^(-x(2k + x) / (2k + 2)) (algorithm B).
bool bernoulli_exp_step(std::uint32_t k, LazyUniform& x, KeyStream& stream) {
  return even_run(x, stream, [&] { return below_fraction(k, x, stream); });
}

/// Whether all of `count` trials, each true with probability e^-½, are true.
bool all_exp_half(std::uint64_t count, KeyStream& stream) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!bernoulli_exp_half(stream)) return false;
  }
  return true;
}

/// Algorithm N without its sign: one attempt; false if it is to be made again.
bool try_normal(std::uint32_t& k, LazyUniform& x, KeyStream& stream) {
  k = 0;
  while (bernoulli_exp_half(stream)) ++k;
  if (k > 1 && !all_exp_half(static_cast<std::uint64_t>(k) * (k - 1), stream)) return false;
  x = LazyUniform();
  for (std::uint32_t i = 0; i <= k; ++i) {
    if (!bernoulli_exp_step(k, x, stream)) return false;
  }
  return true;
}

/// ±(k + x), rounded to the grid.
std::int64_t signed_on_grid(std::uint64_t k, LazyUniform& x, int grid_bits, KeyStream& stream) {
  assert(grid_bits >= 1 && grid_bits <= kMaxGridBits);
  const auto magnitude = static_cast<std::int64_t>((k << grid_bits) + x.round(grid_bits, stream));
  return (stream.next() & 1) != 0 ? magnitude : -magnitude;
}

}  // namespace

std::int64_t sample_normal(KeyStream& stream, int grid_bits) {
  std::uint32_t k = 0;
  LazyUniform x;
  while (!try_normal(k, x, stream)) {
  }
  return signed_on_grid(k, x, grid_bits, stream);
}

std::int64_t sample_laplace(KeyStream& stream, int grid_bits) {
  LazyUniform x;
  while (!bernoulli_exp(x, stream)) x = LazyUniform();
  std::uint64_t k = 0;
  while (all_exp_half(2, stream)) ++k;
  return signed_on_grid(k, x, grid_bits, stream);
}

}  // namespace vcp::fl
