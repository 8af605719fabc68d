// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "constants.hpp"

// The extensions of Fp that the pairing takes its values in, over a field F of any instruction set:
// Fp2 = Fp[i]/(i² + 1), Fp6 = Fp2[v]/(v³ − ξ) with ξ = 9 + i, Fp12 = Fp6[w]/(w² − v).

namespace vcp::zk {

template <class F>
struct Ext2 {
  F c0;
  F c1;

  static Ext2 of(const Constant2& a) { return {F(a.c0), F(a.c1)}; }
  static Ext2 of(const Fp2& a) { return {F(a.c0), F(a.c1)}; }
  static Ext2 zero() { return {F::zero(), F::zero()}; }
  static Ext2 one() { return {F::one(), F::zero()}; }

  [[nodiscard]] Fp2 residue() const { return {c0.residue(), c1.residue()}; }
  [[nodiscard]] bool is_zero() const { return c0.is_zero() && c1.is_zero(); }
  friend bool operator==(const Ext2&, const Ext2&) = default;

  friend Ext2 operator+(const Ext2& a, const Ext2& b) { return {a.c0 + b.c0, a.c1 + b.c1}; }
  friend Ext2 operator-(const Ext2& a, const Ext2& b) { return {a.c0 - b.c0, a.c1 - b.c1}; }
  friend Ext2 operator-(const Ext2& a) { return {-a.c0, -a.c1}; }

  /// Two sums of products, each reduced once (Longa, eprint 2022/367).
  [[gnu::noinline]] friend Ext2 operator*(const Ext2& a, const Ext2& b) {
    return {F::mul_add(a.c0, b.c0, a.c1.negated_loose(), b.c1), F::mul_add(a.c0, b.c1, a.c1, b.c0)};
  }
  friend Ext2 operator*(const Ext2& a, const F& b) { return {a.c0 * b, a.c1 * b}; }

  [[gnu::noinline]] Ext2 squared() const {
    return {F::add_loose(c0, c1) * (c0 - c1), F::add_loose(c0, c0) * c1};
  }
  [[nodiscard]] Ext2 doubled() const { return {c0.doubled(), c1.doubled()}; }
  [[nodiscard]] Ext2 conjugate() const { return {c0, -c1}; }
  [[gnu::noinline]] Ext2 times_xi() const {
    return {F::nine_times_plus(c0, c1.negated_loose()), F::nine_times_plus(c1, c0)};
  }
  [[nodiscard]] Ext2 inverse() const {
    const F norm_inverse = F::mul_add(c0, c0, c1, c1).inverse();
    return {c0 * norm_inverse, -(c1 * norm_inverse)};
  }
};

template <class F>
struct Ext6 {
  using E = Ext2<F>;
  E c0;
  E c1;
  E c2;

  static Ext6 one() { return {E::one(), E::zero(), E::zero()}; }

  friend bool operator==(const Ext6&, const Ext6&) = default;

  friend Ext6 operator+(const Ext6& a, const Ext6& b) {
    return {a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2};
  }
  friend Ext6 operator-(const Ext6& a, const Ext6& b) {
    return {a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2};
  }
  friend Ext6 operator-(const Ext6& a) { return {-a.c0, -a.c1, -a.c2}; }

  /// Karatsuba: Devegili et al., eprint 2006/471, section 4.
  friend Ext6 operator*(const Ext6& a, const Ext6& b) {
    const E v0 = a.c0 * b.c0;
    const E v1 = a.c1 * b.c1;
    const E v2 = a.c2 * b.c2;
    return {((a.c1 + a.c2) * (b.c1 + b.c2) - v1 - v2).times_xi() + v0,
            (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1 + v2.times_xi(),
            (a.c0 + a.c2) * (b.c0 + b.c2) - v0 - v2 + v1};
  }
  friend Ext6 operator*(const Ext6& a, const E& b) { return {a.c0 * b, a.c1 * b, a.c2 * b}; }

  /// The product with b0 + b1·v.
  [[nodiscard]] Ext6 times_01(const E& b0, const E& b1) const {
    const E v0 = c0 * b0;
    const E v1 = c1 * b1;
    return {((c1 + c2) * b1 - v1).times_xi() + v0, (c0 + c1) * (b0 + b1) - v0 - v1,
            (c0 + c2) * b0 - v0 + v1};
  }
  [[nodiscard]] Ext6 times_v() const { return {c2.times_xi(), c0, c1}; }

  [[nodiscard]] Ext6 inverse() const {
    const E t0 = c0.squared() - (c1 * c2).times_xi();
    const E t1 = c2.squared().times_xi() - c0 * c1;
    const E t2 = c1.squared() - c0 * c2;
    const E norm = c0 * t0 + (c2 * t1 + c1 * t2).times_xi();
    return Ext6{t0, t1, t2} * norm.inverse();
  }
};

/// The value l0 + l1·w + l2·v·w of a line.
template <class F>
struct LineValue {
  Ext2<F> l0;
  Ext2<F> l1;
  Ext2<F> l2;
};

/// A product of two lines: a full c0 and a c1 without v².
template <class F>
struct LinePair {
  Ext6<F> c0;
  Ext2<F> b0;
  Ext2<F> b1;
};

template <class F>
LinePair<F> operator*(const LineValue<F>& a, const LineValue<F>& b) {
  const Ext2<F> v0 = a.l0 * b.l0;
  const Ext2<F> v1 = a.l1 * b.l1;
  const Ext2<F> v2 = a.l2 * b.l2;
  return {.c0 = {v2.times_xi() + v0, v1, (a.l1 + a.l2) * (b.l1 + b.l2) - v1 - v2},
          .b0 = (a.l0 + a.l1) * (b.l0 + b.l1) - v0 - v1,
          .b1 = (a.l0 + a.l2) * (b.l0 + b.l2) - v0 - v2};
}

template <class F>
struct Ext12 {
  Ext6<F> c0;
  Ext6<F> c1;

