// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "context.hpp"
#include "head.hpp"
#include "vcp/http/message.hpp"
#include "vcp/http/route.hpp"

namespace vcp::http {

/// What is decided about a request from its head alone.
struct Admission {
  const Route* route = nullptr;          ///< as soon as path and method are known
  std::optional<Response> refusal = {};  ///< the answer, if it goes no further
};

/// The checks between framing and handler, in this order: path (404), method (405, and OPTIONS is
/// answered), token (401), role (403), rate (429), content coding (415), media type (415), length
/// (413). Sets the request's parameters and principal, and RateLimit fields in `rate_fields`.
[[nodiscard]] Admission admit(Context& context, const Peer& peer, const Head& head,
                              std::uint64_t content_length, Request& request,
                              std::string& rate_fields);

/// Bodies up to this size are read and ignored on routes that take none.
inline constexpr std::uint64_t kIgnoredBodyBytes = 16 * 1024;

/// How large a route's body may be on the wire.
[[nodiscard]] inline std::uint64_t body_limit(const Route& route) {
  return route.body_limit == 0 ? kIgnoredBodyBytes : route.body_limit;
}

}  // namespace vcp::http
