// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "primes.hpp"

namespace vcp::zk {

/// Modular arithmetic in plain C++, and at compile time: one of the two instruction sets that
/// Mont may be made of; Adx is the other.
struct Portable {
  template <class Prime>
  static constexpr Limbs add(const Limbs& a, const Limbs& b) {
    return reduce_once(add_loose(a, b), Prime::kModulus);
  }

  /// a + b without reduction: only for factors of mul and mul_add.
  static constexpr Limbs add_loose(const Limbs& a, const Limbs& b) {
    std::uint64_t carry = 0;
    return zk::add(a, b, carry);
  }

  template <class Prime>
  static constexpr Limbs subtract(const Limbs& a, const Limbs& b) {
    std::uint64_t borrow = 0;
    const Limbs difference = zk::subtract(a, b, borrow);
    std::uint64_t carry = 0;
    return borrow != 0 ? zk::add(difference, Prime::kModulus, carry) : difference;
  }

  /// a·b/R, reduced, where a·b < R·m and a < 3m: CIOS without the carry word, for the modulus
  /// leaves two bits free (Acar; gnark-crypto's "no-carry").
  template <class Prime>
  static constexpr Limbs mul(const Limbs& a, const Limbs& b) {
    Row t{};
    for (std::size_t j = 0; j < 4; ++j) {
      accumulate(t, a, b[j]);
      shift<Prime>(t);
    }
    return reduce_once({t[0], t[1], t[2], t[3]}, Prime::kModulus);
  }

  /// (a0·b0 + a1·b1)/R, reduced once for both products (Longa, eprint 2022/367), where the sum is
  /// below R·m and a0 + a1 at most 4m.
  template <class Prime>
  static constexpr Limbs mul_add(const Limbs& a0, const Limbs& b0, const Limbs& a1,
                                 const Limbs& b1) {
    Row t{};
    for (std::size_t j = 0; j < 4; ++j) {
      accumulate(t, a0, b0[j]);
      accumulate(t, a1, b1[j]);
      shift<Prime>(t);
    }
    return reduce_once({t[0], t[1], t[2], t[3]}, Prime::kModulus);
  }

  /// m − a.
  template <class Prime>
  static constexpr Limbs negate_loose(const Limbs& a) {
    std::uint64_t borrow = 0;
    return zk::subtract(Prime::kModulus, a, borrow);
  }

  /// 9a + b, reduced, for a below m and b at most m. The multiple of m to be subtracted is
  /// estimated from the top bits: 21/256 is below 2^250/m by so little that the quotient is at most
  /// one too small.
  template <class Prime>
  static constexpr Limbs nine_times_plus(const Limbs& a, const Limbs& b) {
    Limbs t{};
    std::uint64_t top = 0;
    for (std::size_t i = 0; i < 4; ++i) t[i] = mul_add_carry(a[i], 9, b[i], top);
    const std::uint64_t quotient = (((top << 6) | (t[3] >> 58)) * 21) >> 8;
    std::uint64_t borrow = 0;
    return reduce_once(zk::subtract(t, Prime::kMultiples[quotient], borrow), Prime::kModulus);
  }

 private:
  using Row = std::array<std::uint64_t, 5>;

  /// t += a·b.
  static constexpr void accumulate(Row& t, const Limbs& a, std::uint64_t b) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i) t[i] = mul_add_carry(a[i], b, t[i], carry);
    t[4] += carry;
  }

  /// t = (t + q·m)/2^64 with the q that makes this exact.
  template <class Prime>
  static constexpr void shift(Row& t) {
    accumulate(t, Prime::kModulus, t[0] * Prime::kNegativeInverse);
    t = {t[1], t[2], t[3], t[4], 0};
  }
};

/// x·R mod m of an x below m.
template <class Prime>
constexpr Limbs to_montgomery(const Limbs& x) {
  return Portable::mul<Prime>(x, Prime::kR2);
}

/// The inverse of to_montgomery().
template <class Prime>
constexpr Limbs from_montgomery(const Limbs& x) {
  return Portable::mul<Prime>(x, {1, 0, 0, 0});
}

}  // namespace vcp::zk
