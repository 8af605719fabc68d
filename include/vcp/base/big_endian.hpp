// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

namespace vcp {

/// Appends the number, highest byte first, so that the order of the bytes is that of the numbers.
inline void append_u64(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

/// Reads what `append_u64` wrote at the start of `bytes`.
inline std::uint64_t read_u64(std::string_view bytes) {
  assert(bytes.size() >= 8);
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(0, 8))
    number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace vcp
