// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/encoding.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "utf8.hpp"

namespace vcp {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of each character as a digit. For what is none, a value with the highest bit set, so
/// that several looked-up values can be or-ed and checked at once.
constexpr std::uint32_t kNoDigit = 0x8000'0000;
using DigitValues = std::array<std::uint32_t, 256>;

constexpr std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

constexpr DigitValues digit_values(std::string_view digits, int shift = 0) {
  DigitValues values{};
  values.fill(kNoDigit);
  for (std::uint32_t i = 0; i < digits.size(); ++i) values[byte(digits[i])] = i << shift;
  return values;
}

constexpr DigitValues hex_values() {
  DigitValues values = digit_values(kHexDigits);
  for (const char c : std::string_view("ABCDEF")) values[byte(c)] = byte(c) - byte('A') + 10U;
  return values;
}

/// Two base64 digits for each 12 bits.
constexpr auto base64_pairs() {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {kBase64Digits[i >> 6], kBase64Digits[i & 63]};
  }
  return pairs;
}

constexpr DigitValues kHexValues = hex_values();
constexpr auto kBase64Pairs = base64_pairs();

/// The values of a group's four digits, each in its place of the 24 bits.
constexpr DigitValues kBase64First = digit_values(kBase64Digits, 18);
constexpr DigitValues kBase64Second = digit_values(kBase64Digits, 12);
constexpr DigitValues kBase64Third = digit_values(kBase64Digits, 6);
constexpr DigitValues kBase64Fourth = digit_values(kBase64Digits);

/// A string of `size` bytes that `write(char*)` writes all of. GCC 12.2 may pass more than `size`
/// to the operation of resize_and_overwrite, so that argument is not used.
template <class Write>
std::string string_of(std::size_t size, Write write) {
  std::string bytes;
  bytes.resize_and_overwrite(size, [size, &write](char* out, std::size_t) {
    write(out);
    return size;
  });
  return bytes;
}

std::size_t base64_size(std::string_view bytes) { return (bytes.size() + 2) / 3 * 4; }

void encode_group(char* out, std::uint32_t bits) {
  std::memcpy(out, kBase64Pairs[bits >> 12].data(), 2);
  std::memcpy(out + 2, kBase64Pairs[bits & 0xFFF].data(), 2);
}

void encode_base64(char* out, std::string_view bytes) {
  while (bytes.size() >= 3) {
    encode_group(out, std::uint32_t{byte(bytes[0])} << 16 | std::uint32_t{byte(bytes[1])} << 8 |
                          byte(bytes[2]));
    bytes.remove_prefix(3);
    out += 4;
  }
  if (bytes.empty()) return;
  const std::uint32_t second = bytes.size() == 2 ? byte(bytes[1]) : 0U;
  encode_group(out, std::uint32_t{byte(bytes[0])} << 16 | second << 8);
  out[3] = '=';
  if (bytes.size() == 1) out[2] = '=';
}

/// The 24 bits of four digits; has the bit of kNoDigit if one of them is none.
std::uint32_t group_bits(const char* digits) {
  return kBase64First[byte(digits[0])] | kBase64Second[byte(digits[1])] |
         kBase64Third[byte(digits[2])] | kBase64Fourth[byte(digits[3])];
}

void put_bytes(char* out, std::uint32_t bits, std::size_t count) {
  const std::array<char, 3> bytes{static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
                                  static_cast<char>(bits)};
  std::memcpy(out, bytes.data(), count);
}

/// Decodes groups without padding into `out`, which holds 3 bytes for each 4 digits.
bool decode_groups(char* out, std::string_view digits) {
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < digits.size(); i += 4) {
    const std::uint32_t bits = group_bits(&digits[i]);
    seen |= bits;
    put_bytes(out, bits, 3);
    out += 3;
  }
  return (seen & kNoDigit) == 0;
}

/// Decodes a last group that has `padding` (1 or 2) digits missing.
bool decode_last(char* out, std::string_view digits, std::size_t padding) {
  std::array<char, 4> group{'A', 'A', 'A', 'A'};
  std::memcpy(group.data(), digits.data(), 4 - padding);
  const std::uint32_t bits = group_bits(group.data());
  const std::uint32_t left_over = padding == 1 ? 0xFF : 0xFFFF;
  put_bytes(out, bits, 3 - padding);
  return (bits & (kNoDigit | left_over)) == 0;
}

std::size_t padding_of(std::string_view text) {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

bool is_continuation(char c) { return (byte(c) & 0xC0) == 0x80; }

}  // namespace

std::string to_hex(std::string_view bytes) {
  return string_of(2 * bytes.size(), [bytes](char* out) {
    for (const char c : bytes) {
      *out++ = kHexDigits[byte(c) >> 4];
      *out++ = kHexDigits[byte(c) & 15];
    }
  });
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::uint32_t seen = 0;
  std::string bytes = string_of(text.size() / 2, [text, &seen](char* out) {
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const std::uint32_t high = kHexValues[byte(text[i])];
      const std::uint32_t low = kHexValues[byte(text[i + 1])];
      seen |= high | low;
      *out++ = static_cast<char>(high << 4 | low);
    }
  });
  if ((seen & kNoDigit) != 0) return std::nullopt;
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  return string_of(base64_size(bytes), [bytes](char* out) { encode_base64(out, bytes); });
}

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  out.resize(before + base64_size(bytes));
  encode_base64(&out[before], bytes);
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = padding_of(text);
  const std::string_view whole = text.substr(0, text.size() - (padding > 0 ? 4 : 0));
  const std::string_view last = text.substr(whole.size());
  bool good = true;
  std::string bytes = string_of(text.size() / 4 * 3 - padding, [=, &good](char* out) {
    good = decode_groups(out, whole);
    if (padding > 0) good &= decode_last(out + whole.size() / 4 * 3, last, padding);
  });
  if (!good) return std::nullopt;
  return bytes;
}

std::size_t utf8_sequence(std::string_view bytes) {
  const std::uint8_t lead = byte(bytes[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return 0;

  // The second byte excludes what is overlong (E0, F0), a surrogate (ED) or past U+10FFFF (F4).
  const std::uint8_t second = byte(bytes[1]);
  const std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(bytes[i])) return 0;
  }
  return length;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() >= 8 && is_ascii8(bytes.data())) {
      bytes.remove_prefix(8);
      continue;
    }
    const std::size_t length = utf8_sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace vcp
