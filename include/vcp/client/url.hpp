// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::client {

/// Where a server is.
struct Url {
  bool tls = false;
  std::string host = {};  ///< a name or an address; IPv6 without its brackets
  std::uint16_t port = 80;
  std::string path = {};  ///< what stands before every path of the API; "" or "/prefix"

  friend bool operator==(const Url&, const Url&) = default;

  /// As the Host header has it: without the port if it is the scheme's own.
  [[nodiscard]] std::string authority() const;
};

/// Reads `http://HOST[:PORT][/PATH]` or `https://…`; `invalid` with what is wrong. User
/// information, a query and a fragment have no meaning here and are refused.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3: good for a
/// path segment and for a query's value.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace vcp::client
