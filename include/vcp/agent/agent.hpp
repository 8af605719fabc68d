// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "vcp/agent/execute.hpp"
#include "vcp/agent/lease.hpp"
#include "vcp/agent/link.hpp"
#include "vcp/agent/machine.hpp"
#include "vcp/agent/schedule.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"

namespace vcp::agent {

/// What a node gives, and how it keeps in touch.
struct AgentOptions {
  Registration registration = {};
  std::uint32_t threads = 1;       ///< tasks at once, at most its slots
  std::uint64_t memory_mb = 1024;  ///< for all tasks that run at once
  double rest = 0;                 ///< seconds that a thread rests for each it has worked
  std::filesystem::path cache_directory = {};
  std::uint64_t cache_bytes = std::uint64_t{1} << 30;  ///< of modules and inputs on disk
  Schedule schedule = {};
  std::chrono::milliseconds heartbeat_interval{10'000};
  std::chrono::seconds poll_wait{30};       ///< how long one request waits for work
  std::chrono::milliseconds grace{20'000};  ///< for running tasks, once asked to stop
};

/// How a node stands.
struct AgentSummary {
  bool registered = false;
  std::string paused = {};  ///< why it takes no work; empty if it does
  std::size_t running = 0;
  std::size_t held = 0;
  std::uint64_t reported = 0;  ///< results that counted since the start
};

/// A node: registers, keeps in touch, leases what it will start soon, runs it, hands the results
/// in, and keeps its owner's bounds. Works over any Link; the io_context may have several threads.
class Agent {
 public:
  /// Opens the caches. What it is given by reference must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Agent>> create(asio::io_context& io,
                                                             AgentOptions options, Link& link,
                                                             Execute execute, Machine& machine,
                                                             const Clock& clock, Random& random);

  /// Waits for tasks that still run: see `summary().running`.
  ~Agent();

  /// Works until stop(): then finishes what ends within the grace, hands back the rest, and
  /// returns. An error if the coordinator refuses the node for good. Once only.
  [[nodiscard]] Async<Result<>> run();

  /// Ends run(). Any thread, any number of times.
  void stop();

  /// Any thread.
  [[nodiscard]] AgentSummary summary() const;

 private:
  class Impl;
  explicit Agent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcp::agent
