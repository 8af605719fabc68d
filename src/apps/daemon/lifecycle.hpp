// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>

#include "vcp/agent/agent.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/signal.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/http/principal.hpp"
#include "vcp/http/server.hpp"

namespace vcp::daemon {

/// Creates the directory for this user alone, or finds that it can be written.
[[nodiscard]] Result<> make_data_dir(const std::filesystem::path& directory);

/// Whoever comes without a token is an administrator.
[[nodiscard]] http::Authenticator trusting(http::Authenticator authenticate);

struct Serving {
  http::Server& server;
  agent::Agent* local_agent;  ///< null if there is none
  std::filesystem::path admin_token_file;
  std::uint32_t io_threads;
  std::chrono::milliseconds drain_timeout;
};

/// From the first request to the last: signals, the announcements to systemd, its watchdog, and
/// the drain.
class Lifecycle {
 public:
  Lifecycle(asio::io_context& io, coordinator::Coordinator& coordinator)
      : io_(io), coordinator_(coordinator) {}

  /// Serves until SIGTERM or SIGINT, then drains. Runs the io_context.
  [[nodiscard]] Result<> serve(const Serving& serving);

  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] std::size_t connections() const;

 private:
  Async<Result<>> live(const Serving& serving);
  Async<Result<>> ensure_admin_token(const std::filesystem::path& file);
  Async<void> watch_signals(http::Server& server);
  Async<void> inform_systemd();
  Async<void> run_local_agent(agent::Agent& agent);

  asio::io_context& io_;
  coordinator::Coordinator& coordinator_;
  std::atomic<http::Server*> server_ = nullptr;
  std::atomic<bool> draining_ = false;
  Signal stop_;
  Signal local_agent_ended_;
};

}  // namespace vcp::daemon
