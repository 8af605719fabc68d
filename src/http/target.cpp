// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::http {
namespace {

Target split(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  return {.path = target.substr(0, mark),
          .query = target.substr(std::min(mark + 1, target.size()))};
}

/// "http://authority/path?query". An empty path is a slash: the last of the scheme's, since views
/// into the target are what is returned.
std::optional<Target> parse_absolute(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!iequals(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view slash = target.substr(scheme.size() - 1, 1);
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t authority = std::min(rest.find_first_of("/?"), rest.size());
    if (authority == 0) return std::nullopt;
    Target parts = split(rest.substr(authority));
    if (parts.path.empty()) parts.path = slash;
    return parts;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  const auto allowed = [](char c) { return is_visible(c) && c != '#'; };
  if (!std::all_of(target.begin(), target.end(), allowed)) return std::nullopt;
  if (target == "*") return Target{.path = target, .query = {}};
  return target.starts_with('/') ? split(target) : parse_absolute(target);
}

bool percent_decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) {
      c = ' ';
    } else if (c == '%') {
      if (text.size() - i < 3) return false;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return false;
    out.push_back(c);
  }
  return is_utf8(out);
}

}  // namespace vcp::http
