// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <charconv>

namespace vcp::client {

namespace beast = boost::beast;

namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
using Parser = beast::http::response_parser<beast::http::buffer_body>;

constexpr auto kToTuple = asio::as_tuple(use_async);

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 64 * 1024;

/// A body is written in such parts, each with the time limit to itself.
constexpr std::size_t kWriteBytes = 1024 * 1024;

std::string_view to_string(Verb verb) {
  switch (verb) {
    case Verb::get:
      return "GET";
    case Verb::put:
      return "PUT";
    case Verb::post:
      return "POST";
    case Verb::del:
      return "DELETE";
  }
  return "GET";
}

std::unexpected<Error> broken(std::string_view what, const boost::system::error_code& ec) {
  std::string message = std::string(what) + ": " + ec.message();
  if (ec == beast::error::timeout) return fail(Code::timed_out, std::string(what) + ": timed out");
  if (ec == beast::http::error::body_limit) return fail(Code::too_large, std::move(message));
  if (ec.category() == make_error_code(beast::http::error::bad_version).category() &&
      ec != beast::http::error::end_of_stream && ec != beast::http::error::partial_message) {
    return fail(Code::malformed, std::move(message));
  }
  return fail(Code::io, std::move(message));
}

std::string head_of(const Url& url, const Request& request) {
  std::string head;
  head.reserve(512);
  auto line = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  head.append(to_string(request.verb)).append(" ").append(url.path).append(request.target);
  head.append(" HTTP/1.1\r\n");
  line("Host", url.authority());
  line("User-Agent", "ambient-vcp");
  if (!request.bearer.empty()) line("Authorization", "Bearer " + std::string(request.bearer));
  if (!request.content_type.empty()) line("Content-Type", request.content_type);
  if (!request.idempotency_key.empty()) line("Idempotency-Key", request.idempotency_key);
  if (request.verb != Verb::get) line("Content-Length", std::to_string(request.body.size()));
  head.append("\r\n");
  return head;
}

std::optional<std::chrono::seconds> retry_after(const Parser& parser) {
  auto text = parser.get()["Retry-After"];
  std::int64_t seconds = 0;
  auto [stop, ec] = std::from_chars(text.begin(), text.end(), seconds);
  if (ec != std::errc() || stop != text.end() || text.empty() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Connection::Connection(Executor executor, asio::ssl::context* tls)
    : stream_(std::in_place_type<TcpStream>, executor) {
  if (tls != nullptr) stream_.emplace<TlsStream>(executor, *tls);
}

Connection::TcpStream& Connection::lowest() {
  if (auto* tls = std::get_if<TlsStream>(&stream_)) return tls->next_layer();
  return std::get<TcpStream>(stream_);
}

void Connection::close() { lowest().close(); }

Async<Result<>> Connection::connect(const Url& url, std::chrono::milliseconds timeout) {
  const std::string where = url.authority();
  Resolver resolver(lowest().get_executor());
  const std::string port = std::to_string(url.port);
  auto [resolve_error, endpoints] = co_await resolver.async_resolve(url.host, port, kToTuple);
  if (resolve_error) co_return broken("cannot find " + where, resolve_error);

  lowest().expires_after(timeout);
  auto [connect_error, endpoint] = co_await lowest().async_connect(endpoints, kToTuple);
  if (connect_error) co_return broken("cannot connect to " + where, connect_error);
  boost::system::error_code ignored;
  lowest().socket().set_option(asio::ip::tcp::no_delay(true), ignored);

  auto* tls = std::get_if<TlsStream>(&stream_);
  if (tls == nullptr) co_return Result<>();
  // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
  std::string server_name = url.host;
  SSL_ctrl(tls->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           server_name.data());
  tls->set_verify_callback(asio::ssl::host_name_verification(url.host));
  auto [tls_error] = co_await tls->async_handshake(asio::ssl::stream_base::client, kToTuple);
  if (tls_error) co_return broken("no secure connection to " + where, tls_error);
  co_return Result<>();
}

Async<Result<Response>> Connection::exchange(const Url& url, const Request& request,
                                             const Sink* sink) {
  reusable_ = false;
  answer_began_ = false;
  if (auto* tls = std::get_if<TlsStream>(&stream_)) {
    co_return co_await exchange_on(*tls, url, request, sink);
  }
  co_return co_await exchange_on(std::get<TcpStream>(stream_), url, request, sink);
}

template <class Stream>
Async<Result<Response>> Connection::exchange_on(Stream& stream, const Url& url,
                                                const Request& request, const Sink* sink) {
  // A server that refuses a body answers before it has read it all, and then writing fails; what
  // it said is worth more than the failure.
  auto sent = co_await send_on(stream, url, request);
  auto response = co_await receive_on(stream, request, sink);
  if (!sent && !response) co_return std::unexpected(std::move(sent.error()));
  if (!sent) reusable_ = false;
  last_used_ = Clock::now();
  co_return response;
}

template <class Stream>
Async<Result<>> Connection::send_on(Stream& stream, const Url& url, const Request& request) {
  const std::string head = head_of(url, request);
  std::string_view body = request.body;
  std::string_view part = body.substr(0, kWriteBytes);
  std::array<asio::const_buffer, 2> first{asio::buffer(head), asio::buffer(part)};
  lowest().expires_after(request.timeout);
  auto [head_error, head_bytes] = co_await asio::async_write(stream, first, kToTuple);
  if (head_error) co_return broken("sending", head_error);

  for (body.remove_prefix(part.size()); !body.empty(); body.remove_prefix(part.size())) {
    part = body.substr(0, kWriteBytes);
    asio::const_buffer next = asio::buffer(part);
    lowest().expires_after(request.timeout);
    auto [error, bytes] = co_await asio::async_write(stream, next, kToTuple);
    if (error) co_return broken("sending", error);
  }
  co_return Result<>();
}

template <class Stream>
Async<Result<Response>> Connection::receive_on(Stream& stream, const Request& request,
                                               const Sink* sink) {
  Parser parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(request.max_body_bytes);
  lowest().expires_after(request.timeout);
  auto [head_error, head_bytes] =
      co_await beast::http::async_read_header(stream, buffer_, parser, kToTuple);
  if (head_error) co_return broken("waiting for an answer", head_error);
  answer_began_ = true;

  Response response{.status = parser.get().result_int(),
                    .content_type = std::string(parser.get()["Content-Type"]),
                    .retry_after = retry_after(parser)};
  bool to_sink = sink != nullptr && response.status / 100 == 2;
  std::array<char, kReadBytes> part;
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = part.data();
    body.size = part.size();
    lowest().expires_after(request.timeout);
    auto [error, bytes] = co_await beast::http::async_read(stream, buffer_, parser, kToTuple);
    if (error && error != beast::http::error::need_buffer) {
      co_return broken("reading an answer", error);
    }
    std::string_view got(part.data(), part.size() - body.size);
    if (!to_sink) {
      response.body.append(got);
    } else if (auto taken = (*sink)(got); !taken) {
      co_return std::unexpected(std::move(taken.error()));
    }
  }
  reusable_ = parser.keep_alive();
  co_return response;
}

}  // namespace vcp::client
