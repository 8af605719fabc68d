// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "group.hpp"
#include "recode.hpp"

// The optimal ate pairing of BN curves (Vercauteren, eprint 2008/096): the Miller loop of 6x₀+2
// with two more lines, and the final exponentiation.

namespace vcp::zk {

/// The digits of 6x₀ + 2 in non-adjacent form, the lowest first; the highest is 1.
inline constexpr std::size_t kLoopDigits = 66;
inline constexpr std::array<std::int8_t, kLoopDigits> kLoop = [] {
  std::array<std::int8_t, kLoopDigits> digits{};
  Uint128 rest = Uint128{kCurveParameter} * 6 + 2;
  for (auto& digit : digits) {
    if ((rest & 1) != 0) digit = (rest & 3) == 3 ? -1 : 1;
    rest = (rest - static_cast<Uint128>(digit)) >> 1;
  }
  return digits;
}();
static_assert(kLoop.back() == 1);

/// The coefficients of a line through points of the twist; its value at P is a0·y_P + a1·x_P·w +
/// a2·v·w, up to a factor that the final exponentiation removes.
template <class F>
struct Line {
  Ext2<F> a0;
  Ext2<F> a1;
  Ext2<F> a2;

  [[nodiscard]] LineValue<F> at(const F& x, const F& y) const { return {a0 * y, a1 * x, a2}; }
};

/// The running multiple of Q in a Miller loop, in homogeneous coordinates, x = X/Z, y = Y/Z, with
/// the formulas of Costello, Lange and Naehrig (eprint 2009/615) as Aranha et al. have them for the
/// twist (eprint 2010/526, section 4), scaled so that nothing is halved.
template <class F>
class TwistPoint {
 public:
  using E = Ext2<F>;

  explicit TwistPoint(const Affine<E>& q) : x_(q.x), y_(q.y), z_(E::one()) {}

  /// Doubles; gives the tangent.
  Line<F> doubling() {
    const E b = y_.squared();
    const E c = z_.squared();
    const E e = c * E::of(kTwist3B);
    const E f = e.doubled() + e;
    const E h = (y_ + z_).squared() - b - c;
    const E j = x_.squared();
    const E xy = x_ * y_;
    const E ee = e.squared();
    x_ = xy.doubled() * (b - f);
    y_ = (b + f).squared() - (ee.doubled() + ee).doubled().doubled();
    z_ = (b * h).doubled().doubled();
    return {-h, j.doubled() + j, e - b};
  }

  /// Adds Q; gives the line through both.
  Line<F> addition(const Affine<E>& q) {
    const E theta = y_ - q.y * z_;
    const E lambda = x_ - q.x * z_;
    const E d = lambda.squared();
    const E e = lambda * d;
    const E g = x_ * d;
    const E h = e + z_ * theta.squared() - g.doubled();
    const E ey = e * y_;
    x_ = lambda * h;
    y_ = theta * (g - h) - ey;
    z_ = z_ * e;
    return {lambda, -theta, theta * q.x - lambda * q.y};
  }

  /// Whether this is the point q; false if an exceptional case was met on the way, which leaves
  /// Z = 0 for good.
  [[nodiscard]] bool is(const Affine<E>& q) const {
    return !z_.is_zero() && x_ == q.x * z_ && y_ == q.y * z_;
  }

 private:
  E x_;
  E y_;
  E z_;
};

/// ψ(Q) and −ψ²(Q), which the loop adds at its end, and −ψ³(Q), which is what it then has come to
/// if and only if Q is of order r: see in_subgroup() of MillerLoop.
template <class F>
struct LoopEnd {
  Affine<Ext2<F>> psi1;
  Affine<Ext2<F>> minus_psi2;
  Affine<Ext2<F>> minus_psi3;

