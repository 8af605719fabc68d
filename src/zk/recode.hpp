// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limbs.hpp"

namespace vcp::zk {

/// The width-w non-adjacent form of k, the lowest digit first: each digit is zero or odd and below
/// 2^(w−1) in size, of any w digits in a row at most one is not zero. k must fit, with a carry,
/// into `Digits` bits.
template <std::size_t Digits>
constexpr std::array<std::int8_t, Digits> signed_windows(Limbs k, unsigned w) {
  std::array<std::int8_t, Digits> digits{};
  const std::int64_t window = std::int64_t{1} << w;
  for (auto& digit : digits) {
    if ((k[0] & 1) != 0) {
      auto low = static_cast<std::int64_t>(k[0]) & (window - 1);
      if (low >= window / 2) low -= window;
      digit = static_cast<std::int8_t>(low);
      std::uint64_t ignored = 0;
      const auto size = static_cast<std::uint64_t>(low < 0 ? -low : low);
      k = low < 0 ? add(k, {size, 0, 0, 0}, ignored) : subtract(k, {size, 0, 0, 0}, ignored);
    }
    for (std::size_t i = 0; i < 4; ++i) k[i] = (k[i] >> 1) | (i < 3 ? k[i + 1] << 63 : 0);
  }
  return digits;
}

}  // namespace vcp::zk
