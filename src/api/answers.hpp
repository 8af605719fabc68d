// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/json.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/http/message.hpp"

namespace vcp::api {

/// A JSON answer.
[[nodiscard]] http::Response json_response(std::string body, unsigned status = 200);

/// 204.
[[nodiscard]] http::Response no_content();

/// The answer to a creation, with Location if it made something under `location_prefix`.
[[nodiscard]] http::Response created_response(const coordinator::Created& created,
                                              std::string_view location_prefix);

/// What an owner may not see is not there.
[[nodiscard]] std::unexpected<Error> not_found(std::string_view what);

/// Whether someone with this role and owner sees what belongs to `owner`.
[[nodiscard]] bool sees(const http::Principal& principal, std::string_view owner);

/// The owner to filter by: none for an administrator, who sees all.
[[nodiscard]] std::optional<std::string> visible_owner(const http::Principal& principal);

/// The Idempotency-Key of the request, if it has one; `invalid` if it is ill-formed. `body` is the
/// digest of what stands for the body.
[[nodiscard]] Result<std::optional<coordinator::Once>> once_of(const http::Request& request,
                                                               const Digest& body);
[[nodiscard]] Result<std::optional<coordinator::Once>> once_of(const http::Request& request);

/// The query of a request, by name.
class Query {
 public:
  [[nodiscard]] static Result<Query> parse(const http::Request& request,
                                           std::initializer_list<std::string_view> known);

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  /// An integer in a range; `otherwise` if it is not there.
  [[nodiscard]] Result<std::uint64_t> integer(std::string_view name, std::uint64_t least,
                                              std::uint64_t greatest,
                                              std::uint64_t otherwise) const;

  /// `?wait=SECONDS`, decimals allowed, at most `most`.
  [[nodiscard]] Result<Duration> wait(Duration most) const;

  [[nodiscard]] Result<std::optional<Time>> time(std::string_view name) const;

  /// One of a set of names.
  template <class Read>
  auto choice(std::string_view name, Read read) const -> Result<decltype(read(""))> {
    const auto text = find(name);
    if (!text) return decltype(read(""))();
    auto chosen = read(*text);
    if (!chosen) return fail_field("?" + std::string(name), "there is no such value");
    return chosen;
  }

 private:
  std::vector<http::Request::QueryParam> params_;
};

inline constexpr std::string_view kLimitName = "limit";
inline constexpr std::string_view kCursorName = "cursor";

/// The `limit` of a list.
[[nodiscard]] Result<std::size_t> limit_of(const Query& query);

/// A list's answer: items, next_cursor, and the Link header if there is more. `next` is made
/// opaque; `cursor_of` gives it back.
[[nodiscard]] http::Response list_response(const http::Request& request, std::string items,
                                           const std::optional<std::string>& next);
[[nodiscard]] Result<std::optional<std::string>> cursor_of(const Query& query);

}  // namespace vcp::api
