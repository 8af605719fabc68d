// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "vcp/zk/field.hpp"

namespace vcp::zk {

/// A point of y² = x³ + 3 over Fp. Every point of the curve is in the group of order r.
struct G1 {
  Fp x;
  Fp y;
  bool infinity = false;  ///< if so, x and y are zero

  friend bool operator==(const G1&, const G1&) = default;

  [[nodiscard]] static G1 at_infinity() { return {.x = {}, .y = {}, .infinity = true}; }
  /// (1, 2).
  [[nodiscard]] static G1 generator();
};

/// A point of the twist y² = x³ + 3/(9+i) over Fp2, of which only a part is the group of order r.
struct G2 {
  Fp2 x;
  Fp2 y;
  bool infinity = false;  ///< if so, x and y are zero

  friend bool operator==(const G2&, const G2&) = default;

  [[nodiscard]] static G2 at_infinity() { return {.x = {}, .y = {}, .infinity = true}; }
  /// The one of EIP-197.
  [[nodiscard]] static G2 generator();
};

/// Whether the equation holds; infinity is on the curve.
[[nodiscard]] bool on_curve(const G1& point);
[[nodiscard]] bool on_curve(const G2& point);

/// Whether a point of the twist has an order that divides r. False for what is off the curve.
[[nodiscard]] bool in_subgroup(const G2& point);

/// The point with this x and the larger (see is_larger_root) or smaller y; nothing if x has none.
/// For G2, the point may lie outside the subgroup.
[[nodiscard]] std::optional<G1> g1_from_x(const Fp& x, bool larger);
[[nodiscard]] std::optional<G2> g2_from_x(const Fp2& x, bool larger);

[[nodiscard]] G1 operator-(const G1& a);
[[nodiscard]] G2 operator-(const G2& a);
[[nodiscard]] G1 operator+(const G1& a, const G1& b);
[[nodiscard]] G2 operator+(const G2& a, const G2& b);

/// The scalar multiple; of points on the curve.
[[nodiscard]] G1 operator*(const Fr& k, const G1& a);
[[nodiscard]] G2 operator*(const Fr& k, const G2& a);

/// One factor e(p, q) of a product of pairings.
struct PairingTerm {
  G1 p;
  G2 q;
};

/// Whether the product of the optimal ate pairings is one; an infinity makes its factor one. The
/// points must be on their curves and in their subgroups: this is what EIP-197 does after decoding.
[[nodiscard]] bool pairing_product_is_one(std::span<const PairingTerm> terms);

}  // namespace vcp::zk
