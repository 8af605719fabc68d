// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "vcp/base/encoding.hpp"

namespace vcp::api {

using coordinator::Created;
using coordinator::Once;
using http::Request;
using http::Response;
using http::Role;

namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kMaxLimit = 1'000;
constexpr std::size_t kMaxKey = 255;

}  // namespace

Response json_response(std::string body, unsigned status) {
  return {.status = status, .body = std::move(body)};
}

Response no_content() { return {.status = 204, .content_type = {}, .body = {}}; }

Response created_response(const Created& created, std::string_view location_prefix) {
  Response response = json_response(created.answer.body, created.answer.status);
  if (!location_prefix.empty()) {
    response.headers.emplace_back("Location",
                                  std::string(location_prefix) + created.answer.subject);
  }
  return response;
}

std::unexpected<Error> not_found(std::string_view what) {
  return fail(Code::not_found, "there is no such " + std::string(what));
}

bool sees(const http::Principal& principal, std::string_view owner) {
  return principal.role == Role::admin || principal.owner == owner;
}

std::optional<std::string> visible_owner(const http::Principal& principal) {
  if (principal.role == Role::admin) return std::nullopt;
  return principal.owner;
}

// --- Idempotency

Result<std::optional<Once>> once_of(const Request& request, const Digest& body) {
  if (!request.has_header("Idempotency-Key")) return std::nullopt;
  const std::string_view key = request.header("Idempotency-Key");
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (key.empty() || key.size() > kMaxKey || !std::ranges::all_of(key, printable)) {
    return fail(Code::invalid, "Idempotency-Key must have 1 to 255 printable characters");
  }
  Sha256 request_hash;
  request_hash.update(request.path);
  request_hash.update(std::string_view("\0", 1));
  request_hash.update(body.view());
  return Once{
      .owner = request.principal.owner, .key = std::string(key), .request = request_hash.finish()};
}

Result<std::optional<Once>> once_of(const Request& request) {
  if (!request.has_header("Idempotency-Key")) return std::nullopt;
  return once_of(request, sha256(request.body));
}

// --- Queries

Result<Query> Query::parse(const Request& request, std::initializer_list<std::string_view> known) {
  Query query;
  if (request.query.empty()) return query;
  auto params = request.query_params(known);
  if (!params) return std::unexpected(params.error());
  query.params_ = std::move(*params);
  return query;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  const auto found = std::ranges::find(params_, name, &Request::QueryParam::name);
  if (found == params_.end()) return std::nullopt;
  return found->value;
}

Result<std::uint64_t> Query::integer(std::string_view name, std::uint64_t least,
                                     std::uint64_t greatest, std::uint64_t otherwise) const {
  const auto text = find(name);
  if (!text) return otherwise;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < least ||
      value > greatest) {
    return fail_field("?" + std::string(name), "must be an integer from " + std::to_string(least) +
                                                   " to " + std::to_string(greatest));
  }
  return value;
}

Result<Duration> Query::wait(Duration most) const {
  const auto text = find("wait");
  if (!text) return Duration::zero();
  const double most_seconds = std::chrono::duration<double>(most).count();
  double seconds = 0;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), seconds, std::chars_format::fixed);
  if (error != std::errc{} || end != text->data() + text->size() ||
      !(seconds >= 0 && seconds <= most_seconds)) {
    return fail_field("?wait", "must be a number of seconds from 0 to " +
                                   std::to_string(static_cast<int>(most_seconds)));
  }
  return std::chrono::round<Duration>(std::chrono::duration<double>(seconds));
}

Result<std::optional<Time>> Query::time(std::string_view name) const {
  const auto text = find(name);
  if (!text) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  if (!time) return fail_field("?" + std::string(name), "must be a time as 2026-01-31T09:30:00Z");
  return time;
}

// --- Lists

Result<std::size_t> limit_of(const Query& query) {
  return query.integer(kLimitName, 1, kMaxLimit, kDefaultLimit);
}

Response list_response(const Request& request, std::string items,
                       const std::optional<std::string>& next) {
  const std::optional<std::string> cursor = next ? std::optional(to_hex(*next)) : std::nullopt;
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("items").raw(items).member("next_cursor", cursor).end_object();
  Response response = json_response(std::move(body));
  if (cursor) {
    std::string link = "<" + std::string(request.path) + "?";
    // The other parameters as they were sent.
    std::string_view rest = request.query;
    while (!rest.empty()) {
      const std::string_view param = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(rest.size(), param.size() + 1));
      if (!param.empty() && !param.starts_with("cursor=")) link.append(param).push_back('&');
    }
    link += "cursor=" + *cursor + ">; rel=\"next\"";
    response.headers.emplace_back("Link", std::move(link));
  }
  return response;
}

Result<std::optional<std::string>> cursor_of(const Query& query) {
  const auto text = query.find(kCursorName);
  if (!text) return std::nullopt;
  auto cursor = from_hex(*text);
  if (!cursor || cursor->empty()) {
    return fail_field("?cursor", "is not a cursor that a list gave");
  }
  return cursor;
}

}  // namespace vcp::api
