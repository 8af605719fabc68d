// SPDX-License-Identifier: Apache-2.0
#include "json_escape.hpp"

#include <charconv>
#include <optional>

namespace vcp::json {
namespace {

constexpr std::size_t kUnicodeEscape = 6;  // \u0000

/// The code unit of a \uXXXX escape that begins `text`.
std::optional<std::uint32_t> code_unit(std::string_view text) {
  if (text.size() < kUnicodeEscape || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  const char* const last = text.data() + kUnicodeEscape;
  const auto [end, error] = std::from_chars(text.data() + 2, last, unit, 16);
  if (error != std::errc{} || end != last) return std::nullopt;
  return unit;
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto put_continuation = [&](int shift) { put(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put_continuation(0);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put_continuation(6);
    put_continuation(0);
  } else {
    put(0xF0 | code_point >> 18);
    put_continuation(12);
    put_continuation(6);
    put_continuation(0);
  }
}

/// Appends what a good \uXXXX escape at the front of `text` stands for, its second half included.
void append_unicode(std::string& out, std::string_view text) {
  std::uint32_t code_point = *code_unit(text);
  if (is_high_surrogate(code_point)) {
    const std::uint32_t low = *code_unit(text.substr(kUnicodeEscape));
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, code_point);
}

/// What a backslash and this letter stand for.
char resolve_letter(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

}  // namespace

std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 0;
  if (text[1] != 'u') return std::string_view("\"\\/bfnrt").contains(text[1]) ? 2 : 0;
  const std::optional<std::uint32_t> unit = code_unit(text);
  if (!unit || is_low_surrogate(*unit)) return 0;
  if (!is_high_surrogate(*unit)) return kUnicodeEscape;
  const std::optional<std::uint32_t> other = code_unit(text.substr(kUnicodeEscape));
  return other && is_low_surrogate(*other) ? 2 * kUnicodeEscape : 0;
}

void append_resolved(std::string& out, std::string_view content) {
  while (true) {
    const std::size_t escape = content.find('\\');
    out.append(content.substr(0, escape));
    if (escape == std::string_view::npos) return;
    content.remove_prefix(escape);
    if (content[1] == 'u') {
      append_unicode(out, content);
    } else {
      out.push_back(resolve_letter(content[1]));
    }
    content.remove_prefix(escape_length(content));
  }
}

}  // namespace vcp::json
