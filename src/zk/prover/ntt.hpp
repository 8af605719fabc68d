// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "mont.hpp"
#include "prover/parallel.hpp"

namespace vcp::zk {

/// The n-th roots of unity of Fr, n = 2^k: the powers of ω = 5^((r−1)/n), 5 being the least number
/// that is no square modulo r, as snarkjs and gnark have it. S is a Mont<ScalarPrime, …>.
///
/// Transforms go without a permutation: the inverse one leaves its coefficients in bit-reversed
/// order, where the forward one takes them up. Both work depth first, so that they stay in the
/// cache once a part fits. Twiddles are in bit-reversed order, each block of a level having one
/// (as in Harvey, "Faster arithmetic for number-theoretic transforms", 2014).
template <class S>
class Domain {
 public:
  static constexpr unsigned kMaxLog = 27;  ///< 2^28 | r − 1, and the coset needs a root more

  /// Takes 48n bytes.
  explicit Domain(unsigned log_size)
      : size_(std::size_t{1} << log_size), twiddles_(halved(size_)), shifts_(size_) {
    S root = primitive_root(log_size + 1);
    fill_reversed(std::span(shifts_), S(Residue<ScalarPrime>(size_).inverse()), root);
    root = root.squared();
    fill_reversed(std::span(twiddles_), S::one(), root);
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// ω of the domain of that size.
  static S primitive_root(unsigned log_order) {
    Limbs e = ScalarPrime::kModulus;
    e[0] -= 1;
    for (unsigned i = 0; i < log_order; ++i) {
      for (std::size_t j = 0; j < 4; ++j) e[j] = (e[j] >> 1) | (j < 3 ? e[j + 1] << 63 : 0);
    }
    return power(S(Residue<ScalarPrime>(5)), e);
  }

  /// Replaces the values of a polynomial at 1, ω, ω², … by those at σ, σω, σω², …, where σ² = ω.
  void to_odd_coset(std::span<S> values, unsigned threads) const {
    inverse(values, threads);
    for_ranges(values.size(), threads, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) values[i] = values[i] * shifts_[i];
    });
    forward(values, threads);
  }

  /// Values at 1, ω, ω², … to n times the coefficients, these in bit-reversed order.
  void inverse(std::span<S> values, unsigned threads) const {
    const unsigned split = levels_to_split(threads);
    for (unsigned level = 0; level < split; ++level) {
      whole_level(values, level, threads,
                  [this](auto a, auto b, std::size_t block) { inverse_level(a, b, block); });
    }
    in_parallel(threads, std::size_t{1} << split, [&](unsigned, std::size_t block) {
      inverse_block(part(values, split, block), block);
    });
  }

  /// Coefficients in bit-reversed order to values at 1, ω, ω², ….
  void forward(std::span<S> values, unsigned threads) const {
    const unsigned split = levels_to_split(threads);
    in_parallel(threads, std::size_t{1} << split, [&](unsigned, std::size_t block) {
      forward_block(part(values, split, block), block);
    });
    for (unsigned level = split; level-- > 0;) {
      whole_level(values, level, threads,
                  [this](auto a, auto b, std::size_t block) { forward_level(a, b, block); });
    }
  }

 private:
  /// Smaller parts are done level by level: they fit in the first cache.
  static constexpr std::size_t kLeaf = 512;

  static std::size_t halved(std::size_t size) { return size == 1 ? 1 : size / 2; }

  /// table[i] = first·ratio^(i with its bits reversed).
  static void fill_reversed(std::span<S> table, const S& first, S ratio) {
    std::vector<S> factors;
    for (std::size_t n = 1; n < table.size(); n *= 2, ratio = ratio.squared()) {
      factors.push_back(ratio);
    }
    table[0] = first;
    for (std::size_t n = 1; n < table.size(); n *= 2) {
      for (std::size_t i = 0; i < n; ++i) table[n + i] = table[i] * factors.back();
      factors.pop_back();
    }
  }

