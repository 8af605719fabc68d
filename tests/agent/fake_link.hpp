// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vcp/agent/link.hpp"

namespace vcp::testing {

/// A coordinator in memory: gives the leases that a test puts in, notes the results, and fails as
/// it is told. One thread, the same as the agent's.
class FakeLink final : public agent::Link {
 public:
  explicit FakeLink(asio::io_context& io) : executor_(io.get_executor()) {}

  // What the test puts in.
  std::deque<agent::Lease> pending;
  std::map<Digest, std::string> contents;
  std::deque<Error> registration_errors;
  std::optional<Error> error_of_registering_again;
  std::deque<Error> heartbeat_errors;
  std::deque<Error> report_errors;
  std::vector<std::pair<std::string, Epoch>> cancelled;

  // What the test looks at.
  int registrations = 0;
  int heartbeats = 0;
  int downloads = 0;
  std::vector<std::uint32_t> asked;
  std::vector<agent::Report> reports;
  std::vector<agent::Renewal> last_renewals;

  Async<Result<>> register_node(const agent::Registration&) override {
    if (auto error = next(registration_errors)) co_return std::unexpected(std::move(*error));
    if (registrations > 0 && error_of_registering_again) {
      co_return std::unexpected(*error_of_registering_again);
    }
    ++registrations;
    co_return Result<>();
  }

  Async<Result<agent::HeartbeatReply>> heartbeat(const agent::Heartbeat& beat) override {
    ++heartbeats;
    last_renewals = beat.leases;
    if (auto error = next(heartbeat_errors)) co_return std::unexpected(std::move(*error));
    agent::HeartbeatReply reply;
    reply.node_status = "online";
    reply.cancelled = std::exchange(cancelled, {});
    co_return reply;
  }

  Async<Result<std::vector<agent::Lease>>> lease(std::uint32_t max, std::chrono::seconds) override {
    asked.push_back(max);
    interrupted_ = false;
    while (pending.empty() && !interrupted_) {
      Timer timer(executor_, std::chrono::milliseconds(1));
      co_await timer.async_wait(use_async);
    }
    std::vector<agent::Lease> leases;
    while (!pending.empty() && leases.size() < max) {
      leases.push_back(std::move(pending.front()));
      pending.pop_front();
    }
    co_return leases;
  }

  void interrupt() override { interrupted_ = true; }

  Async<Result<std::vector<agent::Settlement>>> report(
      std::span<const agent::Report> sent) override {
    if (auto error = next(report_errors)) co_return std::unexpected(std::move(*error));
    reports.insert(reports.end(), sent.begin(), sent.end());
    co_return std::vector<agent::Settlement>(sent.size(), agent::Settlement::accepted);
  }

  Async<Result<>> download(agent::ContentKind, const Digest& id,
                           const agent::ByteSink& sink) override {
    ++downloads;
    auto content = contents.find(id);
    if (content == contents.end()) co_return fail(Code::not_found, "no such content");
    co_return sink(content->second);
  }

 private:
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>;

  static std::optional<Error> next(std::deque<Error>& errors) {
    if (errors.empty()) return std::nullopt;
    Error error = std::move(errors.front());
    errors.pop_front();
    return error;
  }

  Executor executor_;
  bool interrupted_ = false;
};

}  // namespace vcp::testing
