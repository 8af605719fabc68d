// SPDX-License-Identifier: Apache-2.0
#include "field_rules.hpp"

#include <algorithm>

#include "ascii.hpp"

namespace vcp::http {
namespace {

bool all_of(std::string_view text, bool (*test)(char)) {
  return std::all_of(text.begin(), text.end(), test);
}

bool is_hex(char c) { return hex_value(c) >= 0; }
bool is_lower_hex(char c) { return is_hex(c) && to_lower(c) == c; }

/// unreserved, sub-delims and the percent sign (RFC 3986, section 3.2.2).
bool is_name_char(char c) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=%";
  return is_digit(c) || is_alpha(c) || kOthers.find(c) != std::string_view::npos;
}

bool is_literal_char(char c) { return is_name_char(c) || c == ':'; }

bool is_token68_char(char c) {
  constexpr std::string_view kOthers = "-._~+/=";
  return is_digit(c) || is_alpha(c) || kOthers.find(c) != std::string_view::npos;
}

/// Whether parameters say a charset other than UTF-8.
bool has_other_charset(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = trim(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (!iequals(parameter.substr(0, equals), "charset")) continue;
    const std::string_view charset = parameter.substr(equals + 1);
    if (!iequals(charset, "utf-8") && !iequals(charset, "\"utf-8\"")) return true;
  }
  return false;
}

}  // namespace

bool is_digits(std::string_view value) { return !value.empty() && all_of(value, is_digit); }

bool is_valid_host(std::string_view value) {
  if (value.starts_with('[')) {
    const std::size_t close = value.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    if (!all_of(value.substr(1, close - 1), is_literal_char)) return false;
    value.remove_prefix(close + 1);
  } else {
    const std::size_t colon = std::min(value.find(':'), value.size());
    if (colon == 0 || !all_of(value.substr(0, colon), is_name_char)) return false;
    value.remove_prefix(colon);
  }
  if (value.empty()) return true;
  return value.front() == ':' && value.size() <= 6 && all_of(value.substr(1), is_digit);
}

bool names_unknown_coding(std::string_view value) {
  bool unknown = false;
  for_each_in_list(value, [&unknown](std::string_view coding) {
    unknown = unknown || !iequals(coding, "chunked");
    return true;
  });
  return unknown;
}

bool is_media_type_of(std::string_view value, const std::vector<std::string_view>& allowed) {
  const std::size_t semicolon = std::min(value.find(';'), value.size());
  const std::string_view type = trim(value.substr(0, semicolon));
  const auto is_type = [type](std::string_view one) { return iequals(type, one); };
  if (std::none_of(allowed.begin(), allowed.end(), is_type)) return false;
  return !has_other_charset(value.substr(semicolon));
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!iequals(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const std::string_view token = trim(authorization.substr(kScheme.size()));
  if (token.empty() || !all_of(token, is_token68_char)) return std::nullopt;
  return token;
}

bool is_valid_request_id(std::string_view value) {
  // What needs no escaping in a log, a header or a page.
  const auto is_plain = [](char c) {
    constexpr std::string_view kOthers = "-._~:/+=@";
    return is_digit(c) || is_alpha(c) || kOthers.find(c) != std::string_view::npos;
  };
  return !value.empty() && value.size() <= 128 && all_of(value, is_plain);
}

bool is_valid_traceparent(std::string_view value) {
  constexpr std::size_t kSize = 55;  // 2 version, 32 trace id, 16 parent id, 2 flags, 3 dashes
  if (value.size() < kSize || value.size() > 128) return false;
  const std::string_view version = value.substr(0, 2);
  const std::string_view trace_id = value.substr(3, 32);
  const std::string_view parent_id = value.substr(36, 16);
  const std::string_view flags = value.substr(53, 2);
  if (value[2] != '-' || value[35] != '-' || value[52] != '-') return false;
  for (std::string_view part : {version, trace_id, parent_id, flags}) {
    if (!all_of(part, is_lower_hex)) return false;
  }
  const auto is_zero = [](char c) { return c == '0'; };
  if (all_of(trace_id, is_zero) || all_of(parent_id, is_zero) || version == "ff") return false;
  if (value.size() == kSize) return true;
  return version != "00" && value[kSize] == '-' && all_of(value.substr(kSize), is_visible);
}

}  // namespace vcp::http
