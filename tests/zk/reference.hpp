// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <string>
#include <utility>

#include "vcp/zk/curve.hpp"

// BN254 slowly and obviously: integers of a library, remainders after each operation, Fp12 as one
// extension of Fp instead of a tower, affine points, exponents written out. What the fast code is
// checked against.

namespace vcp::zk::reference {

using Int = boost::multiprecision::cpp_int;

extern const Int kP;
extern const Int kR;
extern const Int kX0;

Int modulo(const Int& a, const Int& m);
Int inverse(const Int& a, const Int& m);

template <class Prime>
Int integer(const Residue<Prime>& a) {
  return Int(a.to_decimal());
}
template <class Field>
Field residue(const Int& a) {
  return *Field::from_decimal(a.str());
}

/// An element of Fp[w]/(w¹² − 18w⁶ + 82), where w⁶ = 9 + i.
class Fp12 {
 public:
  Fp12() = default;
  explicit Fp12(const Int& a) { c_[0] = modulo(a, kP); }
  /// (c0 + c1·i)·wᵏ.
  Fp12(const Int& c0, const Int& c1, std::size_t k);

  friend bool operator==(const Fp12&, const Fp12&) = default;
  friend Fp12 operator+(const Fp12& a, const Fp12& b);
  friend Fp12 operator-(const Fp12& a, const Fp12& b);
  friend Fp12 operator*(const Fp12& a, const Fp12& b);

  [[nodiscard]] Fp12 power(const Int& e) const;
  [[nodiscard]] Fp12 inverse() const { return power(boost::multiprecision::pow(kP, 12) - 2); }

 private:
  std::array<Int, 12> c_;
};

/// A point of y² = x³ + 3 over Fp12; infinity is no value.
using Point = std::optional<std::pair<Fp12, Fp12>>;

Point embed(const G1& p);
/// By the untwisting (x, y) → (x·w², y·w³).
Point embed(const G2& q);

bool on_curve(const Point& p);
Point add(const Point& p, const Point& q);
Point multiply(const Int& k, const Point& p);

/// The reduced optimal ate pairing.
Fp12 pairing(const G1& p, const G2& q);

}  // namespace vcp::zk::reference
