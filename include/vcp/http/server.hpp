// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"
#include "vcp/http/principal.hpp"
#include "vcp/http/route.hpp"

namespace vcp::http {

struct TlsFiles {
  std::string certificate;  ///< PEM, the chain
  std::string key;          ///< PEM
};

/// Requests a second, each with a burst of as many; 0 is no limit.
struct Rates {
  std::uint32_t per_token = 0;
  std::uint32_t per_address = 0;
  bool loopback_exempt = true;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free one
  std::optional<TlsFiles> tls;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_target_bytes = 8 * 1024;
  std::size_t max_connections = 10'000;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
  Rates rates;
};

/// What the server tells of each request once it is answered; called on an I/O thread.
struct Observation {
  const Route* route;  ///< none if no route matched
  unsigned status;
  double seconds;
};

/// An HTTP/1.1 server: connections, TLS, framing, limits, routing and authentication. It knows
/// nothing of what a route means.
class Server {
 public:
  /// Binds and listens. `io` is run by the caller, with any number of threads, and outlives the
  /// server. `invalid` or `io`: the address, the certificate or the key cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<Server>> listen(
      asio::io_context& io, ServerOptions options, std::vector<Route> routes,
      Authenticator authenticate, std::function<void(const Observation&)> observe = {});

  /// Ends all connections. What their handlers still wait for must come to its end, or `io` be
  /// stopped.
  ~Server();

  /// "http://127.0.0.1:8080", with the port that was taken.
  [[nodiscard]] std::string url() const;

  /// Starts to accept.
  void start();

  /// Stops accepting, ends waits, finishes what is being answered, closes; returns when the last
  /// connection is gone or the time is up.
  [[nodiscard]] Async<void> drain(std::chrono::milliseconds at_most);

  /// Reads the certificate and key again; connections that stand keep the old ones.
  [[nodiscard]] Result<> reload_tls();

  /// Connections open now.
  [[nodiscard]] std::size_t connections() const;

 private:
  class State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace vcp::http
