// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vcp {

/// Whether none of the 8 bytes at `p` is above 0x7F.
inline bool is_ascii8(const char* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return (word & 0x8080'8080'8080'8080) == 0;
}

/// The length of the well-formed UTF-8 sequence that begins `bytes`, by table 3-7 of The Unicode
/// Standard; 0 if none does. `bytes` is not empty.
[[nodiscard]] std::size_t utf8_sequence(std::string_view bytes);

}  // namespace vcp
