// SPDX-License-Identifier: Apache-2.0
#include "request_id.hpp"

#include <array>
#include <charconv>

namespace vcp::http {
namespace {

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): one to one, so counts stay distinct.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace

std::uint64_t RequestIds::next_connection() {
  return mix(start_ + count_.fetch_add(1, std::memory_order_relaxed));
}

void RequestIds::write(std::uint64_t connection, std::uint64_t request, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 16> hex;
  for (std::size_t i = hex.size(); i > 0; --i, connection >>= 4U)
    hex[i - 1] = kDigits[connection & 15U];
  std::array<char, 20> number;
  const auto [end, error] = std::to_chars(number.data(), number.data() + number.size(), request);
  out.assign(hex.data(), hex.size());
  out += '-';
  out.append(number.data(), end);
}

}  // namespace vcp::http
