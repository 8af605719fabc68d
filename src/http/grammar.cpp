// SPDX-License-Identifier: Apache-2.0
#include "grammar.hpp"

#include <algorithm>
#include <boost/assert.hpp>
#include <boost/beast/http/error.hpp>

#include "ascii.hpp"
#include "field_rules.hpp"
#include "target.hpp"

namespace vcp::http {
namespace {

namespace beast_http = boost::beast::http;

std::string_view std_view(boost::beast::string_view view) { return {view.data(), view.size()}; }

Method method_of(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
      return Method::get;
    case beast_http::verb::head:
      return Method::head;
    case beast_http::verb::post:
      return Method::post;
    case beast_http::verb::put:
      return Method::put;
    case beast_http::verb::delete_:
      return Method::del;
    case beast_http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

bool is_control(char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7f'; }

}  // namespace

Grammar::Grammar(Head& head, std::size_t max_header_bytes, std::size_t max_target_bytes)
    : head_(head), max_target_bytes_(max_target_bytes) {
  header_limit(static_cast<std::uint32_t>(max_header_bytes + 1));
  body_limit(boost::none);
}

void Grammar::on_request_impl(Verb verb, View method, View raw_target, int version,
                              ErrorCode& error) {
  head_.method = method_of(verb);
  head_.method_text = place(std_view(method));
  head_.http11 = version == 11;
  if (raw_target.size() > max_target_bytes_) {
    return refuse({414, "the request target is too long"}, error);
  }
  const std::optional<Target> target = http::parse_target(std_view(raw_target));
  if (!target || (target->path == "*" && head_.method != Method::options)) {
    return refuse({400, "the request target is ill-formed"}, error);
  }
  head_.path = place(target->path);
  head_.query = place(target->query);
}

void Grammar::on_field_impl(FieldName name, View text, View value, ErrorCode& error) {
  if (head_.complete) return;  // a trailer: checked like any field by Beast, and not used
  const std::string_view field_value = std_view(value);
  if (text.empty()) return refuse({400, "a header field has no name"}, error);
  if (is_folded(std_view(text), field_value)) {
    return refuse({400, "a header field is folded over lines"}, error);
  }
  if (const std::optional<Refusal> wrong = check(name, field_value)) return refuse(*wrong, error);
  head_.fields.push_back({.name = place(std_view(text)), .value = place(field_value)});
}

void Grammar::on_header_impl(ErrorCode& error) {
  head_.complete = true;
  if (head_.hosts == 0 && head_.http11) return refuse({400, "Host is missing"}, error);
}

std::size_t Grammar::on_body_impl(View bytes, ErrorCode& /*error*/) {
  piece_ = std_view(bytes);
  return bytes.size();
}

std::size_t Grammar::on_chunk_body_impl(std::uint64_t /*left*/, View bytes, ErrorCode& /*error*/) {
  piece_ = std_view(bytes);
  return bytes.size();
}

void Grammar::on_chunk_header_impl(std::uint64_t /*size*/, View extensions, ErrorCode& error) {
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > RequestParser::kMaxExtensionBytes) {
    return refuse({400, "the chunk extensions are too long"}, error);
  }
  if (std::any_of(extensions.begin(), extensions.end(), is_control)) {
    return refuse({400, "a chunk extension is ill-formed"}, error);
  }
}

Place Grammar::place(std::string_view part) const {
  if (part.empty()) return {};
  BOOST_ASSERT(part.data() >= bytes_.data() &&
               part.data() + part.size() <= bytes_.data() + bytes_.size());
  return {.offset = static_cast<std::uint32_t>(part.data() - bytes_.data()),
          .size = static_cast<std::uint32_t>(part.size())};
}

/// Beast unfolds into a buffer of its own, or skips the empty first line of a folded value.
bool Grammar::is_folded(std::string_view name, std::string_view value) const {
  const char* after_name = name.data() + name.size();
  const char* end = bytes_.data() + bytes_.size();
  if (std::less<>{}(value.data(), after_name) || std::less<>{}(end, value.data())) return true;
  return std::find(after_name, value.data(), '\r') != value.data();
}

std::optional<Grammar::Refusal> Grammar::check(FieldName name, std::string_view value) {
  switch (name) {
    case FieldName::host:
      if (++head_.hosts > 1) return Refusal{400, "Host is given twice"};
      if (!is_valid_host(value)) return Refusal{400, "Host is ill-formed"};
      return std::nullopt;
    case FieldName::content_length:
      if (++head_.lengths > 1) return Refusal{400, "Content-Length is given twice"};
      if (!is_digits(value)) return Refusal{400, "Content-Length is no number"};
      return std::nullopt;
    case FieldName::transfer_encoding:
      return check_coding(value);
    case FieldName::expect:
      if (!iequals(value, "100-continue")) return Refusal{417, "only 100-continue is expected"};
      head_.expects_continue = head_.http11;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Grammar::Refusal> Grammar::check_coding(std::string_view value) {
  if (!head_.http11) return Refusal{400, "Transfer-Encoding needs HTTP/1.1"};
  if (++head_.codings > 1) return Refusal{400, "Transfer-Encoding is given twice"};
  if (names_unknown_coding(value)) return Refusal{501, "chunked is the one transfer coding read"};
  head_.chunked = iequals(value, "chunked");
  if (!head_.chunked) return Refusal{400, "Transfer-Encoding is ill-formed"};
  return std::nullopt;
}

void Grammar::refuse(const Refusal& why, ErrorCode& error) {
  refusal_ = why;
  error = beast_http::error::bad_value;
}

}  // namespace vcp::http