  static void trivial_level(std::span<S> a, std::span<S> b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      const S difference = a[i] - b[i];
      a[i] = a[i] + b[i];
      b[i] = difference;
    }
  }

  /// (a, b) to (a + b/w, a − b/w) for the twiddle w of the block. 1/w is minus the twiddle of the
  /// block that mirrors this one among those with as many bits.
  void inverse_level(std::span<S> a, std::span<S> b, std::size_t block) const {
    if (block == 0) return trivial_level(a, b);
    const S minus_inverse = twiddles_[3 * std::bit_floor(block) - 1 - block];
    for (std::size_t i = 0; i < a.size(); ++i) {
      const S t = b[i] * minus_inverse;
      b[i] = a[i] + t;
      a[i] = a[i] - t;
    }
  }

  /// (a, b) to (a + b, (a − b)w).
  void forward_level(std::span<S> a, std::span<S> b, std::size_t block) const {
    if (block == 0) return trivial_level(a, b);
    const S w = twiddles_[block];
    for (std::size_t i = 0; i < a.size(); ++i) {
      const S difference = a[i] - b[i];
      a[i] = a[i] + b[i];
      b[i] = difference * w;
    }
  }

  void inverse_block(std::span<S> part, std::size_t block) const {
    if (part.size() > kLeaf) {
      inverse_level(low(part), high(part), block);
      inverse_block(low(part), 2 * block);
      inverse_block(high(part), 2 * block + 1);
      return;
    }
    for (std::size_t blocks = 1; blocks < part.size(); blocks *= 2) {
      const std::size_t size = part.size() / blocks;
      for (std::size_t i = 0; i < blocks; ++i) {
        const auto smaller = part.subspan(i * size, size);
        inverse_level(low(smaller), high(smaller), block * blocks + i);
      }
    }
  }

  void forward_block(std::span<S> part, std::size_t block) const {
    if (part.size() > kLeaf) {
      forward_block(low(part), 2 * block);
      forward_block(high(part), 2 * block + 1);
      return forward_level(low(part), high(part), block);
    }
    for (std::size_t blocks = part.size() / 2; blocks > 0; blocks /= 2) {
      const std::size_t size = part.size() / blocks;
      for (std::size_t i = 0; i < blocks; ++i) {
        const auto smaller = part.subspan(i * size, size);
        forward_level(low(smaller), high(smaller), block * blocks + i);
      }
    }
  }

  static std::span<S> low(std::span<S> part) { return part.first(part.size() / 2); }
  static std::span<S> high(std::span<S> part) { return part.last(part.size() / 2); }

  /// How many levels are done across all threads before each takes parts of its own.
  [[nodiscard]] unsigned levels_to_split(unsigned threads) const {
    if (threads <= 1 || size_ <= kLeaf) return 0;
    return static_cast<unsigned>(std::bit_width(std::min<std::size_t>(4 * threads, size_ / 2) - 1));
  }

  [[nodiscard]] static std::span<S> part(std::span<S> values, unsigned level, std::size_t block) {
    const std::size_t size = values.size() >> level;
    return values.subspan(block * size, size);
  }

  /// One level, its butterflies shared out evenly.
  template <class Level>
  static void whole_level(std::span<S> values, unsigned level, unsigned threads, const Level& run) {
    for (std::size_t block = 0; block < std::size_t{1} << level; ++block) {
      const auto whole = part(values, level, block);
      for_ranges(whole.size() / 2, threads, [&](std::size_t begin, std::size_t end) {
        run(low(whole).subspan(begin, end - begin), high(whole).subspan(begin, end - begin), block);
      });
    }
  }

  template <class F>
  static void for_ranges(std::size_t count, unsigned threads, const F& f) {
    in_parallel(threads, threads, [&](unsigned, std::size_t i) {
      f(count * i / threads, count * (i + 1) / threads);
    });
  }

  std::size_t size_;
  std::vector<S> twiddles_;
  std::vector<S> shifts_;  ///< σ^i/n at i with its bits reversed
};

}  // namespace vcp::zk
