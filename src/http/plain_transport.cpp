// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <boost/asio/as_tuple.hpp>
#include <cerrno>
#include <optional>

#include "transport.hpp"

namespace vcp::http {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Socket socket) : socket_(std::move(socket)) {}

  Async<IoResult> handshake() override { co_return IoResult{}; }

  Async<IoResult> read_some(asio::mutable_buffer into) override {
    return socket_.async_read_some(into, asio::as_tuple(use_async));
  }

  Async<IoResult> write_some(asio::const_buffer bytes) override {
    return writer().async_write_some(bytes, asio::as_tuple(use_async));
  }

  IoResult try_write(asio::const_buffer bytes) override {
    boost::system::error_code error;
    const std::size_t count = writer().write_some(bytes, error);
    return {error, count};
  }

  /// Two operations on one socket object must not start on two threads at once, but two objects
  /// may share a connection.
  boost::system::error_code open_duplex() override {
    if (writer_) return {};
    const int copy = ::fcntl(socket_.native_handle(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return {errno, boost::system::system_category()};
    boost::system::error_code error;
    writer_.emplace(socket_.get_executor());
    writer_->assign(socket_.local_endpoint(error).protocol(), copy, error);
    if (!error) writer_->non_blocking(true, error);
    return error;
  }

  Async<void> end_sending() override {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    co_return;
  }

  Async<IoResult> discard_some(asio::mutable_buffer into) override { return read_some(into); }

 private:
  Socket& writer() { return writer_ ? *writer_ : socket_; }

  Socket socket_;
  std::optional<Socket> writer_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(Socket socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  return std::make_unique<PlainTransport>(std::move(socket));
}

}  // namespace vcp::http
