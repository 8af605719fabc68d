// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <string_view>
#include <tuple>

#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"
#include "vcp/http/server.hpp"

namespace vcp::http {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

/// Why an operation ended, and how many bytes it moved.
using IoResult = std::tuple<boost::system::error_code, std::size_t>;

/// The bytes of one connection, plain or under TLS. One coroutine uses it; after open_duplex() one
/// may read while another writes, on any threads.
class Transport {
 public:
  virtual ~Transport() = default;

  /// What precedes the first byte.
  [[nodiscard]] virtual Async<IoResult> handshake() = 0;

  [[nodiscard]] virtual Async<IoResult> read_some(asio::mutable_buffer into) = 0;
  [[nodiscard]] virtual Async<IoResult> write_some(asio::const_buffer bytes) = 0;

  /// Writes what is taken without waiting; would_block if that is nothing.
  [[nodiscard]] virtual IoResult try_write(asio::const_buffer bytes) = 0;

  /// From now on reading and writing may overlap. An error: no descriptor is left.
  [[nodiscard]] virtual boost::system::error_code open_duplex() = 0;

  /// Says that nothing more will be sent.
  [[nodiscard]] virtual Async<void> end_sending() = 0;

  /// Reads what still comes on the wire, to throw it away.
  [[nodiscard]] virtual Async<IoResult> discard_some(asio::mutable_buffer into) = 0;
};

[[nodiscard]] std::unique_ptr<Transport> make_plain_transport(Socket socket);

/// A certificate with its key, ready to serve.
class TlsContext;

/// `invalid` if a file cannot be read, is none, or the two do not belong together.
[[nodiscard]] Result<std::shared_ptr<TlsContext>> load_tls(const TlsFiles& files);

[[nodiscard]] std::unique_ptr<Transport> make_tls_transport(Socket socket,
                                                            std::shared_ptr<TlsContext> context);

}  // namespace vcp::http
