// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ascii.hpp"
#include "target.hpp"
#include "vcp/http/message.hpp"

namespace vcp::http {
namespace {

/// Reads one `name=value`; `plain_name` is the name as it may stand in a message.
Result<Request::QueryParam> parse_param(std::string_view piece) {
  const std::size_t equals = std::min(piece.find('='), piece.size());
  const std::string_view raw_name = piece.substr(0, equals);
  const std::string_view raw_value = piece.substr(std::min(equals + 1, piece.size()));
  Request::QueryParam param;
  if (!percent_decode(raw_name, true, param.name) ||
      !percent_decode(raw_value, true, param.value)) {
    return fail_field("?" + std::string(raw_name), "is not percent-encoded UTF-8");
  }
  return param;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (iequals(field, name)) return value;
  }
  return {};
}

bool Request::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const auto& field) { return iequals(field.first, name); });
}

std::string_view Request::param(std::string_view name) const {
  for (const auto& [known, value] : params) {
    if (known == name) return value;
  }
  return {};
}

Result<std::vector<Request::QueryParam>> Request::query_params(
    std::initializer_list<std::string_view> known) const {
  std::vector<QueryParam> params_read;
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (piece.empty()) continue;
    Result<QueryParam> param = parse_param(piece);
    if (!param) return std::unexpected(std::move(param.error()));
    if (std::find(known.begin(), known.end(), param->name) == known.end()) {
      return fail_field("?" + param->name, "unknown parameter");
    }
    for (const QueryParam& before : params_read) {
      if (before.name == param->name) return fail_field("?" + param->name, "given twice");
    }
    params_read.push_back(std::move(*param));
  }
  return params_read;
}

}  // namespace vcp::http
