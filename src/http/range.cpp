// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "ascii.hpp"
#include "problem.hpp"
#include "vcp/http/message.hpp"

namespace vcp::http {
namespace {

/// Digits alone. One that does not fit is past the end of anything.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? value : UINT64_MAX;
}

std::unexpected<Error> not_satisfiable(std::uint64_t size) {
  return fail(Code::invalid,
              "the range lies outside of the " + std::to_string(size) + " bytes there are");
}

/// "-500": the last 500 bytes.
Result<std::optional<ByteRange>> parse_suffix(std::string_view count, std::uint64_t size) {
  const std::optional<std::uint64_t> wanted = parse_position(count);
  if (!wanted) return std::nullopt;
  if (*wanted == 0 || size == 0) return not_satisfiable(size);
  const std::uint64_t length = std::min(*wanted, size);
  return ByteRange{.offset = size - length, .length = length};
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!iequals(header.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  const std::string_view range = trim(header.substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  if (dash == 0) return parse_suffix(range.substr(1), size);

  const std::optional<std::uint64_t> first = parse_position(range.substr(0, dash));
  std::optional<std::uint64_t> last = UINT64_MAX;
  if (dash + 1 < range.size()) last = parse_position(range.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  if (*first >= size) return not_satisfiable(size);
  return ByteRange{.offset = *first, .length = std::min(*last, size - 1) - *first + 1};
}

Response range_not_satisfiable(std::uint64_t size) {
  Response response = refusal(416, not_satisfiable(size).error().message);
  response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
  return response;
}

}  // namespace vcp::http
