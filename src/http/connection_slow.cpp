// SPDX-License-Identifier: Apache-2.0
// What of a connection has to wait: for a body, for a handler, or in a stream.
#include "access_log.hpp"
#include "connection.hpp"
#include "problem.hpp"

namespace vcp::http {

/// The request at hand, by whatever way it has to wait.
Async<void> Connection::answer() {
  if (!answered_) {
    if (const auto* handler = std::get_if<Stream>(&admission_.route->handler)) {
      co_await stream(*handler);
      co_return;
    }
    co_await send_continue();
  }
  Result<> collected = co_await collect_body();
  if (!collected) {
    keep_alive_ = false;
    lingers_ = true;
    if (!answered_ && collected.error().code != Code::io) respond(problem(collected.error()));
    co_return;
  }
  if (!answered_) {
    const Route& route = *admission_.route;
    if (route.body_limit == 0) request_.body = {};
    if (const auto* reply = std::get_if<Reply>(&route.handler)) {
      respond(call_reply(*reply));
    } else {
      const bool sent = co_await output_.flush();
      keep_alive_ = keep_alive_ && sent;
      Response response = co_await call_waiting(std::get<Call>(route.handler));
      respond(std::move(response));
    }
  }
  end_request();
}

/// Lets a client that asked first send its body.
Async<void> Connection::send_continue() {
  const bool asks = input_.parser.head().expects_continue;
  if (!asks || input_.body_done() || input_.whole_body()) co_return;
  output_.buffer() += "HTTP/1.1 100 Continue\r\n\r\n";
  co_await output_.flush();
}

/// Reads the body into one piece. What was answered before does not wait for it.
Async<Result<>> Connection::collect_body() {
  body_.clear();
  if (const auto whole = input_.whole_body()) {
    request_.body = *whole;
    co_return Result<>{};
  }
  const bool sent = co_await output_.flush();
  if (!sent) co_return fail(Code::io, "the client is gone");
  for (;;) {
    Result<std::string_view> piece = co_await input_.next_piece();
    if (!piece) co_return std::unexpected(std::move(piece.error()));
    if (piece->empty()) break;
    if (!answered_) body_ += *piece;
  }
  request_.body = body_;
  co_return Result<>{};
}

Async<Response> Connection::call_waiting(const Call& call) {
  std::string what;
  try {
    Response response = co_await call(request_);
    co_return response;
  } catch (const std::exception& error) {
    what = error.what();
  }
  co_return handler_threw(what);
}

Async<void> Connection::stream(const Stream& handler) {
  co_await send_continue();
  const bool ready = co_await output_.flush();
  if (!ready || transport_->open_duplex()) {
    keep_alive_ = false;
    lingers_ = true;
    respond(problem(Error{.code = Code::unavailable, .message = "too many open files"}));
    co_return;
  }
  const HeadContext head = head_context();
  StreamExchange exchange(request_, input_, output_, watch_, head, input_.parser.head().http11);
  bool threw = false;
  try {
    co_await handler(exchange);
  } catch (const std::exception& error) {
    log_exception(request_, error.what());
    threw = true;
  }
  keep_alive_ = co_await exchange.finish(threw);
  observe(exchange.status());
  answered_ = true;
  if (keep_alive_) {
    Result<> rest = co_await collect_body();
    keep_alive_ = rest.has_value();
  }
  if (!keep_alive_) {
    lingers_ = !input_.body_done();
    co_return;
  }
  end_request();
}

}  // namespace vcp::http
