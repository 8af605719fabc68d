// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cmath>

#include "json_escape.hpp"
#include "utf8.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"

namespace vcp::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// How many bytes at the front of `text` go into a string as they are.
std::size_t verbatim_prefix(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    if (text.size() - length >= 8) {
      const std::size_t plain = plain_prefix8(&text[length]);
      length += plain;
      if (plain == 8) continue;
    }
    const auto c = static_cast<std::uint8_t>(text[length]);
    if (c < 0x20 || c == '"' || c == '\\') return length;
    const std::size_t sequence = utf8_sequence(text.substr(length));
    if (sequence == 0) return length;
    length += sequence;
  }
  return length;
}

/// Appends the escape of a character that may not stand in a string as it is.
void append_escape(std::string& out, char c) {
  constexpr std::string_view kLetters = "btnvfr";  // of 8 to 13; JSON has no \v
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out += '\\';
  if (c == '"' || c == '\\') {
    out += c;
  } else if (c >= '\b' && c <= '\r' && c != '\v') {
    out += kLetters[static_cast<std::size_t>(c - '\b')];
  } else {
    out += "u00";
    out += kHexDigits[static_cast<std::size_t>(c) >> 4];
    out += kHexDigits[static_cast<std::size_t>(c) & 15];
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t length = verbatim_prefix(text);
    out.append(text.substr(0, length));
    if (length == text.size()) break;
    const char c = text[length];
    if (static_cast<std::uint8_t>(c) < 0x80) {
      append_escape(out, c);
    } else {
      out += kReplacement;
    }
    text.remove_prefix(length + 1);
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end);
}

}  // namespace

void Writer::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

Writer& Writer::begin_object() {
  separate();
  out_ += '{';
  comma_ = false;
  return *this;
}

Writer& Writer::end_object() {
  out_ += '}';
  comma_ = true;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_ += '[';
  comma_ = false;
  return *this;
}

Writer& Writer::end_array() {
  out_ += ']';
  comma_ = true;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_ += ':';
  comma_ = false;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  separate();
  append_quoted(out_, text);
  return *this;
}

Writer& Writer::number(std::int64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

Writer& Writer::number(std::uint64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

Writer& Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  append_number(out_, value);
  return *this;
}

Writer& Writer::boolean(bool value) { return raw(value ? "true" : "false"); }

Writer& Writer::null() { return raw("null"); }

Writer& Writer::base64(std::string_view bytes) {
  separate();
  out_ += '"';
  append_base64(out_, bytes);
  out_ += '"';
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

std::string quote(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string pointer(std::string_view base, std::string_view token) {
  std::string out(base);
  out += '/';
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer(std::string_view base, std::size_t index) {
  return pointer(base, std::to_string(index));
}

}  // namespace vcp::json
