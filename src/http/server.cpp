// SPDX-License-Identifier: Apache-2.0
#include "vcp/http/server.hpp"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>

#include "context.hpp"
#include "listener.hpp"
#include "sweeper.hpp"
#include "transport.hpp"

namespace vcp::http {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr Milliseconds kDrainStep{10};

/// A quarter of the shortest timeout, so that none is overrun by more.
Milliseconds sweep_period(const ServerOptions& options) {
  const Milliseconds shortest = std::min(options.header_timeout, options.idle_timeout);
  return std::clamp(shortest / 4, Milliseconds(1), Milliseconds(250));
}

}  // namespace

class Server::State {
 public:
  State(std::shared_ptr<Context> shared, std::shared_ptr<Listener> listens)
      : context(std::move(shared)), listener(std::move(listens)) {}

  const std::shared_ptr<Context> context;
  const std::shared_ptr<Listener> listener;
};

Result<std::unique_ptr<Server>> Server::listen(asio::io_context& io, ServerOptions options,
                                               std::vector<Route> routes,
                                               Authenticator authenticate,
                                               std::function<void(const Observation&)> observe) {
  Result<Router> router = Router::make(std::move(routes));
  if (!router) return std::unexpected(std::move(router.error()));
  std::shared_ptr<TlsContext> tls;
  if (options.tls) {
    Result<std::shared_ptr<TlsContext>> loaded = load_tls(*options.tls);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    tls = std::move(*loaded);
  }
  const Executor executor = io.get_executor();
  auto sweeper = std::make_shared<Sweeper>(executor, sweep_period(options));
  SystemRandom random;
  auto context =
      std::make_shared<Context>(std::move(options), std::move(*router), std::move(authenticate),
                                std::move(observe), std::move(sweeper), random);
  auto listener = std::make_shared<Listener>(executor, context, std::move(tls));
  Result<> opened = listener->open();
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto state = std::make_shared<State>(std::move(context), std::move(listener));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  state_->context->draining = true;
  state_->listener->stop();
  state_->context->sweeper->shutdown_all();
  state_->context->sweeper->stop();
}

std::string Server::url() const {
  const auto endpoint = state_->listener->endpoint();
  const std::string address = endpoint.address().to_string();
  const std::string_view scheme = state_->context->options.tls ? "https://" : "http://";
  const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
  return std::string(scheme) + host + ":" + std::to_string(endpoint.port());
}

void Server::start() {
  state_->context->sweeper->start();
  state_->listener->start();
}

Async<void> Server::drain(std::chrono::milliseconds at_most) {
  const std::shared_ptr<State> state = state_;
  Sweeper& sweeper = *state->context->sweeper;
  const auto end = std::chrono::steady_clock::now() + at_most;
  const Executor executor = co_await asio::this_coro::executor;
  Timer step(executor);
  state->context->draining = true;
  state->listener->stop();
  for (;;) {
    sweeper.drain();
    if (sweeper.size() == 0 || std::chrono::steady_clock::now() >= end) break;
    step.expires_after(kDrainStep);
    co_await step.async_wait(use_async);
  }
  sweeper.shutdown_all();
}

Result<> Server::reload_tls() {
  const std::optional<TlsFiles>& files = state_->context->options.tls;
  if (!files) return {};
  Result<std::shared_ptr<TlsContext>> loaded = load_tls(*files);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  state_->listener->use(std::move(*loaded));
  return {};
}

std::size_t Server::connections() const { return state_->context->sweeper->size(); }

}  // namespace vcp::http
