// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcp::http {

/// A request target (RFC 9112, section 3.2) in its two parts, as sent.
struct Target {
  std::string_view path;   ///< begins with a slash, or is "*"
  std::string_view query;  ///< without the question mark
};

/// Reads origin-form, absolute-form (http and https) and "*" into views of `target`. Nothing for
/// the rest: authority-form, a fragment, or a character that is not visible ASCII.
[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

/// Resolves percent-encoding (RFC 3986, section 2.1) into `out`, whose memory is used again.
/// False if a percent sign is not followed by two digits, or the result holds NUL or is no UTF-8.
/// `plus_is_space` as in queries.
[[nodiscard]] bool percent_decode(std::string_view text, bool plus_is_space, std::string& out);

}  // namespace vcp::http
