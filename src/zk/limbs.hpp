// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Numbers below 2^256 as four 64-bit limbs, the lowest first.

namespace vcp::zk {

using Limbs = std::array<std::uint64_t, 4>;

__extension__ using Uint128 = unsigned __int128;

/// The low half of a + b + carry; the high half becomes the carry.
constexpr std::uint64_t add_carry(std::uint64_t a, std::uint64_t b, std::uint64_t& carry) {
  const Uint128 sum = Uint128{a} + b + carry;
  carry = static_cast<std::uint64_t>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

/// a − b − borrow modulo 2^64; borrow becomes 1 if that was negative, else 0.
constexpr std::uint64_t sub_borrow(std::uint64_t a, std::uint64_t b, std::uint64_t& borrow) {
  const Uint128 difference = Uint128{a} - b - borrow;
  borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  return static_cast<std::uint64_t>(difference);
}

/// The low half of a·b + c + carry; the high half becomes the carry. Cannot overflow.
constexpr std::uint64_t mul_add_carry(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                      std::uint64_t& carry) {
  const Uint128 sum = Uint128{a} * b + c + carry;
  carry = static_cast<std::uint64_t>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

/// a + b modulo 2^256; `carry` becomes 1 if it overflowed, else 0.
constexpr Limbs add(const Limbs& a, const Limbs& b, std::uint64_t& carry) {
  Limbs sum{};
  carry = 0;
  for (std::size_t i = 0; i < 4; ++i) sum[i] = add_carry(a[i], b[i], carry);
  return sum;
}

/// a − b modulo 2^256; `borrow` becomes 1 if a < b, else 0.
constexpr Limbs subtract(const Limbs& a, const Limbs& b, std::uint64_t& borrow) {
  Limbs difference{};
  borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) difference[i] = sub_borrow(a[i], b[i], borrow);
  return difference;
}

constexpr bool less(const Limbs& a, const Limbs& b) {
  std::uint64_t borrow = 0;
  subtract(a, b, borrow);
  return borrow != 0;
}

/// a if a < m, else a − m.
constexpr Limbs reduce_once(const Limbs& a, const Limbs& m) {
  std::uint64_t borrow = 0;
  const Limbs difference = subtract(a, m, borrow);
  return borrow != 0 ? a : difference;
}

constexpr bool bit(const Limbs& a, unsigned index) {
  return ((a[index / 64] >> (index % 64)) & 1) != 0;
}

/// Reads up to 64 hexadecimal digits of a constant.
consteval Limbs hex(std::string_view digits) {
  Limbs value{};
  for (const char c : digits) {
    for (std::size_t i = 3; i > 0; --i) value[i] = (value[i] << 4) | (value[i - 1] >> 60);
    value[0] = (value[0] << 4) | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

}  // namespace vcp::zk
