// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/http/principal.hpp"

namespace vcp::http {

enum class Method : std::uint8_t { get, head, post, put, del, options, other };

/// One request. Every view in it lives until the handler is done.
class Request {
 public:
  Method method = Method::other;
  std::string_view path;         ///< as sent, without the query
  std::string_view query;        ///< as sent, without the question mark
  std::string_view body;         ///< all of it; empty for streamed routes
  std::string_view request_id;   ///< the client's, or made
  std::string_view traceparent;  ///< empty if absent or ill-formed
  std::string_view peer;         ///< the client's address, without the port
  Principal principal;           ///< who asks; role `none` on public routes without a token

  /// The value of the first header of that name (any case); empty if absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;

  /// What stood in the path for `{name}`, percent-decoded.
  [[nodiscard]] std::string_view param(std::string_view name) const;

  struct QueryParam {
    std::string name;
    std::string value;
  };

  /// The query, percent-decoded. `invalid` if it cannot be decoded, if a name is not in `known`,
  /// or if one stands twice; the pointer is "?name". A plus sign is a space, as forms write it.
  [[nodiscard]] Result<std::vector<QueryParam>> query_params(
      std::initializer_list<std::string_view> known) const;

  // Filled in by the connection.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::vector<std::pair<std::string_view, std::string>> params;
};

/// A whole answer. Content-Length, Date, the request id and the like are the server's to add.
struct Response {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< of static storage
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// The status of an error.
[[nodiscard]] unsigned status_of(Code code);

/// `application/problem+json` (RFC 9457), with `error` and `message` beside it; the server adds
/// `instance`. Field errors are cut so that the body stays under 64 KiB. `retry_after_sec` makes
/// the header; rate_limited and unavailable have one of 1 s in any case.
[[nodiscard]] Response problem(const Error& error, std::optional<unsigned> retry_after_sec = {});

/// The problem object alone, as one line; for NDJSON. `instance` is left out if empty.
[[nodiscard]] std::string problem_json(const Error& error, std::string_view instance = {});

/// What a `Range: bytes=` header selects of a resource.
struct ByteRange {
  std::uint64_t offset;
  std::uint64_t length;
};

/// Reads a Range header (RFC 9110, section 14) for `size` bytes. No value: no header, several
/// ranges, or a unit we do not serve, and all of it is to be sent. An error: not satisfiable (416).
[[nodiscard]] Result<std::optional<ByteRange>> parse_range(std::string_view header,
                                                           std::uint64_t size);

/// The 416 for a range that `parse_range` calls not satisfiable.
[[nodiscard]] Response range_not_satisfiable(std::uint64_t size);

/// Whether an If-None-Match header names `etag` (quotes included), by weak comparison (RFC 9110,
/// section 13.1.2). False if the header is empty.
[[nodiscard]] bool etag_matches(std::string_view if_none_match, std::string_view etag);

}  // namespace vcp::http
