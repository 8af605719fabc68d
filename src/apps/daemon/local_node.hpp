// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "vcp/agent/agent.hpp"
#include "vcp/agent/link.hpp"
#include "vcp/agent/machine.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/coordinator/handover.hpp"
#include "vcp/wasm/cache.hpp"
#include "vcp/wasm/compiler.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::daemon {

/// A lease as the agent takes it from another process, with what its task is to be run with.
[[nodiscard]] agent::Lease to_agent(const mesh::Task& task, const mesh::Lease& lease, Time deadline,
                                    coordinator::LeasedInput input);

/// A node's way to a coordinator in the same process.
class LocalLink final : public agent::Link {
 public:
  LocalLink(coordinator::Coordinator& coordinator, NodeId node)
      : coordinator_(coordinator), node_(std::move(node)) {}

  Async<Result<>> register_node(const agent::Registration& registration) override;
  Async<Result<agent::HeartbeatReply>> heartbeat(const agent::Heartbeat& beat) override;
  Async<Result<std::vector<agent::Lease>>> lease(std::uint32_t max,
                                                 std::chrono::seconds wait) override;
  Async<Result<std::vector<agent::Settlement>>> report(
      std::span<const agent::Report> reports) override;
  Async<Result<>> download(agent::ContentKind kind, const Digest& id,
                           const agent::ByteSink& sink) override;
  void interrupt() override;

 private:
  coordinator::Coordinator& coordinator_;
  NodeId node_;
};

struct LocalNodeOptions {
  std::uint32_t slots = 0;
  std::uint64_t memory_mb = 0;
  std::uint64_t disk_mb = 0;
  std::filesystem::path data_dir;
};

/// The node that vcpd itself is, named "local": the same agent as in vcp-node, through the same
/// leases.
class LocalNode {
 public:
  static constexpr std::string_view kId = "local";

  [[nodiscard]] static Result<std::unique_ptr<LocalNode>> create(
      asio::io_context& io, coordinator::Coordinator& coordinator, wasm::Compiler compiler,
      const LocalNodeOptions& options, const Clock& clock, Random& random);

  [[nodiscard]] agent::Agent& agent() { return *agent_; }

 private:
  LocalNode(coordinator::Coordinator& coordinator, wasm::Engine engine);

  LocalLink link_;
  wasm::Engine engine_;
  std::unique_ptr<wasm::ModuleCache> modules_;
  agent::Machine machine_;
  std::unique_ptr<agent::Agent> agent_;
};

}  // namespace vcp::daemon
