// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "http/client.hpp"
#include "vcp/http/server.hpp"

namespace vcp::http::testing {

/// A server on a free port of 127.0.0.1 with two I/O threads. The token "<role>" serves for each
/// role.
class TestServer {
 public:
  explicit TestServer(std::vector<Route> routes, ServerOptions options = {});

  /// Drains for as long as the test takes, and joins.
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Server& server() { return *server_; }
  [[nodiscard]] asio::io_context& io() { return io_; }

  /// Starts to drain, and returns at once.
  void start_drain(std::chrono::milliseconds at_most);

  /// Whether a drain that was started has returned within the test's patience.
  [[nodiscard]] bool is_drained();

  /// Statuses in the order in which they were observed.
  [[nodiscard]] std::vector<unsigned> observed();

 private:
  asio::io_context io_;
  std::mutex mutex_;
  std::vector<unsigned> observed_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::atomic<bool> drained_ = false;
  std::vector<std::thread> threads_;
};

/// A public route that answers `body`.
Route text_route(std::string_view pattern, std::string_view body);

/// A public POST that answers with its body.
Route echo_route(std::string_view pattern, std::uint64_t limit);

/// The same as a Call, after a turn of the event loop.
Route waiting_echo_route(std::string_view pattern, std::uint64_t limit);

/// The same as a Stream, part by part.
Route streamed_echo_route(std::string_view pattern, std::uint64_t limit);

}  // namespace vcp::http::testing
