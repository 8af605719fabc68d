// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "context.hpp"
#include "transport.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"

namespace vcp::http {

/// Takes connections in and starts each one's coroutine.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using Endpoint = asio::ip::tcp::endpoint;

  Listener(Executor executor, std::shared_ptr<Context> context, std::shared_ptr<TlsContext> tls);

  /// Binds and listens; `io` with the reason if the address cannot be had.
  [[nodiscard]] Result<> open();

  /// Starts to accept.
  void start();

  /// No connection is taken from now on. Any thread.
  void stop();

  /// For connections to come. Any thread.
  void use(std::shared_ptr<TlsContext> tls);

  [[nodiscard]] Endpoint endpoint() const { return endpoint_; }

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

  [[nodiscard]] static Async<void> accept(std::shared_ptr<Listener> self);
  void serve(Socket socket);
  [[nodiscard]] std::shared_ptr<TlsContext> tls() const;

  const std::shared_ptr<Context> context_;
  Endpoint endpoint_;
  mutable std::mutex mutex_;  ///< for what follows
  Acceptor acceptor_;
  std::shared_ptr<TlsContext> tls_;
  bool stopped_ = false;
};

}  // namespace vcp::http
