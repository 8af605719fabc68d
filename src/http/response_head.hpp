// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/http/message.hpp"

namespace vcp::http {

/// How the body of an answer is delimited.
struct Framing {
  enum class Kind : std::uint8_t { length, chunked, until_close };

  Kind kind = Kind::length;
  std::uint64_t length = 0;
};

/// What the server says in the head of every answer to one request.
struct HeadContext {
  std::string_view date;
  std::string_view request_id = {};  ///< empty if the request had no head to have one
  std::string_view extra = {};       ///< whole field lines
  bool keep_alive = true;            ///< whether the connection goes on
  bool says_keep_alive = false;      ///< HTTP/1.0 wants to be told
};

/// Whether a response of that status has a body at all.
[[nodiscard]] bool has_body(unsigned status);

/// Appends status line and fields, up to the empty line.
void append_head(std::string& out, const Response& response, const Framing& framing,
                 const HeadContext& context);

/// `Date` as RFC 9110, section 5.6.7 writes it, formatted once a second.
class DateText {
 public:
  [[nodiscard]] std::string_view at(std::int64_t seconds);

 private:
  std::int64_t seconds_ = -1;
  std::string text_;
};

/// If `response` is a 200 that the client has already, by `If-None-Match`, makes it a 304. The tag
/// is the handler's, or a strong one made from the body.
void apply_etag(const Request& request, Response& response);

}  // namespace vcp::http
