// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "access_log.hpp"
#include "field_rules.hpp"
#include "problem.hpp"

namespace vcp::http {
namespace {

/// How long a client that was refused in the middle of its body may take to see why.
constexpr std::int64_t kLingerMs = 5'000;
constexpr std::size_t kHeadRoom = 2 * 1024;
constexpr std::size_t kKeptBodyBytes = 64 * 1024;

}  // namespace

Connection::Connection(std::shared_ptr<Context> context, std::unique_ptr<Transport> transport,
                       int descriptor, Peer peer)
    : context_(std::move(context)),
      peer_(std::move(peer)),
      transport_(std::move(transport)),
      watch_(descriptor),
      input_(*transport_, watch_, context_->options),
      output_(*transport_, watch_, context_->options),
      connection_id_(context_->request_ids.next_connection()),
      head_by_ms_(steady_ms() + context_->options.header_timeout.count()) {
  request_.peer = peer_.text;
  watch_.read_by = head_by_ms_;
  context_->sweeper->join(watch_);
}

Connection::~Connection() { context_->sweeper->leave(watch_); }

Async<void> Connection::run() {
  const IoResult shaken = co_await transport_->handshake();
  if (std::get<0>(shaken)) co_return;
  bool open = true;
  while (open) {
    switch (answer_buffered()) {
      case Next::read:
        open = output_.try_flush();
        if (!open) open = co_await output_.flush();
        if (open) open = co_await read_head();
        break;
      case Next::flush:
        open = co_await output_.flush();
        break;
      case Next::answer:
        co_await answer();
        break;
      case Next::close:
        open = false;
        break;
    }
  }
  co_await close();
}

/// Answers what is here as far as that needs no waiting.
Connection::Next Connection::answer_buffered() {
  while (keep_alive_) {
    if (output_.size() >= Output::kFlushBytes) return Next::flush;
    switch (input_.parser.parse_head(input_.buffer.view())) {
      case RequestParser::State::more:
        return Next::read;
      case RequestParser::State::refused:
        refuse_head(input_.parser.refusal().status, input_.parser.refusal().detail);
        return Next::close;
      case RequestParser::State::done:
        break;
    }
    begin_request();
    if (!answer_now()) return Next::answer;
  }
  return Next::close;
}

/// Waits for (more of) a head.
Async<bool> Connection::read_head() {
  const bool between = input_.buffer.view().empty();
  const ServerOptions& options = context_->options;
  if (between && requests_ > 0) {
    head_by_ms_ = 0;
    watch_.read_by = steady_ms() + options.idle_timeout.count();
  } else {
    if (head_by_ms_ == 0) head_by_ms_ = steady_ms() + options.header_timeout.count();
    watch_.read_by = head_by_ms_;
  }
  watch_.idle = between;
  if (between && context_->draining) co_return false;
  input_.buffer.reserve(input_.buffer.view().size() + kHeadRoom);
  const IoResult got = co_await transport_->read_some(input_.buffer.space());
  watch_.read_by = Watch::kNever;
  watch_.idle = false;
  const auto& [error, bytes] = got;
  if (watch_.expired && !between) refuse_head(408, "the header came too slowly");
  if (error || watch_.expired) co_return false;
  input_.buffer.commit(bytes);
  co_return true;
}

void Connection::begin_request() {
  head_by_ms_ = 0;
  started_ = std::chrono::steady_clock::now();
  ++requests_;
  answered_ = false;
  input_.begin_body();
  output_.begin_request();
  describe_request();
  keep_alive_ = input_.parser.keep_alive();
  if (context_->draining) {
    admission_ = {.refusal = problem(
                      Error{.code = Code::unavailable, .message = "the server is shutting down"})};
    keep_alive_ = false;
    return;
  }
  const Head& head = input_.parser.head();
  admission_ =
      admit(*context_, peer_, head, input_.parser.content_length(), request_, rate_fields_);
  if (admission_.route != nullptr) input_.parser.limit_body(body_limit(*admission_.route));
}

void Connection::describe_request() {
  input_.parser.describe(input_.buffer.view(), request_);
  request_.body = {};
  const std::string_view given_id = request_.header("X-Request-Id");
  if (is_valid_request_id(given_id)) {
    request_id_ = given_id;
  } else {
    RequestIds::write(connection_id_, requests_, request_id_);
  }
  request_.request_id = request_id_;
  const std::string_view traceparent = request_.header("traceparent");
  request_.traceparent = is_valid_traceparent(traceparent) ? traceparent : std::string_view{};
}

/// True if the request is done with.
bool Connection::answer_now() {
  if (admission_.refusal) return refuse_now();
  const auto* reply = std::get_if<Reply>(&admission_.route->handler);
  const std::optional<std::string_view> body = input_.whole_body();
  if (reply == nullptr || !body) return false;
  if (admission_.route->body_limit > 0) request_.body = *body;
  respond(call_reply(*reply));
  end_request();
  return true;
}

bool Connection::refuse_now() {
  if (!input_.is_skippable()) {
    keep_alive_ = false;
    lingers_ = true;
  }
  respond(std::move(*admission_.refusal));
  answered_ = true;
  if (keep_alive_ && !input_.whole_body()) return false;
  if (keep_alive_) end_request();
  return true;
}

/// Answers what is no request, and gives the connection up.
void Connection::refuse_head(unsigned status, std::string_view detail) {
  started_ = std::chrono::steady_clock::now();
  request_.method = Method::other;
  request_.path = request_.request_id = request_.traceparent = {};
  request_.headers.clear();
  request_id_.clear();
  rate_fields_.clear();
  admission_ = {};
  keep_alive_ = false;
  lingers_ = true;
  Response response = refusal(status, detail);
  add_instance(response, "*");  // no request, so nothing of ours that it would be about
  respond(std::move(response));
}

void Connection::respond(Response response) {
  const Route* route = admission_.route;
  if (route != nullptr && route->etag) apply_etag(request_, response);
  add_instance(response, request_.path);
  if (context_->draining) keep_alive_ = false;
  const Framing framing{.kind = Framing::Kind::length, .length = response.body.size()};
  append_head(output_.buffer(), response, framing, head_context());
  if (request_.method != Method::head && has_body(response.status)) {
    output_.append_body(std::move(response.body));
  }
  observe(response.status);
}

HeadContext Connection::head_context() {
  return {.date = date_.at(context_->sweeper->wall_seconds()),
          .request_id = request_id_,
          .extra = rate_fields_,
          .keep_alive = keep_alive_,
          .says_keep_alive = keep_alive_ && !input_.parser.head().http11};
}

void Connection::observe(unsigned status) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
  if (context_->observe) {
    context_->observe({.route = admission_.route, .status = status, .seconds = took.count()});
  }
  const std::string_view method = input_.parser.head().method_text.in(input_.buffer.view());
  log_access(request_, method, admission_.route, status, took.count());
}

void Connection::end_request() {
  input_.end_request();
  if (body_.capacity() > kKeptBodyBytes) body_ = {};
}

Response Connection::call_reply(const Reply& reply) {
  try {
    return reply(request_);
  } catch (const std::exception& error) {
    return handler_threw(error.what());
  }
}

Response Connection::handler_threw(std::string_view what) {
  log_exception(request_, what);
  return problem(Error{.code = Code::internal, .message = "something unexpected went wrong"});
}

/// Ends in an order that lets the client see the last answer: a socket that is closed with bytes
/// unread is reset, and what was sent is lost with it.
Async<void> Connection::close() {
  const bool sent = co_await output_.flush();
  if (!sent) co_return;
  const std::int64_t patience =
      std::min<std::int64_t>(kLingerMs, context_->options.idle_timeout.count());
  watch_.write_by = steady_ms() + patience;
  co_await transport_->end_sending();
  std::array<char, 4096> scrap;
  while (lingers_) {
    const IoResult got = co_await transport_->discard_some(asio::buffer(scrap));
    if (std::get<0>(got)) break;
  }
}

}  // namespace vcp::http
