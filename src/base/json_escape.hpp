// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace vcp::json {

/// How many of the first 8 bytes at `p` may stand in a JSON string as they are: ASCII, no control
/// character, no quote, no backslash. The tests on all bytes at once are those of "Bit Twiddling
/// Hacks" (S. E. Anderson); a false match can only stand above a true one.
inline std::size_t plain_prefix8(const char* p) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t special = ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) |
                                ((word - kOnes * 0x20) & ~word) | word;
  return static_cast<std::size_t>(std::countr_zero(special & kHighBits)) / 8;
}

/// The length of the escape sequence that begins `text`, which begins with a backslash; 0 if it is
/// none of RFC 8259, section 7, or a surrogate without its other half.
[[nodiscard]] std::size_t escape_length(std::string_view text);

/// Appends a string's content with its escapes, which are good, resolved.
void append_resolved(std::string& out, std::string_view content);

}  // namespace vcp::json
