// SPDX-License-Identifier: Apache-2.0
#include "request_parser.hpp"

#include <boost/beast/http/error.hpp>
#include <optional>

#include "ascii.hpp"
#include "grammar.hpp"

namespace vcp::http {
namespace {

/// Around a target stand a method, a version and what separates them.
constexpr std::size_t kRequestLineRest = 64;

using BeastError = boost::beast::http::error;

/// What a full head that has no end goes over: the target's limit or the whole's.
RequestParser::Refusal too_long(std::string_view head, std::size_t max_target_bytes) {
  if (head.find('\n') > max_target_bytes + kRequestLineRest) {
    return {414, "the request target is too long"};
  }
  return {431, "the header is too large"};
}

/// Whether the request line ends with a version that is well-formed, if not one of ours.
bool has_other_version(std::string_view head) {
  const std::string_view line = head.substr(0, std::min(head.find("\r\n"), head.size()));
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view version = line.substr(space + 1);
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
         version[5] != '1' && version[6] == '.' && is_digit(version[7]);
}

RequestParser::Refusal refusal_for(const boost::beast::error_code& error, std::string_view head) {
  using Refusal = RequestParser::Refusal;
  if (error == BeastError::bad_version) {
    return has_other_version(head) ? Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken"}
                                   : Refusal{400, "the HTTP version is ill-formed"};
  }
  if (error == BeastError::header_limit) return {431, "the header is too large"};
  if (error == BeastError::body_limit) return {413, "the body is too large"};
  if (error == BeastError::bad_method) return {400, "the method is ill-formed"};
  if (error == BeastError::bad_target) return {400, "the request target is ill-formed"};
  if (error == BeastError::bad_content_length) return {400, "Content-Length is ill-formed"};
  if (error == BeastError::multiple_content_length) return {400, "Content-Length is given twice"};
  if (error == BeastError::bad_transfer_encoding) return {400, "Transfer-Encoding is ill-formed"};
  if (error == BeastError::bad_chunk) return {400, "a chunk is ill-formed"};
  if (error == BeastError::bad_chunk_extension) return {400, "a chunk extension is ill-formed"};
  return {400, "a header field is ill-formed"};
}

}  // namespace

struct RequestParser::Parts {
  std::size_t max_header_bytes;
  std::size_t max_target_bytes;
  Head head;
  std::optional<Grammar> grammar;
  std::size_t head_size = 0;  ///< so far; all of it once done
  Refusal refusal;

  State refuse(const Refusal& why) {
    refusal = why;
    return State::refused;
  }
};

RequestParser::RequestParser(std::size_t max_header_bytes, std::size_t max_target_bytes)
    : parts_(std::make_unique<Parts>()) {
  parts_->max_header_bytes = max_header_bytes;
  parts_->max_target_bytes = max_target_bytes;
  reset();
}

RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;

void RequestParser::reset() {
  parts_->head.clear();
  parts_->grammar.emplace(parts_->head, parts_->max_header_bytes, parts_->max_target_bytes);
  parts_->head_size = 0;
}

RequestParser::State RequestParser::parse_head(std::string_view bytes) {
  Parts& parts = *parts_;
  // One empty line before a request is forgiven (RFC 9112, section 2.2).
  if (bytes == "\r") return State::more;
  if (parts.head_size == 0 && bytes.starts_with("\r\n")) parts.head_size = 2;
  Grammar& grammar = *parts.grammar;
  grammar.look_at(bytes);
  const std::string_view fresh = bytes.substr(parts.head_size);
  boost::beast::error_code error;
  parts.head_size += grammar.put({fresh.data(), fresh.size()}, error);
  if (error == BeastError::need_more) {
    if (bytes.size() < parts.max_header_bytes) return State::more;
    return parts.refuse(too_long(bytes, parts.max_target_bytes));
  }
  if (grammar.refusal()) return parts.refuse(*grammar.refusal());
  if (error == BeastError::header_limit || (!error && parts.head_size > parts.max_header_bytes)) {
    return parts.refuse(too_long(bytes, parts.max_target_bytes));
  }
  if (error) return parts.refuse(refusal_for(error, bytes));
  return State::done;
}

const RequestParser::Refusal& RequestParser::refusal() const { return parts_->refusal; }

const Head& RequestParser::head() const { return parts_->head; }

std::size_t RequestParser::head_size() const { return parts_->head_size; }

bool RequestParser::keep_alive() const { return parts_->grammar->keep_alive(); }

std::uint64_t RequestParser::content_length() const {
  return parts_->grammar->content_length().value_or(0);
}

void RequestParser::describe(std::string_view bytes, Request& request) const {
  const Head& head = parts_->head;
  request.method = head.method;
  request.path = head.path.in(bytes);
  request.query = head.query.in(bytes);
  request.headers.clear();
  for (const Head::Field& field : head.fields) {
    request.headers.emplace_back(field.name.in(bytes), field.value.in(bytes));
  }
}

void RequestParser::limit_body(std::uint64_t bytes) { parts_->grammar->body_limit(bytes); }

RequestParser::Step RequestParser::parse_body(std::string_view bytes) {
  Grammar& grammar = *parts_->grammar;
  Step step;
  while (!grammar.is_done()) {
    const std::string_view rest = bytes.substr(step.consumed);
    if (rest.empty()) return step;
    boost::beast::error_code error;
    step.consumed += grammar.put({rest.data(), rest.size()}, error);
    step.piece = grammar.take_piece();
    if (error == BeastError::need_more && rest.size() < kMaxTrailerBytes) return step;
    if (error) {
      if (error == BeastError::need_more) error = BeastError::bad_chunk;
      parts_->refusal = grammar.refusal().value_or(refusal_for(error, {}));
      step.state = State::refused;
      return step;
    }
    if (!step.piece.empty()) break;
  }
  step.state = grammar.is_done() ? State::done : State::more;
  return step;
}

}  // namespace vcp::http