  explicit LoopEnd(const Affine<Ext2<F>>& q)
      : psi1(psi(q)), minus_psi2(-psi(psi1)), minus_psi3(psi(minus_psi2)) {}
};

/// Lines that do not depend on P, for a Q that is used often (Costello and Stebila, eprint
/// 2010/342). Each is divided by its a0, so that the product of two costs less.
template <class F>
class FixedLines {
 public:
  struct Scaled {
    Ext2<F> a1;
    Ext2<F> a2;
  };

  explicit FixedLines(const Affine<Ext2<F>>& q) {
    std::vector<Line<F>> lines;
    TwistPoint<F> t(q);
    const Affine<Ext2<F>> minus_q = -q;
    for (std::size_t i = kLoopDigits - 1; i-- > 0;) {
      lines.push_back(t.doubling());
      if (kLoop[i] != 0) lines.push_back(t.addition(kLoop[i] > 0 ? q : minus_q));
    }
    const LoopEnd<F> end(q);
    lines.push_back(t.addition(end.psi1));
    lines.push_back(t.addition(end.minus_psi2));
    scale(lines);
  }

  [[nodiscard]] const Scaled& operator[](std::size_t step) const { return lines_[step]; }

 private:
  void scale(std::span<const Line<F>> lines) {
    std::vector<Ext2<F>> inverses;
    for (const auto& line : lines) inverses.push_back(line.a0);
    invert_all(std::span(inverses));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      lines_.push_back({lines[i].a1 * inverses[i], lines[i].a2 * inverses[i]});
    }
  }

  std::vector<Scaled> lines_;
};

/// A point of G1 as fixed lines are evaluated at it.
template <class F>
struct ScaledPoint {
  F x_over_y;
  F y_inverse;

  /// Of a point that is not infinity, with the inverse of its Jacobian Y.
  static ScaledPoint of(const Jacobian<F>& p, const F& inverse) {
    return {p.x * p.z * inverse, p.z.squared() * p.z * inverse};
  }
};

/// The product of the Miller loops of some pairs, with the squarings shared and the lines
/// multiplied two by two.
template <class F>
class MillerLoop {
 public:
  using E = Ext2<F>;

  /// Neither point may be infinity.
  void add(const Affine<F>& p, const Affine<E>& q) {
    variable_.push_back({p.x, p.y, q, -q, LoopEnd<F>(q), TwistPoint<F>(q)});
  }

  /// `lines` must outlive the loop.
  void add(const ScaledPoint<F>& p, const FixedLines<F>& lines) { fixed_.push_back({p, &lines}); }

  Ext12<F> run() {
    f_ = Ext12<F>::one();
    step_ = 0;
    for (std::size_t i = kLoopDigits - 1; i-- > 0;) {
      if (i + 2 < kLoopDigits) f_ = f_.squared();
      step([](Variable& v) { return v.t.doubling(); });
      if (kLoop[i] > 0) step([](Variable& v) { return v.t.addition(v.q); });
      if (kLoop[i] < 0) step([](Variable& v) { return v.t.addition(v.minus_q); });
    }
    step([](Variable& v) { return v.t.addition(v.end.psi1); });
    step([](Variable& v) { return v.t.addition(v.end.minus_psi2); });
    return f_;
  }

  /// After run(): whether the Q of the variable pair `index` is of order r. The loop has computed
  /// [6x₀+2]Q + ψ(Q) − ψ²(Q), so one comparison tells whether W(ψ)Q = 0 for W = 6x₀+2 + X − X² +
  /// X³. An order of Q divides the resultant of W and ψ's characteristic polynomial, whose greatest
  /// common divisor with the order r·(2p − r) of the twist is r: docs/groth16.md.
  [[nodiscard]] bool in_subgroup(std::size_t index) const {
    return variable_[index].t.is(variable_[index].end.minus_psi3);
  }

 private:
  struct Variable {
    F x;
    F y;
    Affine<E> q;
    Affine<E> minus_q;
    LoopEnd<F> end;
    TwistPoint<F> t;
  };
  struct Fixed {
    ScaledPoint<F> p;
    const FixedLines<F>* lines;
  };

