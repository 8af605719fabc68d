// SPDX-License-Identifier: Apache-2.0
#include "zk/reference.hpp"

namespace vcp::zk::reference {

const Int kP("21888242871839275222246405745257275088696311157297823662689037894645226208583");
const Int kR("21888242871839275222246405745257275088548364400416034343698204186575808495617");
const Int kX0("4965661367192848881");

namespace {

/// The line through p and q, or the tangent, at `at`; of finite points over Fp12.
Fp12 line(const Point& p, const Point& q, const Point& at) {
  const auto& [x1, y1] = *p;
  const auto& [x2, y2] = *q;
  const auto& [x, y] = *at;
  if (x1 == x2 && !(y1 == y2)) return x - x1;
  const Fp12 slope =
      x1 == x2 ? Fp12(3) * x1 * x1 * (y1 + y1).inverse() : (y2 - y1) * (x2 - x1).inverse();
  return slope * (x - x1) - (y - y1);
}

Point frobenius(const Point& p) { return {{p->first.power(kP), p->second.power(kP)}}; }
Point negative(const Point& p) { return {{p->first, Fp12() - p->second}}; }

}  // namespace

Int modulo(const Int& a, const Int& m) {
  const Int rest = a % m;
  return rest < 0 ? Int(rest + m) : rest;
}

Int inverse(const Int& a, const Int& m) { return powm(modulo(a, m), Int(m - 2), m); }

Fp12::Fp12(const Int& c0, const Int& c1, std::size_t k) {
  c_[k] = modulo(c0 - 9 * c1, kP);
  c_[k + 6] = modulo(c1, kP);
}

Fp12 operator+(const Fp12& a, const Fp12& b) {
  Fp12 sum;
  for (std::size_t i = 0; i < 12; ++i) sum.c_[i] = modulo(a.c_[i] + b.c_[i], kP);
  return sum;
}

Fp12 operator-(const Fp12& a, const Fp12& b) {
  Fp12 difference;
  for (std::size_t i = 0; i < 12; ++i) difference.c_[i] = modulo(a.c_[i] - b.c_[i], kP);
  return difference;
}

Fp12 operator*(const Fp12& a, const Fp12& b) {
  std::array<Int, 23> product;
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t j = 0; j < 12; ++j) product[i + j] += a.c_[i] * b.c_[j];
  }
  for (std::size_t i = 22; i >= 12; --i) {
    product[i - 6] += 18 * product[i];
    product[i - 12] -= 82 * product[i];
  }
  Fp12 result;
  for (std::size_t i = 0; i < 12; ++i) result.c_[i] = modulo(product[i], kP);
  return result;
}

Fp12 Fp12::power(const Int& e) const {
  Fp12 result(1);
  for (std::size_t i = e == 0 ? 0 : msb(e) + 1; i-- > 0;) {
    result = result * result;
    if (bit_test(e, static_cast<unsigned>(i))) result = result * *this;
  }
  return result;
}

Point embed(const G1& p) {
  if (p.infinity) return std::nullopt;
  return {{Fp12(integer(p.x)), Fp12(integer(p.y))}};
}

Point embed(const G2& q) {
  if (q.infinity) return std::nullopt;
  return {{Fp12(integer(q.x.c0), integer(q.x.c1), 2), Fp12(integer(q.y.c0), integer(q.y.c1), 3)}};
}

bool on_curve(const Point& p) {
  return !p || p->second * p->second == p->first * p->first * p->first + Fp12(3);
}

Point add(const Point& p, const Point& q) {
  if (!p) return q;
  if (!q) return p;
  const auto& [x1, y1] = *p;
  const auto& [x2, y2] = *q;
  if (x1 == x2 && !(y1 == y2)) return std::nullopt;
  const Fp12 slope =
      x1 == x2 ? Fp12(3) * x1 * x1 * (y1 + y1).inverse() : (y2 - y1) * (x2 - x1).inverse();
  const Fp12 x3 = slope * slope - x1 - x2;
  return {{x3, slope * (x1 - x3) - y1}};
}

Point multiply(const Int& k, const Point& p) {
  Point sum;
  for (std::size_t i = k == 0 ? 0 : msb(k) + 1; i-- > 0;) {
    sum = add(sum, sum);
    if (bit_test(k, static_cast<unsigned>(i))) sum = add(sum, p);
  }
  return sum;
}

Fp12 pairing(const G1& p, const G2& q) {
  if (p.infinity || q.infinity) return Fp12(1);
  const Point at = embed(p);
  const Point base = embed(q);
  const Int loop = 6 * kX0 + 2;
  Fp12 f(1);
  Point t = base;
  for (std::size_t i = msb(loop); i-- > 0;) {
    f = f * f * line(t, t, at);
    t = add(t, t);
    if (bit_test(loop, static_cast<unsigned>(i))) {
      f = f * line(t, base, at);
      t = add(t, base);
    }
  }
  const Point q1 = frobenius(base);
  const Point q2 = negative(frobenius(q1));
  f = f * line(t, q1, at);
  t = add(t, q1);
  f = f * line(t, q2, at);
  return f.power((boost::multiprecision::pow(kP, 12) - 1) / kR);
}

}  // namespace vcp::zk::reference
