// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limbs.hpp"
#include "vcp/zk/field.hpp"

// BN254 (Ethereum's alt_bn128): the two primes and what Montgomery arithmetic needs of them.

namespace vcp::zk {

/// The parameter x₀ that the curve is made from: p = 36x₀⁴ + 36x₀³ + 24x₀² + 6x₀ + 1 and
/// r = p − 6x₀².
inline constexpr std::uint64_t kCurveParameter = 4965661367192848881;

/// 2^bits modulo m, for an m of at most 254 bits.
consteval Limbs power_of_two(unsigned bits, const Limbs& m) {
  Limbs value = {1, 0, 0, 0};
  std::uint64_t carry = 0;
  for (unsigned i = 0; i < bits; ++i) value = reduce_once(add(value, value, carry), m);
  return value;
}

/// −1/m modulo 2^64 for odd m, by Newton's iteration.
consteval std::uint64_t negative_inverse(std::uint64_t m) {
  std::uint64_t inverse = 1;
  for (int i = 0; i < 6; ++i) inverse *= 2 - m * inverse;
  return ~inverse + 1;
}

/// 0 to 9 times m, modulo 2^256.
consteval std::array<Limbs, 10> multiples(const Limbs& m) {
  std::array<Limbs, 10> products{};
  std::uint64_t carry = 0;
  for (std::size_t i = 1; i < products.size(); ++i) products[i] = add(products[i - 1], m, carry);
  return products;
}

struct BasePrime {
  [[gnu::visibility("hidden")]] static constexpr Limbs kModulus =
      hex("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
  static constexpr Limbs kOne = power_of_two(256, kModulus);  ///< R mod p
  static constexpr Limbs kR2 = power_of_two(512, kModulus);   ///< R² mod p
  [[gnu::visibility("hidden")]] static constexpr std::uint64_t kNegativeInverse =
      negative_inverse(kModulus[0]);
  [[gnu::visibility("hidden")]] static constexpr std::array<Limbs, 10> kMultiples =
      multiples(kModulus);
};

struct ScalarPrime {
  [[gnu::visibility("hidden")]] static constexpr Limbs kModulus =
      hex("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001");
  static constexpr Limbs kOne = power_of_two(256, kModulus);
  static constexpr Limbs kR2 = power_of_two(512, kModulus);
  [[gnu::visibility("hidden")]] static constexpr std::uint64_t kNegativeInverse =
      negative_inverse(kModulus[0]);
  [[gnu::visibility("hidden")]] static constexpr std::array<Limbs, 10> kMultiples =
      multiples(kModulus);
};

}  // namespace vcp::zk