  static Ext12 one() {
    const Ext2<F> zero = Ext2<F>::zero();
    return {Ext6<F>::one(), {zero, zero, zero}};
  }

  friend bool operator==(const Ext12&, const Ext12&) = default;

  friend Ext12 operator*(const Ext12& a, const Ext12& b) {
    const Ext6<F> v0 = a.c0 * b.c0;
    const Ext6<F> v1 = a.c1 * b.c1;
    return {v0 + v1.times_v(), (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1};
  }

  friend Ext12 operator*(const Ext12& a, const LineValue<F>& l) {
    const Ext6<F> v0 = a.c0 * l.l0;
    const Ext6<F> v1 = a.c1.times_01(l.l1, l.l2);
    return {v0 + v1.times_v(), (a.c0 + a.c1).times_01(l.l0 + l.l1, l.l2) - v0 - v1};
  }

  friend Ext12 operator*(const Ext12& a, const LinePair<F>& l) {
    const Ext6<F> v0 = a.c0 * l.c0;
    const Ext6<F> v1 = a.c1.times_01(l.b0, l.b1);
    const Ext6<F> sum = {l.c0.c0 + l.b0, l.c0.c1 + l.b1, l.c0.c2};
    return {v0 + v1.times_v(), (a.c0 + a.c1) * sum - v0 - v1};
  }

  /// By complex squaring.
  [[nodiscard]] Ext12 squared() const {
    const Ext6<F> v = c0 * c1;
    return {(c0 + c1) * (c0 + c1.times_v()) - v - v.times_v(), v + v};
  }

  /// The p⁶-power; the inverse, for elements whose norm to Fp6 is one.
  [[nodiscard]] Ext12 conjugate() const { return {c0, -c1}; }

  [[nodiscard]] Ext12 inverse() const {
    const Ext6<F> norm = (c0 * c0 - (c1 * c1).times_v()).inverse();
    return {c0 * norm, -(c1 * norm)};
  }

  /// The p-, p²- and p³-power.
  [[nodiscard]] Ext12 frobenius() const { return conjugate_times(kFrobenius1); }
  [[nodiscard]] Ext12 frobenius2() const {
    const auto& k = kFrobenius2;
    return {{c0.c0, c0.c1 * F(k[1]), c0.c2 * F(k[3])},
            {c1.c0 * F(k[0]), c1.c1 * F(k[2]), c1.c2 * F(k[4])}};
  }
  [[nodiscard]] Ext12 frobenius3() const { return conjugate_times(kFrobenius3); }

  /// The square of an element of the cyclotomic subgroup, by three squarings in Fp4 = Fp2[s]/(s²−ξ)
  /// (Granger and Scott, eprint 2009/565, section 3.2).
  [[nodiscard]] Ext12 cyclotomic_squared() const {
    const Pair a = square_fp4(c0.c0, c1.c1);
    const Pair b = square_fp4(c1.c0, c0.c2);
    const Pair c = square_fp4(c0.c1, c1.c2);
    return {{minus(a.c0, c0.c0), minus(b.c0, c0.c1), minus(c.c0, c0.c2)},
            {plus(c.c1.times_xi(), c1.c0), plus(a.c1, c1.c1), plus(b.c1, c1.c2)}};
  }

 private:
  struct Pair {
    Ext2<F> c0;
    Ext2<F> c1;
  };

  static Pair square_fp4(const Ext2<F>& a, const Ext2<F>& b) {
    const Ext2<F> aa = a.squared();
    const Ext2<F> bb = b.squared();
    return {aa + bb.times_xi(), (a + b).squared() - aa - bb};
  }
  /// 3a − 2b and 3a + 2b.
  static Ext2<F> minus(const Ext2<F>& a, const Ext2<F>& b) { return (a - b).doubled() + a; }
  static Ext2<F> plus(const Ext2<F>& a, const Ext2<F>& b) { return (a + b).doubled() + a; }

  [[nodiscard]] Ext12 conjugate_times(const std::array<Constant2, 5>& k) const {
    using E = Ext2<F>;
    return {{c0.c0.conjugate(), c0.c1.conjugate() * E::of(k[1]), c0.c2.conjugate() * E::of(k[3])},
            {c1.c0.conjugate() * E::of(k[0]), c1.c1.conjugate() * E::of(k[2]),
             c1.c2.conjugate() * E::of(k[4])}};
  }
};

}  // namespace vcp::zk
