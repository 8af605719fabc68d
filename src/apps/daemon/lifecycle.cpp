// SPDX-License-Identifier: Apache-2.0
#include "lifecycle.hpp"

#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <iostream>
#include <thread>

#include "secret_file.hpp"
#include "vcp/api/api.hpp"
#include "vcp/base/version.hpp"

namespace vcp::daemon {
namespace {

namespace fs = std::filesystem;
using SignalSet = asio::basic_signal_set<Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

Result<> make_data_dir(const fs::path& directory) {
  std::error_code error;
  const bool fresh = fs::create_directories(directory, error);
  if (!error && fresh) fs::permissions(directory, fs::perms::owner_all, error);
  if (error) return fail(Code::io, directory.string() + ": " + error.message());
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return fail(Code::io, directory.string() + ": " + std::generic_category().message(errno));
  }
  return {};
}

http::Authenticator trusting(http::Authenticator authenticate) {
  return [authenticate =
              std::move(authenticate)](std::string_view token) -> std::optional<http::Principal> {
    if (!token.empty()) return authenticate(token);
    return http::Principal{
        .role = http::Role::admin, .owner = "default", .token_id = {}, .subject = {}};
  };
}

std::size_t Lifecycle::connections() const {
  const http::Server* const server = server_;
  return server ? server->connections() : 0;
}

Result<> Lifecycle::serve(const Serving& serving) {
  Result<> outcome;
  asio::co_spawn(io_, live(serving), [&](const std::exception_ptr& thrown, Result<> ended) {
    rethrow(thrown);
    outcome = std::move(ended);
    io_.stop();
  });
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 1; i < serving.io_threads; ++i) {
      threads.emplace_back([this] { io_.run(); });
    }
    io_.run();
  }
  return outcome;
}

Async<Result<>> Lifecycle::live(const Serving& serving) {
  server_ = &serving.server;
  asio::co_spawn(io_, watch_signals(serving.server), rethrow);
  const Result<> secured = co_await ensure_admin_token(serving.admin_token_file);
  if (!secured) co_return secured;
  if (serving.local_agent) {
    asio::co_spawn(io_, run_local_agent(*serving.local_agent), rethrow);
  } else {
    local_agent_ended_.set();
  }
  asio::co_spawn(io_, inform_systemd(), rethrow);
  serving.server.start();
  spdlog::info("vcpd {} serves {}", kVersion, serving.server.url());
  std::cout << "listening on " << serving.server.url() << std::endl;
  ::sd_notify(0, "READY=1");

  co_await stop_.wait();
  draining_ = true;
  ::sd_notify(0, "STOPPING=1");
  spdlog::info("stopping: no new requests");
  if (serving.local_agent) serving.local_agent->stop();
  coordinator_.close();
  co_await serving.server.drain(serving.drain_timeout);
  co_await local_agent_ended_.wait();
  const Result<> durable = co_await coordinator_.durable_now();
  spdlog::info("stopped");
  // What failed earlier was taken back, so that all of the rest may well be durable.
  if (const auto failure = coordinator_.failure()) co_return std::unexpected(*failure);
  co_return durable;
}

Async<Result<>> Lifecycle::ensure_admin_token(const fs::path& file) {
  if (fs::exists(file)) {
    const auto token =
        coordinator_.tokens().authenticate(sha256(read_secret(file)), coordinator_.clock().now());
    if (token && http::parse_role(token->role) == http::Role::admin) co_return Result<>{};
    spdlog::warn("{} does not hold an administrator's token: a new one is made", file.string());
  }
  const auto secret = co_await api::make_admin_token(coordinator_);
  if (!secret) co_return std::unexpected(secret.error());
  spdlog::info("the administrator's token is in {}", file.string());
  co_return write_secret(file, *secret);
}

/// SIGTERM and SIGINT stop, SIGHUP reads the certificate again.
Async<void> Lifecycle::watch_signals(http::Server& server) {
  SignalSet signals(io_.get_executor(), SIGTERM, SIGINT, SIGHUP);
  while (true) {
    const int number = co_await signals.async_wait(use_async);
    if (number != SIGHUP) {
      stop_.set();
      continue;
    }
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = std::uint64_t{1'000'000} * static_cast<std::uint64_t>(now.tv_sec) +
                              static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
    ::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
                 static_cast<unsigned long long>(microseconds));
    if (const Result<> reloaded = server.reload_tls(); !reloaded) {
      spdlog::error("the old certificate stays: {}", reloaded.error().message);
    }
    ::sd_notify(0, "READY=1");
  }
}

/// Says how things are, and feeds the watchdog from inside the event loop.
Async<void> Lifecycle::inform_systemd() {
  std::uint64_t watchdog_usec = 0;
  ::sd_watchdog_enabled(0, &watchdog_usec);
  auto interval = std::chrono::microseconds(5'000'000);
  if (watchdog_usec > 0) {
    interval = std::min(interval, std::chrono::microseconds(watchdog_usec / 3));
  }
  while (true) {
    const coordinator::Statistics now = coordinator_.statistics();
    const std::string status = "WATCHDOG=1\nSTATUS=" + std::to_string(now.active.pending) +
                               " tasks pending, " + std::to_string(now.active.running) +
                               " running, " + std::to_string(now.ended.completed) + " completed";
    ::sd_notify(0, status.c_str());
    Timer timer(io_.get_executor(), interval);
    co_await timer.async_wait(use_async);
  }
}

Async<void> Lifecycle::run_local_agent(agent::Agent& agent) {
  const Result<> ended = co_await agent.run();
  if (!ended) spdlog::error("the local node stopped: {}", ended.error().message);
  local_agent_ended_.set();
}

}  // namespace vcp::daemon
