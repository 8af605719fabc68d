// SPDX-License-Identifier: Apache-2.0
#include "vcp/http/principal.hpp"

#include <array>
#include <utility>

namespace vcp::http {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 7> kRoleNames = {{
    {Role::none, "none"},
    {Role::admin, "admin"},
    {Role::submitter, "submitter"},
    {Role::reader, "reader"},
    {Role::join, "join"},
    {Role::node, "node"},
    {Role::fl_client, "fl_client"},
}};

}  // namespace

std::string_view to_string(Role role) {
  for (const auto& [known, name] : kRoleNames) {
    if (known == role) return name;
  }
  return "none";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoleNames) {
    if (name == text && role != Role::none) return role;
  }
  return std::nullopt;
}

}  // namespace vcp::http
