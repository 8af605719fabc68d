// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "prepared.hpp"
#include "recorder.hpp"
#include "response_reader.hpp"
#include "schedule.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"

namespace vcp::load {

using Endpoint = asio::ip::tcp::endpoint;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

/// A socket ready for use. Blocks; `io` if there is no connection to be had.
[[nodiscard]] Result<Socket> connect(asio::io_context& io, const Endpoint& server);

/// Requests of one kind: what is sent, when, on how many connections, and what must come back.
struct Plan {
  std::string name;
  Prepared request;
  std::size_t connections = 1;
  Schedule::Bounds bounds = {};
  unsigned status = 200;
  std::string text = {};  ///< what the answer's body must contain; empty: anything
};

/// Carries out a plan. A connection has one request under way at a time; one that breaks is opened
/// anew. Everything runs on the thread of the io_context, which must not outlive the driver's work.
class Driver {
 public:
  /// Opens the connections; blocks.
  [[nodiscard]] static Result<std::unique_ptr<Driver>> open(asio::io_context& io,
                                                            const Endpoint& server, Plan plan);

  ~Driver();

  /// Starts the clock. All is done when the io_context runs out of work.
  void start();

  [[nodiscard]] const Recorder& recorder() const { return recorder_; }

 private:
  struct Lane;

  Driver(asio::io_context& io, const Endpoint& server, Plan plan, std::vector<Socket> sockets);

  Async<void> serve(Lane& lane);
  Async<void> exchange(Lane& lane, const Ticket& ticket);
  Async<boost::system::error_code> send(Lane& lane, std::string_view request);
  Async<boost::system::error_code> receive(Lane& lane);
  Async<void> reconnect(Lane& lane);
  Async<void> watch();
  void judge(const Lane& lane, const Ticket& ticket);

  asio::io_context& io_;
  Endpoint server_;
  Plan plan_;
  Schedule schedule_;
  Recorder recorder_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::size_t serving_ = 0;
  Timer watch_timer_;
};

}  // namespace vcp::load
