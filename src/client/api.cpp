// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/api.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <span>

#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"
#include "vcp/client/backoff.hpp"

namespace vcp::client {

namespace {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr std::string_view kBasePath = "/api/v1";

Code code_of(unsigned status) {
  switch (status) {
    case 400:
      return Code::malformed;
    case 401:
      return Code::unauthenticated;
    case 403:
      return Code::forbidden;
    case 404:
      return Code::not_found;
    case 408:
      return Code::timed_out;
    case 409:
      return Code::conflict;
    case 413:
    case 414:
    case 431:
      return Code::too_large;
    case 415:
      return Code::unsupported_type;
    case 422:
      return Code::invalid;
    case 429:
      return Code::rate_limited;
    case 502:
    case 503:
    case 504:
      return Code::unavailable;
    case 507:
      return Code::no_space;
    default:
      return Code::internal;
  }
}

std::string string_member(const json::Value& object, std::string_view name) {
  auto member = object.find(name);
  if (!member) return {};
  return member->as_string().value_or("");
}

void read_problem(std::string_view body, Error& error) {
  json::Document document;
  auto problem = document.parse(body);
  if (!problem || !problem->is(json::Kind::object)) return;
  std::string detail = string_member(*problem, "detail");
  if (detail.empty()) detail = string_member(*problem, "title");
  if (!detail.empty()) error.message = std::move(detail);
  auto fields = problem->find("errors");
  if (!fields || !fields->is(json::Kind::array)) return;
  for (const auto& [name, field] : *fields) {
    error.fields.push_back({string_member(field, "pointer"), string_member(field, "detail")});
  }
}

bool may_pass(Code code) {
  return code == Code::io || code == Code::timed_out || code == Code::rate_limited ||
         code == Code::unavailable;
}

}  // namespace

Error to_error(const Response& response) {
  Error error{.code = code_of(response.status),
              .message = "the server answered " + std::to_string(response.status)};
  if (response.content_type.starts_with("application/problem+json")) {
    read_problem(response.body, error);
  }
  return error;
}

Api::Api(asio::io_context& io, Http& http, std::string token, Random& random, Retries retries)
    : executor_(io.get_executor()),
      http_(http),
      token_(std::move(token)),
      random_(random),
      retries_(retries) {}

Async<Result<Response>> Api::call(Request request) {
  return call_with_retries(std::move(request), nullptr);
}

Async<Result<Response>> Api::call(Request request, const Sink& sink) {
  return call_with_retries(std::move(request), &sink);
}

Async<Result<Response>> Api::call_with_retries(Request request, const Sink* sink) {
  if (!request.at_root) request.target.insert(0, kBasePath);
  request.bearer = token_;
  bool sink_began = false;
  const Sink counting = [&sink_began, sink](std::string_view part) {
    sink_began = true;
    return (*sink)(part);
  };
  const Sink* used_sink = nullptr;
  if (sink != nullptr) used_sink = &counting;

  Backoff backoff(random_, retries_.first_wait, retries_.longest_wait);
  for (int attempt = 1;; ++attempt) {
    auto response = co_await send(request, used_sink);
    if (response && response->status / 100 == 2) co_return response;
    std::optional<std::chrono::seconds> retry_after;
    Error error;
    if (response) {
      retry_after = response->retry_after;
      error = to_error(*response);
    } else {
      error = std::move(response.error());
    }
    bool again = attempt < retries_.attempts && may_pass(error.code) && may_repeat(request) &&
                 !sink_began &&
                 retry_after.value_or(std::chrono::seconds(0)) <= retries_.longest_retry_after;
    if (!again) co_return std::unexpected(std::move(error));
    Timer timer(executor_, backoff.next(retry_after));
    co_await timer.async_wait(use_async);
  }
}

Async<Result<Response>> Api::send(const Request& request, const Sink* sink) {
  if (sink == nullptr) return http_.send(request);
  return http_.send(request, *sink);
}

std::string make_idempotency_key(Random& random) {
  std::array<std::byte, 16> bytes;
  random.fill(bytes);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace vcp::client
