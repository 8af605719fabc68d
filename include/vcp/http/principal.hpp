// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace vcp::http {

/// What a token may do. `none` is who comes without one.
enum class Role : std::uint8_t { none, admin, submitter, reader, join, node, fl_client };

[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);

/// A set of roles. A route that `none` may call is public.
class Roles {
 public:
  constexpr Roles(std::initializer_list<Role> roles) {
    for (Role role : roles) bits_ |= 1U << static_cast<unsigned>(role);
  }
  [[nodiscard]] constexpr bool contains(Role role) const {
    return (bits_ >> static_cast<unsigned>(role)) & 1U;
  }

 private:
  std::uint32_t bits_ = 0;
};

/// Who makes a request.
struct Principal {
  Role role = Role::none;
  std::string owner = {};     ///< whose things it sees
  std::string token_id = {};  ///< which token it came with
  std::string subject = {};   ///< the node id of a `node` token, the client id of an `fl_client`
  std::string job = {};       ///< the FL job of an `fl_client` token
};

/// Finds who holds a bearer token; nothing if it does not serve. Asked with an empty text about a
/// request without a token: a server without authentication names somebody there, others nobody.
/// Any thread, never blocks long.
using Authenticator = std::function<std::optional<Principal>(std::string_view token)>;

}  // namespace vcp::http
