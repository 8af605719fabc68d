// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "group.hpp"
#include "recode.hpp"

// Scalars split by the endomorphism φ(x, y) = (βx, y) = [λ](x, y) of G1 (Gallant, Lambert and
// Vanstone): kP = k₁P + k₂φ(P) with halves of 128 bits.

namespace vcp::zk {

/// Digits of a half of a split scalar in width-w form.
inline constexpr std::size_t kHalfDigits = 130;
using HalfDigits = std::array<std::int8_t, kHalfDigits>;

/// ±size, below 2^128 or little above.
struct Half {
  Limbs size;
  bool negative;

  /// The digits of the signed number.
  [[nodiscard]] HalfDigits digits(unsigned w) const {
    HalfDigits digits = signed_windows<kHalfDigits>(size, w);
    if (negative) {
      for (auto& digit : digits) digit = static_cast<std::int8_t>(-digit);
    }
    return digits;
  }
};

struct Split {
  Half k1;
  Half k2;
};

/// k₁ and k₂ with k₁ + k₂λ = k modulo r, for a k below r: subtracts from (k, 0) the vector of the
/// lattice nearby, in the basis (2x₀+1, −6x₀²−2x₀), (6x₀²+4x₀+1, 2x₀+1).
Split split(const Limbs& k);

template <class F>
Affine<F> phi(const Affine<F>& p) {
  Affine<F> image(p.x * F(kCubeRoot), p.y);
  image.infinity = p.infinity;
  return image;
}

/// The odd multiples P, 3P, 5P … (2^(w−1) − 1)P, and the same of φ(P).
template <class F>
class OddMultiples {
 public:
  explicit OddMultiples(std::span<const Affine<F>> multiples)
      : p_(multiples.begin(), multiples.end()) {
    for (const auto& multiple : p_) phi_.push_back(phi(multiple));
  }

  /// sum + digit·P, and sum + digit·φ(P).
  void add_p(Jacobian<F>& sum, int digit) const { add(p_, sum, digit); }
  void add_phi(Jacobian<F>& sum, int digit) const { add(phi_, sum, digit); }

 private:
  static void add(const std::vector<Affine<F>>& multiples, Jacobian<F>& sum, int digit) {
    if (digit > 0) sum = sum + multiples[static_cast<std::size_t>(digit) / 2];
    if (digit < 0) sum = sum + -multiples[static_cast<std::size_t>(-digit) / 2];
  }

  std::vector<Affine<F>> p_;
  std::vector<Affine<F>> phi_;
};

/// Tables of odd multiples up to 2^(w−1) of each point, for one inversion.
template <class F>
std::vector<OddMultiples<F>> odd_multiples(std::span<const Affine<F>> points, unsigned w) {
  const std::size_t size = std::size_t{1} << (w - 2);
  std::vector<Jacobian<F>> multiples;
  multiples.reserve(points.size() * size);
  for (const auto& point : points) {
    multiples.push_back(Jacobian<F>::of(point));
    const Jacobian<F> twice = multiples.back().doubled();
    for (std::size_t i = 1; i < size; ++i) multiples.push_back(multiples.back() + twice);
  }
  const std::vector<Affine<F>> affine = to_affine(std::span<const Jacobian<F>>(multiples));
  std::vector<OddMultiples<F>> tables;
  tables.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    tables.emplace_back(std::span(affine).subspan(i * size, size));
  }
  return tables;
}

/// Σ kᵢPᵢ from the tables of the Pᵢ of width w (Straus, with shared doublings).
template <class F>
Jacobian<F> straus(std::span<const OddMultiples<F>> tables, std::span<const Split> scalars,
                   unsigned w) {
  std::vector<std::array<HalfDigits, 2>> digits;
  digits.reserve(scalars.size());
  for (const auto& k : scalars) digits.push_back({k.k1.digits(w), k.k2.digits(w)});
  Jacobian<F> sum = Jacobian<F>::infinity();
  for (std::size_t i = kHalfDigits; i-- > 0;) {
    if (!sum.is_infinity()) sum = sum.doubled();
    for (std::size_t j = 0; j < digits.size(); ++j) {
      tables[j].add_p(sum, digits[j][0][i]);
      tables[j].add_phi(sum, digits[j][1][i]);
    }
  }
  return sum;
}

/// kP for a scalar used once.
template <class F>
Jacobian<F> multiply(const Fr& k, const Affine<F>& p) {
  static constexpr unsigned kWidth = 5;
  const auto table = odd_multiples(std::span<const Affine<F>>(&p, 1), kWidth);
  const std::array<Split, 1> scalar = {split(k.value())};
  return straus(std::span<const OddMultiples<F>>(table), std::span<const Split>(scalar), kWidth);
}

/// The same on the twist, inside the subgroup or outside, where the scalar cannot be split.
template <class F>
Jacobian<Ext2<F>> multiply(const Fr& k, const Affine<Ext2<F>>& q) {
  const auto digits = signed_windows<256>(k.value(), 5);
  std::array<Jacobian<Ext2<F>>, 8> odd;
  odd[0] = Jacobian<Ext2<F>>::of(q);
  const auto twice = odd[0].doubled();
  for (std::size_t i = 1; i < odd.size(); ++i) odd[i] = odd[i - 1] + twice;
  auto sum = Jacobian<Ext2<F>>::infinity();
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (!sum.is_infinity()) sum = sum.doubled();
    if (digits[i] > 0) sum = sum + odd[static_cast<std::size_t>(digits[i]) / 2];
    if (digits[i] < 0) sum = sum + -odd[static_cast<std::size_t>(-digits[i]) / 2];
  }
  return sum;
}

}  // namespace vcp::zk
