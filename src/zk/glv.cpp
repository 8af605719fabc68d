// SPDX-License-Identifier: Apache-2.0
#include "glv.hpp"

namespace vcp::zk {

namespace {

constexpr Limbs kShort = hex("89d3256894d213e3");                       // 2x₀ + 1
constexpr Limbs kLong = hex("6f4d8248eeb859fc8211bbeb7d4f1128");        // 6x₀² + 2x₀
constexpr Limbs kLonger = hex("6f4d8248eeb859fd0be4e1541221250b");      // 6x₀² + 4x₀ + 1
constexpr Limbs kShortOverR = hex("2d91d232ec7e0b3d7");                 // ⌊2^256·kShort/r⌋
constexpr Limbs kLongOverR = hex("24ccef014a773d2cf7a7bd9d4391eb18d");  // ⌊2^256·kLong/r⌋

/// The 512 bits of a·b.
std::array<std::uint64_t, 8> multiply_wide(const Limbs& a, const Limbs& b) {
  std::array<std::uint64_t, 8> product{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      product[i + j] = mul_add_carry(a[i], b[j], product[i + j], carry);
    }
    product[i + 4] = carry;
  }
  return product;
}

Limbs low(const std::array<std::uint64_t, 8>& wide) { return {wide[0], wide[1], wide[2], wide[3]}; }
Limbs high(const std::array<std::uint64_t, 8>& wide) {
  return {wide[4], wide[5], wide[6], wide[7]};
}

/// a − b modulo 2^256, taken as a signed number.
Half difference(const Limbs& a, const Limbs& b) {
  std::uint64_t negative = 0;
  const Limbs d = subtract(a, b, negative);
  std::uint64_t ignored = 0;
  return {.size = negative != 0 ? subtract(Limbs{}, d, ignored) : d, .negative = negative != 0};
}

}  // namespace

Split split(const Limbs& k) {
  const Limbs c1 = high(multiply_wide(k, kShortOverR));
  const Limbs c2 = high(multiply_wide(k, kLongOverR));
  std::uint64_t ignored = 0;
  const Limbs nearby =
      add(low(multiply_wide(c1, kShort)), low(multiply_wide(c2, kLonger)), ignored);
  return {.k1 = difference(k, nearby),
          .k2 = difference(low(multiply_wide(c1, kLong)), low(multiply_wide(c2, kShort)))};
}

}  // namespace vcp::zk