  template <class Advance>
  void step(const Advance& advance) {
    std::optional<LineValue<F>> pending;
    if (fixed_.size() % 2 != 0) pending = value(fixed_.back());
    for (auto& v : variable_) multiply(pending, advance(v).at(v.x, v.y));
    if (pending) f_ = f_ * *pending;
    for (std::size_t i = 0; i + 1 < fixed_.size(); i += 2) f_ = f_ * pair(fixed_[i], fixed_[i + 1]);
    ++step_;
  }

  void multiply(std::optional<LineValue<F>>& pending, const LineValue<F>& line) {
    if (!pending) {
      pending = line;
      return;
    }
    f_ = f_ * (*pending * line);
    pending.reset();
  }

  LineValue<F> value(const Fixed& fixed) const {
    const auto& line = (*fixed.lines)[step_];
    return {E::one(), line.a1 * fixed.p.x_over_y, line.a2 * fixed.p.y_inverse};
  }

  /// The product of two lines whose l0 is one.
  LinePair<F> pair(const Fixed& one, const Fixed& other) const {
    const LineValue<F> a = value(one);
    const LineValue<F> b = value(other);
    const E v1 = a.l1 * b.l1;
    const E v2 = a.l2 * b.l2;
    return {.c0 = {v2.times_xi() + a.l0, v1, (a.l1 + a.l2) * (b.l1 + b.l2) - v1 - v2},
            .b0 = a.l1 + b.l1,
            .b1 = a.l2 + b.l2};
  }

  std::vector<Variable> variable_;
  std::vector<Fixed> fixed_;
  Ext12<F> f_;
  std::size_t step_ = 0;
};

/// f^x₀ of an element of the cyclotomic subgroup, by signed windows: there, inverting is
/// conjugating.
template <class F>
Ext12<F> power_of_parameter(const Ext12<F>& f) {
  static constexpr auto kDigits = signed_windows<64>({kCurveParameter, 0, 0, 0}, 4);
  std::array<Ext12<F>, 4> odd;  // f, f³, f⁵, f⁷
  const Ext12<F> square = f.cyclotomic_squared();
  odd[0] = f;
  for (std::size_t i = 1; i < odd.size(); ++i) odd[i] = odd[i - 1] * square;
  std::optional<Ext12<F>> result;
  for (std::size_t i = kDigits.size(); i-- > 0;) {
    if (result) result = result->cyclotomic_squared();
    const int digit = kDigits[i];
    if (digit == 0) continue;
    const auto& factor = odd[static_cast<std::size_t>(digit < 0 ? -digit : digit) / 2];
    const Ext12<F> signed_factor = digit < 0 ? factor.conjugate() : factor;
    result = result ? *result * signed_factor : signed_factor;
  }
  return *result;
}

/// f to the power of 2x₀(6x₀² + 3x₀ + 1)·(p¹² − 1)/r: Fuentes-Castañeda, Knapp and
/// Rodríguez-Henríquez, "Faster hashing to G2", section 6. The factor is prime to r.
template <class F>
Ext12<F> final_exponentiation(const Ext12<F>& f) {
  const Ext12<F> easy = f.conjugate() * f.inverse();
  const Ext12<F> g = easy.frobenius2() * easy;

  const Ext12<F> g_2x = power_of_parameter(g).cyclotomic_squared();
  const Ext12<F> g_6x = g_2x.cyclotomic_squared() * g_2x;
  const Ext12<F> g_6xx = power_of_parameter(g_6x);
  const Ext12<F> g_12xxx = power_of_parameter(g_6xx.cyclotomic_squared());
  const Ext12<F> a = g_12xxx * g_6xx * g_6x;
  const Ext12<F> b = a * g_2x.conjugate();
  return a * g_6xx * g * b.frobenius() * a.frobenius2() * (b * g.conjugate()).frobenius3();
}

}  // namespace vcp::zk
