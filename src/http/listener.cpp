// SPDX-License-Identifier: Apache-2.0
#include "listener.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>

#include "connection.hpp"
#include "problem.hpp"

namespace vcp::http {
namespace {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// How long accepting rests when the system has no descriptor or memory for one more.
constexpr std::chrono::milliseconds kRest{100};

Peer describe_peer(const asio::ip::tcp::endpoint& endpoint) {
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  Peer peer{.text = address.to_string(), .loopback = address.is_loopback()};
  if (address.is_v4()) {
    peer.rate_key = address.to_v4().to_uint();
  } else {
    const auto bytes = address.to_v6().to_bytes();
    for (std::size_t i = 0; i < 8; ++i) peer.rate_key = peer.rate_key << 8U | bytes[i];
  }
  return peer;
}

/// Says 503 as far as that goes without waiting, and closes.
void turn_away(Socket socket) {
  Response response = problem(Error{.code = Code::unavailable, .message = "too many connections"});
  std::string out;
  DateText date;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  append_head(out, response, {.length = response.body.size()},
              {.date = date.at(seconds), .keep_alive = false});
  out += response.body;
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(out), ignored);
  socket.shutdown(Socket::shutdown_send, ignored);
  std::array<char, 4096> scrap;  // bytes left unread would reset the connection
  socket.read_some(asio::buffer(scrap), ignored);
}

Async<void> run_connection(std::unique_ptr<Connection> connection) {
  try {
    co_await connection->run();
  } catch (const std::exception& error) {
    spdlog::error("a connection failed: {}", error.what());
  }
}

}  // namespace

Listener::Listener(Executor executor, std::shared_ptr<Context> context,
                   std::shared_ptr<TlsContext> tls)
    : context_(std::move(context)), acceptor_(executor), tls_(std::move(tls)) {}

Result<> Listener::open() {
  const ServerOptions& options = context_->options;
  const std::string where = options.host + ":" + std::to_string(options.port);
  boost::system::error_code error;
  const asio::ip::address address = asio::ip::make_address(options.host, error);
  if (error) return fail(Code::invalid, "cannot listen on " + where + ": no IP address");
  const Endpoint wanted(address, options.port);
  acceptor_.open(wanted.protocol(), error);
  if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(wanted, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) return fail(Code::io, "cannot listen on " + where + ": " + error.message());
  return {};
}

void Listener::start() {
  asio::co_spawn(acceptor_.get_executor(), accept(shared_from_this()), asio::detached);
}

void Listener::stop() {
  const std::scoped_lock lock(mutex_);
  if (!std::exchange(stopped_, true) && acceptor_.is_open()) {
    // Wakes the coroutine, which closes: the acceptor is not to be touched from two threads.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  }
}

void Listener::use(std::shared_ptr<TlsContext> tls) {
  const std::scoped_lock lock(mutex_);
  tls_ = std::move(tls);
}

std::shared_ptr<TlsContext> Listener::tls() const {
  const std::scoped_lock lock(mutex_);
  return tls_;
}

Async<void> Listener::accept(std::shared_ptr<Listener> self) {
  Timer rest(self->acceptor_.get_executor());
  for (;;) {
    auto accepted = co_await self->acceptor_.async_accept(asio::as_tuple(use_async));
    auto& [error, socket] = accepted;
    {
      const std::scoped_lock lock(self->mutex_);
      if (self->stopped_) break;
    }
    if (!error) {
      self->serve(std::move(socket));
    } else if (error != asio::error::connection_aborted) {
      spdlog::warn("cannot accept a connection: {}", error.message());
      rest.expires_after(kRest);
      co_await rest.async_wait(use_async);
    }
  }
  const std::scoped_lock lock(self->mutex_);
  boost::system::error_code ignored;
  self->acceptor_.close(ignored);
}

void Listener::serve(Socket socket) {
  boost::system::error_code error;
  const Endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  if (context_->sweeper->size() >= context_->options.max_connections) {
    return turn_away(std::move(socket));
  }
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  const Executor executor = acceptor_.get_executor();
  const int descriptor = socket.native_handle();
  std::shared_ptr<TlsContext> tls_now = tls();
  std::unique_ptr<Transport> transport =
      tls_now ? make_tls_transport(std::move(socket), std::move(tls_now))
              : make_plain_transport(std::move(socket));
  auto connection = std::make_unique<Connection>(context_, std::move(transport), descriptor,
                                                 describe_peer(remote));
  asio::co_spawn(executor, run_connection(std::move(connection)), asio::detached);
}

}  // namespace vcp::http
