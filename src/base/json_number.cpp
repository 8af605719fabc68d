// SPDX-License-Identifier: Apache-2.0
#include "json_number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace vcp::json {
namespace {

/// The digits of a number, and where its decimal point is after the exponent moved it.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t point = 0;  ///< how many of all digits stand before it; may be outside them

  [[nodiscard]] std::int64_t size() const {
    return static_cast<std::int64_t>(whole.size() + fraction.size());
  }
  [[nodiscard]] unsigned digit(std::int64_t index) const {
    const auto i = static_cast<std::size_t>(index);
    return static_cast<unsigned>((i < whole.size() ? whole[i] : fraction[i - whole.size()]) - '0');
  }
};

/// Beyond the length of any text, so that more makes no difference.
constexpr std::int64_t kHugeExponent = 1'000'000'000'000;

std::int64_t read_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : text) value = std::min(value * 10 + (c - '0'), kHugeExponent);
  return negative ? -value : value;
}

Decimal take_apart(std::string_view number) {
  Decimal decimal;
  decimal.negative = number.starts_with('-');
  if (decimal.negative) number.remove_prefix(1);
  std::int64_t exponent = 0;
  if (const std::size_t e = number.find_first_of("eE"); e != std::string_view::npos) {
    exponent = read_exponent(number.substr(e + 1));
    number = number.substr(0, e);
  }
  const std::size_t dot = number.find('.');
  decimal.whole = number.substr(0, dot);
  if (dot != std::string_view::npos) decimal.fraction = number.substr(dot + 1);
  decimal.point = static_cast<std::int64_t>(decimal.whole.size()) + exponent;
  return decimal;
}

/// Appends a digit to `value`; false if it overflows.
bool append_digit(std::uint64_t& value, unsigned digit) {
  return !__builtin_mul_overflow(value, std::uint64_t{10}, &value) &&
         !__builtin_add_overflow(value, std::uint64_t{digit}, &value);
}

/// Whether the number is below 1 in magnitude.
bool is_fraction(const Decimal& decimal) {
  std::int64_t first = 0;  // significant digit
  while (first < decimal.size() && decimal.digit(first) == 0) ++first;
  return first == decimal.size() || first >= decimal.point;
}

}  // namespace

std::optional<Integer> to_integer(std::string_view number) {
  const Decimal decimal = take_apart(number);
  Integer integer{.negative = decimal.negative};
  for (std::int64_t i = 0; i < decimal.size(); ++i) {
    const unsigned digit = decimal.digit(i);
    if (i >= decimal.point) {
      if (digit != 0) return std::nullopt;
    } else if (!append_digit(integer.magnitude, digit)) {
      return std::nullopt;
    }
  }
  if (integer.magnitude == 0) return Integer{};
  // Ends after 20 zeros at the latest.
  for (std::int64_t i = decimal.size(); i < decimal.point; ++i) {
    if (!append_digit(integer.magnitude, 0)) return std::nullopt;
  }
  return integer;
}

std::optional<double> to_double(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::result_out_of_range) {
    if (!is_fraction(take_apart(number))) return std::nullopt;
    return number.starts_with('-') ? -0.0 : 0.0;
  }
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace vcp::json
