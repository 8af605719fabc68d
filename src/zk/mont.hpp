// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "constants.hpp"

namespace vcp::zk {

/// A residue modulo `Prime`, always reduced, whose arithmetic is that of the instruction set `Isa`
/// (Portable or Adx). The whole tower, the curves and the pairing are templates over such a field,
/// so that the choice of instructions is made once, above them.
template <class Prime, class Isa>
class Mont {
 public:
  using Modulus = Prime;
  using Instructions = Isa;
  using Public = Residue<Prime>;

  Mont() = default;
  explicit constexpr Mont(const Limbs& montgomery) : limbs_(montgomery) {}
  explicit Mont(const Public& residue) : limbs_(residue.montgomery()) {}
  explicit constexpr Mont(const Constant& constant) : limbs_(constant.montgomery) {}

  static Mont of(const Public& residue) { return Mont(residue); }
  static constexpr Mont zero() { return Mont(Limbs{}); }
  static constexpr Mont one() { return Mont(Prime::kOne); }

  [[nodiscard]] const Limbs& limbs() const { return limbs_; }
  [[nodiscard]] Public residue() const { return *Public::from_montgomery(limbs_); }
  [[nodiscard]] bool is_zero() const {
    return (limbs_[0] | limbs_[1] | limbs_[2] | limbs_[3]) == 0;
  }

  friend bool operator==(const Mont&, const Mont&) = default;

  friend Mont operator+(const Mont& a, const Mont& b) {
    return Mont(Isa::template add<Prime>(a.limbs_, b.limbs_));
  }
  friend Mont operator-(const Mont& a, const Mont& b) {
    return Mont(Isa::template subtract<Prime>(a.limbs_, b.limbs_));
  }
  friend Mont operator-(const Mont& a) {
    return Mont(Isa::template subtract<Prime>(Limbs{}, a.limbs_));
  }
  friend Mont operator*(const Mont& a, const Mont& b) {
    return Mont(Isa::template mul<Prime>(a.limbs_, b.limbs_));
  }

  [[nodiscard]] Mont doubled() const { return *this + *this; }
  [[nodiscard]] Mont squared() const { return *this * *this; }

  /// a + b, not reduced: only as a factor of one multiplication, beside one other such factor.
  static Mont add_loose(const Mont& a, const Mont& b) {
    return Mont(Isa::add_loose(a.limbs_, b.limbs_));
  }

  /// a0·b0 + a1·b1 with one reduction.
  [[gnu::always_inline]] static Mont mul_add(const Mont& a0, const Mont& b0, const Mont& a1,
                                             const Mont& b1) {
    return Mont(Isa::template mul_add<Prime>(a0.limbs_, b0.limbs_, a1.limbs_, b1.limbs_));
  }

  /// m − a, which is m for zero: only as a factor of a multiplication or as what nine_times_plus
  /// adds.
  [[nodiscard]] Mont negated_loose() const {
    return Mont(Isa::template negate_loose<Prime>(limbs_));
  }

  /// 9a + b: what multiplication by ξ = 9 + i needs.
  [[gnu::always_inline]] static Mont nine_times_plus(const Mont& a, const Mont& b) {
    return Mont(Isa::template nine_times_plus<Prime>(a.limbs_, b.limbs_));
  }

  /// 1/x by Fermat; zero for zero.
  [[nodiscard]] Mont inverse() const;

 private:
  Limbs limbs_;
};

/// x^e for an e of up to 256 bits, four bits at a time.
template <class F>
F power(const F& x, const Limbs& e) {
  std::array<F, 16> powers;
  powers[0] = F::one();
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * x;
  F result = powers[e[3] >> 60];
  for (unsigned nibble = 63; nibble-- > 0;) {
    for (int i = 0; i < 4; ++i) result = result.squared();
    const auto digit = (e[nibble / 16] >> (4 * (nibble % 16))) & 15;
    if (digit != 0) result = result * powers[digit];
  }
  return result;
}

template <class Prime, class Isa>
Mont<Prime, Isa> Mont<Prime, Isa>::inverse() const {
  std::uint64_t borrow = 0;
  static constexpr Limbs kTwo = {2, 0, 0, 0};
  return power(*this, zk::subtract(Prime::kModulus, kTwo, borrow));
}

/// Replaces each element by its inverse, zero by zero, for one inversion and three multiplications
/// each (Montgomery's trick).
template <class F>
void invert_all(std::span<F> elements) {
  std::vector<F> before(elements.size());
  F product = F::one();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    before[i] = product;
    if (!elements[i].is_zero()) product = product * elements[i];
  }
  F inverse = product.inverse();
  for (std::size_t i = elements.size(); i-- > 0;) {
    if (elements[i].is_zero()) continue;
    const F element = elements[i];
    elements[i] = inverse * before[i];
    inverse = inverse * element;
  }
}

}  // namespace vcp::zk
