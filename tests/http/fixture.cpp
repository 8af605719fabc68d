// SPDX-License-Identifier: Apache-2.0
#include "http/fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>

namespace vcp::http::testing {
namespace {

Async<void> drain(Server& server, std::chrono::milliseconds at_most, std::atomic<bool>& done) {
  co_await server.drain(at_most);
  done = true;
  done.notify_all();
}

Async<Response> answer_later(Request& request) {
  co_await asio::post(use_async);
  co_return Response{.content_type = "text/plain", .body = std::string(request.body)};
}

Async<void> echo(Exchange& exchange) {
  Response head{.content_type = "text/plain"};
  Result<> going = co_await exchange.start(std::move(head), std::nullopt);
  while (going) {
    Result<std::string_view> part = co_await exchange.read();
    if (!part || part->empty()) co_return;
    going = co_await exchange.write(*part);
  }
}

Route post_route(std::string_view pattern, std::uint64_t limit,
                 std::variant<Reply, Call, Stream> handler) {
  return {.method = Method::post,
          .pattern = pattern,
          .roles = {Role::none},
          .body_limit = limit,
          .handler = std::move(handler)};
}

}  // namespace

TestServer::TestServer(std::vector<Route> routes, ServerOptions options) {
  options.port = 0;
  Authenticator authenticate = [](std::string_view token) -> std::optional<Principal> {
    const std::optional<Role> role = parse_role(token);
    if (!role) return std::nullopt;
    return Principal{.role = *role, .owner = "default", .token_id = std::string(token)};
  };
  auto observe = [this](const Observation& observation) {
    const std::scoped_lock lock(mutex_);
    observed_.push_back(observation.status);
  };
  auto server = Server::listen(io_, options, std::move(routes), authenticate, observe);
  if (!server) throw std::runtime_error(server.error().message);
  server_ = std::move(*server);
  const std::string url = server_->url();
  port_ = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  server_->start();
  for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
}

TestServer::~TestServer() {
  server_.reset();
  for (std::thread& thread : threads_) thread.join();
}

void TestServer::start_drain(std::chrono::milliseconds at_most) {
  asio::co_spawn(io_, drain(*server_, at_most, drained_), asio::detached);
}

bool TestServer::is_drained() {
  drained_.wait(false);
  return drained_;
}

std::vector<unsigned> TestServer::observed() {
  const std::scoped_lock lock(mutex_);
  return observed_;
}

Route text_route(std::string_view pattern, std::string_view body) {
  return {.method = Method::get,
          .pattern = pattern,
          .roles = {Role::none},
          .handler = Reply([body](Request&) {
            return Response{.content_type = "text/plain", .body = std::string(body)};
          })};
}

Route echo_route(std::string_view pattern, std::uint64_t limit) {
  return post_route(pattern, limit, Reply([](Request& request) {
                      return Response{.content_type = "text/plain",
                                      .body = std::string(request.body)};
                    }));
}

Route waiting_echo_route(std::string_view pattern, std::uint64_t limit) {
  return post_route(pattern, limit, Call(answer_later));
}

Route streamed_echo_route(std::string_view pattern, std::uint64_t limit) {
  return post_route(pattern, limit, Stream(echo));
}

}  // namespace vcp::http::testing
