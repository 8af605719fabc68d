// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

// What the values of single header fields may be.
namespace vcp::http {

[[nodiscard]] bool is_digits(std::string_view value);

/// uri-host [":" port] (RFC 9110, section 7.2).
[[nodiscard]] bool is_valid_host(std::string_view value);

/// Whether a Transfer-Encoding lists anything but `chunked`.
[[nodiscard]] bool names_unknown_coding(std::string_view value);

/// Whether a Content-Type is one of `allowed`, its parameters aside. A charset that is not UTF-8 is
/// none of them.
[[nodiscard]] bool is_media_type_of(std::string_view value,
                                    const std::vector<std::string_view>& allowed);

/// The token of `Authorization: Bearer <token>` (RFC 6750, section 2.1); nothing if it is not that.
[[nodiscard]] std::optional<std::string_view> bearer_token(std::string_view authorization);

/// Whether a client's X-Request-Id is kept: 1 to 128 characters of visible ASCII.
[[nodiscard]] bool is_valid_request_id(std::string_view value);

/// `traceparent` of W3C Trace Context, version 00, or what a later one has in common with it.
[[nodiscard]] bool is_valid_traceparent(std::string_view value);

}  // namespace vcp::http
