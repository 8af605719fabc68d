// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>

#include "transport.hpp"

namespace vcp::http {

class TlsContext {
 public:
  TlsContext() : context(asio::ssl::context::tls_server) {}
  asio::ssl::context context;
};

namespace {

/// OpenSSL's state is one object for both directions, so every operation runs on a strand; TLS has
/// dearer things to do than that.
class TlsTransport final : public Transport {
 public:
  TlsTransport(Socket socket, std::shared_ptr<TlsContext> context)
      : strand_(socket.get_executor()),
        context_(std::move(context)),
        stream_(std::move(socket), context_->context) {}

  Async<IoResult> handshake() override {
    auto token = on_strand();
    co_await enter_strand();
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, token);
    co_return IoResult{error, 0};
  }

  Async<IoResult> read_some(asio::mutable_buffer into) override {
    auto token = on_strand();
    co_await enter_strand();
    co_return co_await stream_.async_read_some(into, token);
  }

  Async<IoResult> write_some(asio::const_buffer bytes) override {
    auto token = on_strand();
    co_await enter_strand();
    co_return co_await stream_.async_write_some(bytes, token);
  }

  IoResult try_write(asio::const_buffer /*bytes*/) override {
    return {asio::error::would_block, 0};
  }

  boost::system::error_code open_duplex() override { return {}; }

  Async<void> end_sending() override {
    auto token = on_strand();
    co_await enter_strand();
    co_await stream_.async_shutdown(token);
    boost::system::error_code ignored;
    stream_.next_layer().shutdown(Socket::shutdown_send, ignored);
  }

  Async<IoResult> discard_some(asio::mutable_buffer into) override {
    auto token = on_strand();
    co_await enter_strand();
    co_return co_await stream_.next_layer().async_read_some(into, token);
  }

 private:
  using Strand = asio::strand<Executor>;
  using Token = asio::executor_binder<asio::as_tuple_t<asio::use_awaitable_t<Executor>>, Strand>;

  Token on_strand() { return asio::bind_executor(strand_, asio::as_tuple(use_async)); }

  Async<void> enter_strand() { return asio::dispatch(asio::bind_executor(strand_, use_async)); }

  Strand strand_;
  std::shared_ptr<TlsContext> context_;
  asio::ssl::stream<Socket> stream_;
};

std::unexpected<Error> unusable(std::string_view what, const std::string& file,
                                const boost::system::error_code& error) {
  return fail(Code::invalid, std::string(what) + " " + file + ": " + error.message());
}

}  // namespace

Result<std::shared_ptr<TlsContext>> load_tls(const TlsFiles& files) {
  using asio::ssl::context;
  auto loaded = std::make_shared<TlsContext>();
  context& tls = loaded->context;
  boost::system::error_code error;
  tls.set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 |
                  context::no_tlsv1 | context::no_tlsv1_1 | context::no_compression);
  ::SSL_CTX_set_options(tls.native_handle(), SSL_OP_NO_RENEGOTIATION);
  tls.use_certificate_chain_file(files.certificate, error);
  if (error) return unusable("certificate", files.certificate, error);
  tls.use_private_key_file(files.key, context::pem, error);
  if (error) return unusable("key", files.key, error);
  if (::SSL_CTX_check_private_key(tls.native_handle()) != 1) {
    return fail(Code::invalid, "key " + files.key + " is not that of " + files.certificate);
  }
  return loaded;
}

std::unique_ptr<Transport> make_tls_transport(Socket socket, std::shared_ptr<TlsContext> context) {
  return std::make_unique<TlsTransport>(std::move(socket), std::move(context));
}

}  // namespace vcp::http
