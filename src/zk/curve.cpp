// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/curve.hpp"

#include "glv.hpp"
#include "pairing.hpp"

namespace vcp::zk {

namespace {

using F = Mont<BasePrime, Portable>;
using Point = Affine<F>;
using TwistAffine = Affine<Ext2<F>>;

Fp2 operator+(const Fp2& a, const Fp2& b) { return {a.c0 + b.c0, a.c1 + b.c1}; }
Fp2 operator-(const Fp2& a) { return {-a.c0, -a.c1}; }

}  // namespace

G1 G1::generator() { return {.x = Fp(1), .y = Fp(2), .infinity = false}; }

G2 G2::generator() {
  static constexpr Constant2 kX = {
      Constant("1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"),
      Constant("198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2")};
  static constexpr Constant2 kY = {
      Constant("12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"),
      Constant("090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b")};
  return to_public(TwistAffine(Ext2<F>::of(kX), Ext2<F>::of(kY)));
}

bool on_curve(const G1& point) { return on_curve(Point(point)); }
bool on_curve(const G2& point) { return on_curve(TwistAffine(point)); }

bool in_subgroup(const G2& point) {
  const TwistAffine p(point);
  return p.infinity || (on_curve(p) && in_subgroup(p));
}

std::optional<G1> g1_from_x(const Fp& x, bool larger) {
  const auto y = sqrt(x * x * x + Fp(3));
  if (!y) return std::nullopt;
  return G1{.x = x, .y = is_larger_root(*y) == larger ? *y : -*y, .infinity = false};
}

std::optional<G2> g2_from_x(const Fp2& x, bool larger) {
  const Ext2<F> a = Ext2<F>::of(x);
  const auto y = sqrt((a.squared() * a).residue() + Ext2<F>::of(kTwistB).residue());
  if (!y) return std::nullopt;
  return G2{.x = x, .y = is_larger_root(*y) == larger ? *y : -*y, .infinity = false};
}

G1 operator-(const G1& a) { return {.x = a.x, .y = -a.y, .infinity = a.infinity}; }
G2 operator-(const G2& a) { return {.x = a.x, .y = -a.y, .infinity = a.infinity}; }

G1 operator+(const G1& a, const G1& b) {
  return to_public((Jacobian<F>::of(Point(a)) + Point(b)).affine());
}
G2 operator+(const G2& a, const G2& b) {
  return to_public((Jacobian<Ext2<F>>::of(TwistAffine(a)) + TwistAffine(b)).affine());
}

G1 operator*(const Fr& k, const G1& a) { return to_public(multiply(k, Point(a)).affine()); }
G2 operator*(const Fr& k, const G2& a) { return to_public(multiply(k, TwistAffine(a)).affine()); }

bool pairing_product_is_one(std::span<const PairingTerm> terms) {
  MillerLoop<F> loop;
  for (const auto& [p, q] : terms) {
    if (!p.infinity && !q.infinity) loop.add(Point(p), TwistAffine(q));
  }
  return final_exponentiation(loop.run()) == Ext12<F>::one();
}

}  // namespace vcp::zk
