// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "mont.hpp"
#include "tower.hpp"
#include "vcp/zk/curve.hpp"

// The group of y² = x³ + b over Mont (G1) or Ext2 (G2). The constant b is not needed to add points.

namespace vcp::zk {

template <class E>
struct Affine {
  E x;
  E y;
  bool infinity = false;

  Affine() = default;
  Affine(const E& px, const E& py) : x(px), y(py) {}
  template <class Point>
    requires requires(const Point& p) { E::of(p.x); }
  explicit Affine(const Point& p) : x(E::of(p.x)), y(E::of(p.y)), infinity(p.infinity) {}

  friend Affine operator-(const Affine& a) {
    Affine negative(a.x, -a.y);
    negative.infinity = a.infinity;
    return negative;
  }
};

/// Whether the equation holds, on G1's curve and on the twist; infinity is on both.
template <class F>
bool on_curve(const Affine<F>& p) {
  const F three = F::one().doubled() + F::one();
  return p.infinity || p.y.squared() == p.x.squared() * p.x + three;
}
template <class F>
bool on_curve(const Affine<Ext2<F>>& q) {
  return q.infinity || q.y.squared() == q.x.squared() * q.x + Ext2<F>::of(kTwistB);
}

/// (X : Y : Z) for x = X/Z², y = Y/Z³; Z = 0 is infinity. Formulas of the Explicit-Formulas
/// Database for a = 0: dbl-2009-l, add-2007-bl, madd-2007-bl, with their exceptions handled.
template <class E>
struct Jacobian {
  E x;
  E y;
  E z;

  static Jacobian infinity() { return {E::one(), E::one(), E::zero()}; }
  static Jacobian of(const Affine<E>& a) {
    if (a.infinity) return infinity();
    return {a.x, a.y, E::one()};
  }

  [[nodiscard]] bool is_infinity() const { return z.is_zero(); }

  [[nodiscard]] Jacobian doubled() const {
    const E a = x.squared();
    const E b = y.squared();
    const E c = b.squared();
    const E d = ((x + b).squared() - a - c).doubled();
    const E e = a.doubled() + a;
    const E x3 = e.squared() - d.doubled();
    return {x3, e * (d - x3) - c.doubled().doubled().doubled(), (y * z).doubled()};
  }

  friend Jacobian operator+(const Jacobian& p, const Affine<E>& q) {
    if (q.infinity) return p;
    if (p.is_infinity()) return of(q);
    const E zz = p.z.squared();
    const E h = q.x * zz - p.x;
    const E half_r = q.y * p.z * zz - p.y;
    if (h.is_zero()) return half_r.is_zero() ? p.doubled() : infinity();
    const E hh = h.squared();
    const E i = hh.doubled().doubled();
    const E j = h * i;
    const E r = half_r.doubled();
    const E v = p.x * i;
    const E x3 = r.squared() - j - v.doubled();
    return {x3, r * (v - x3) - (p.y * j).doubled(), (p.z + h).squared() - zz - hh};
  }

  friend Jacobian operator+(const Jacobian& p, const Jacobian& q) {
    if (q.is_infinity()) return p;
    if (p.is_infinity()) return q;
    const E z1z1 = p.z.squared();
    const E z2z2 = q.z.squared();
    const E u1 = p.x * z2z2;
    const E s1 = p.y * q.z * z2z2;
    const E h = q.x * z1z1 - u1;
    const E half_r = q.y * p.z * z1z1 - s1;
    if (h.is_zero()) return half_r.is_zero() ? p.doubled() : infinity();
    const E i = h.doubled().squared();
    const E j = h * i;
    const E r = half_r.doubled();
    const E v = u1 * i;
    const E x3 = r.squared() - j - v.doubled();
    return {x3, r * (v - x3) - (s1 * j).doubled(), ((p.z + q.z).squared() - z1z1 - z2z2) * h};
  }

  friend Jacobian operator-(const Jacobian& p) { return {p.x, -p.y, p.z}; }

  /// Whether both are the same point.
  [[nodiscard]] bool equals(const Jacobian& q) const {
    if (is_infinity() || q.is_infinity()) return is_infinity() && q.is_infinity();
    const E zz = z.squared();
    const E qzz = q.z.squared();
    return x * qzz == q.x * zz && y * qzz * q.z == q.y * zz * z;
  }

  /// With the inverse of z, if it is known.
  [[nodiscard]] Affine<E> affine(const E& z_inverse) const {
    Affine<E> a(E::zero(), E::zero());
    a.infinity = is_infinity();
    if (a.infinity) return a;
    const E zz = z_inverse.squared();
    a.x = x * zz;
    a.y = y * zz * z_inverse;
    return a;
  }
  [[nodiscard]] Affine<E> affine() const { return affine(z.inverse()); }
};

/// All points in affine form, for one inversion.
template <class E>
std::vector<Affine<E>> to_affine(std::span<const Jacobian<E>> points) {
  std::vector<E> inverses;
  inverses.reserve(points.size());
  for (const auto& point : points) inverses.push_back(point.z);
  invert_all(std::span(inverses));
  std::vector<Affine<E>> affine;
  affine.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) affine.push_back(points[i].affine(inverses[i]));
  return affine;
}

template <class F>
G1 to_public(const Affine<F>& a) {
  return {.x = a.x.residue(), .y = a.y.residue(), .infinity = a.infinity};
}
template <class F>
G2 to_public(const Affine<Ext2<F>>& a) {
  return {.x = a.x.residue(), .y = a.y.residue(), .infinity = a.infinity};
}

/// The scalar multiple by plain doubling and adding, for scalars used once.
template <class E>
Jacobian<E> multiply(const Limbs& k, const Affine<E>& point) {
  unsigned length = 256;
  while (length > 0 && !bit(k, length - 1)) --length;
  Jacobian<E> sum = Jacobian<E>::infinity();
  for (unsigned i = length; i-- > 0;) {
    sum = sum.doubled();
    if (bit(k, i)) sum = sum + point;
  }
  return sum;
}

/// ψ = twist ∘ Frobenius ∘ untwist on the twist, which is [p] on G2.
template <class F>
Affine<Ext2<F>> psi(const Affine<Ext2<F>>& q) {
  Affine<Ext2<F>> image(q.x.conjugate() * Ext2<F>::of(kFrobenius1[1]),
                        q.y.conjugate() * Ext2<F>::of(kFrobenius1[2]));
  image.infinity = q.infinity;
  return image;
}
template <class F>
Jacobian<Ext2<F>> psi(const Jacobian<Ext2<F>>& q) {
  return {q.x.conjugate() * Ext2<F>::of(kFrobenius1[1]),
          q.y.conjugate() * Ext2<F>::of(kFrobenius1[2]), q.z.conjugate()};
}

/// Whether a point of the twist is of order r: [x₀+1]P + ψ([x₀]P) + ψ²([x₀]P) = ψ³([2x₀]P)
/// (Dai, Lin, Zhao and Zhou, eprint 2022/348, section 4.3).
template <class F>
bool in_subgroup(const Affine<Ext2<F>>& p) {
  const auto xp = multiply<Ext2<F>>({kCurveParameter, 0, 0, 0}, p);
  const auto psi_xp = psi(xp);
  const auto psi2_xp = psi(psi_xp);
  return (xp + p + psi_xp + psi2_xp).equals(psi(psi2_xp).doubled());
}

}  // namespace vcp::zk
