// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>
#include <memory>
#include <variant>

#include "vcp/client/http.hpp"

namespace vcp::client {

/// One connection to a server: one request at a time.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;
  using TcpStream = boost::beast::basic_stream<asio::ip::tcp, Executor>;
  using TlsStream = boost::beast::ssl_stream<TcpStream>;

  /// Plain, or with TLS if there is a context.
  Connection(Executor executor, asio::ssl::context* tls);

  [[nodiscard]] Async<Result<>> connect(const Url& url, std::chrono::milliseconds timeout);

  /// Sends the request and reads its answer.
  [[nodiscard]] Async<Result<Response>> exchange(const Url& url, const Request& request,
                                                 const Sink* sink);

  /// Whether another request may follow the last one.
  [[nodiscard]] bool reusable() const { return reusable_; }

  /// Whether anything of the last answer came: if not, the server may never have seen the request.
  [[nodiscard]] bool answer_began() const { return answer_began_; }

  [[nodiscard]] Clock::time_point last_used() const { return last_used_; }

  /// Closes the socket; what is under way fails.
  void close();

 private:
  template <class Stream>
  Async<Result<Response>> exchange_on(Stream& stream, const Url& url, const Request& request,
                                      const Sink* sink);
  template <class Stream>
  Async<Result<>> send_on(Stream& stream, const Url& url, const Request& request);
  template <class Stream>
  Async<Result<Response>> receive_on(Stream& stream, const Request& request, const Sink* sink);

  TcpStream& lowest();

  std::variant<TcpStream, TlsStream> stream_;
  boost::beast::flat_buffer buffer_;
  Clock::time_point last_used_;
  bool reusable_ = false;
  bool answer_began_ = false;
};

}  // namespace vcp::client
