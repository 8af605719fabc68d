// SPDX-License-Identifier: Apache-2.0
#include "local_node.hpp"

#include <algorithm>
#include <thread>

#include "vcp/agent/wasm_execute.hpp"
#include "vcp/coordinator/handover.hpp"

namespace vcp::daemon {

using coordinator::Contents;
using coordinator::Coordinator;
using mesh::TaskPtr;

namespace {

constexpr std::size_t kPart = 1 << 20;

mesh::Registration to_mesh(const agent::Registration& given) {
  mesh::Registration node;
  node.id.value = given.node_id;
  node.owner = "default";
  node.region = given.region;
  node.type = mesh::parse_node_type(given.node_type).value_or(mesh::NodeType::any);
  node.capabilities = {.bandwidth_mbps = given.bandwidth_mbps,
                       .cpu_cores = given.cpu_cores,
                       .memory_gb = given.memory_gb,
                       .gpu_available = given.gpu_available};
  node.slots = given.slots;
  node.labels.insert(given.labels.begin(), given.labels.end());
  return node;
}

mesh::Telemetry to_mesh(const agent::Telemetry& measured) {
  return {.bandwidth_mbps = measured.bandwidth_mbps,
          .avg_latency_ms = measured.avg_latency_ms,
          .cpu_usage_percent = measured.cpu_usage_percent,
          .memory_usage_percent = measured.memory_usage_percent,
          .temperature_c = measured.temperature_c,
          .power_watts = measured.power_watts};
}

struct PreparedReport {
  mesh::Report report;
  std::optional<Contents::Pin> pin;
};

/// Blocks on the disk if the output is large.
Result<PreparedReport> prepare(Contents& contents, const NodeId& node, const agent::Report& given) {
  PreparedReport prepared;
  mesh::Report& report = prepared.report;
  const auto task = TaskId::parse(given.task_id);
  const auto outcome = coordinator::parse_reported(to_string(given.status));
  if (!task || !outcome) return fail(Code::internal, "a report of the local node is wrong");
  report.task = *task;
  report.node = node;
  report.epoch = given.epoch;
  report.rank = given.rank;
  report.outcome = *outcome;
  report.detail = given.detail;
  report.result = {.output = {.bytes = {}, .content = {}, .size = given.output.size()},
                   .output_sha256 = sha256(given.output),
                   .log = given.log,
                   .log_truncated = given.log_truncated,
                   .exit_code = given.exit_code,
                   .gas_used = given.gas_used,
                   .execution_time_ms = static_cast<std::uint64_t>(given.execution_time.count())};
  if (given.output.size() <= coordinator::kMaxRecordBytes) {
    report.result.output.bytes = given.output;
    return prepared;
  }
  auto pin = contents.put(given.output);
  if (!pin) return std::unexpected(pin.error());
  report.result.output.content = pin->digest();
  prepared.pin.emplace(std::move(*pin));
  return prepared;
}

agent::Settlement to_settlement(const Result<TaskPtr>& settled) {
  if (settled) return agent::Settlement::accepted;
  switch (settled.error().code) {
    case Code::conflict:
    case Code::not_found:
      return agent::Settlement::stale;
    default:
      return agent::Settlement::deferred;
  }
}

}  // namespace

agent::Lease to_agent(const mesh::Task& task, const mesh::Lease& given, Time deadline,
                      coordinator::LeasedInput input) {
  const mesh::TaskSpec& spec = *task.spec;
  agent::Lease lease;
  lease.task_id = task.id.to_string();
  lease.epoch = given.epoch;
  lease.deadline = deadline;
  lease.module_id = spec.module;
  lease.function = spec.function;
  if (!spec.args.empty()) lease.args = spec.args;
  lease.argv = spec.argv;
  lease.env = spec.env;
  lease.input = std::move(input.bytes);
  if (input.as_blob) lease.input_blob = spec.input.content;
  lease.limits = {.gas = spec.limits.gas,
                  .memory_mb = spec.limits.memory_mb,
                  .output_bytes = spec.limits.output_bytes};
  lease.max_execution_time = std::chrono::seconds(spec.requirements.max_execution_time_sec);
  lease.rank = given.rank;
  lease.size = spec.requirements.min_nodes;
  lease.wants_proof = spec.verification.proof.has_value();
  return lease;
}

// --- The link

Async<Result<>> LocalLink::register_node(const agent::Registration& registration) {
  Coordinator::Command<bool> command =
      [node = to_mesh(registration)](Coordinator::Writer& writer) mutable -> Result<bool> {
    const bool again = writer.core.find_node(node.id) != nullptr;
    const auto registered = writer.core.register_node(writer.now, std::move(node), again);
    if (!registered) return std::unexpected(registered.error());
    // Nothing but this process speaks for this node.
    const auto token = writer.coordinator.tokens().find_for_node((*registered)->id());
    if (token) writer.erase_token(token->id);
    return true;
  };
  const auto registered = co_await coordinator_.apply(std::move(command));
  if (!registered) co_return std::unexpected(registered.error());
  co_return Result<>{};
}

Async<Result<agent::HeartbeatReply>> LocalLink::heartbeat(const agent::Heartbeat& beat) {
  std::vector<mesh::LeaseName> leases;
  for (const agent::Renewal& renewal : beat.leases) {
    if (const auto task = TaskId::parse(renewal.task_id)) {
      leases.push_back({*task, renewal.epoch, renewal.progress});
    }
  }
  Coordinator::Command<mesh::HeartbeatReply> command = [this, telemetry = to_mesh(beat.telemetry),
                                                        &leases](Coordinator::Writer& writer) {
    return writer.core.heartbeat(writer.now, node_, telemetry, leases);
  };
  const auto reply = co_await coordinator_.apply(std::move(command));
  if (!reply) co_return std::unexpected(reply.error());
  agent::HeartbeatReply answer;
  answer.health_score = reply->node->health_score();
  answer.node_status = to_string(reply->node->status());
  answer.safe_mode = reply->node->safe_mode;
  for (const mesh::LeaseName& lease : reply->cancelled) {
    answer.cancelled.emplace_back(lease.task.to_string(), lease.epoch);
  }
  co_return answer;
}

Async<Result<std::vector<agent::Lease>>> LocalLink::lease(std::uint32_t max,
                                                          std::chrono::seconds wait) {
  const auto offers = co_await coordinator_.lease(node_, max, wait);
  if (!offers) co_return std::unexpected(offers.error());
  auto inputs = co_await coordinator::read_inputs(coordinator_, *offers);
  std::vector<agent::Lease> leases;
  for (std::size_t i = 0; i < offers->size(); ++i) {
    leases.push_back(to_agent(*(*offers)[i].task, (*offers)[i].lease, (*offers)[i].deadline,
                              std::move(inputs[i])));
  }
  co_return leases;
}

Async<Result<std::vector<agent::Settlement>>> LocalLink::report(
    std::span<const agent::Report> reports) {
  using Prepared = std::vector<Result<PreparedReport>>;
  using Settled = std::vector<Result<TaskPtr>>;
  std::move_only_function<Result<Prepared>()> prepare_all = [this, reports] {
    Prepared prepared;
    for (const agent::Report& each : reports) {
      prepared.push_back(prepare(coordinator_.contents(), node_, each));
    }
    return Result<Prepared>(std::move(prepared));
  };
  auto prepared = co_await coordinator_.pool().run(std::move(prepare_all));
  if (!prepared) co_return std::unexpected(prepared.error());

  const Prepared* const all = &*prepared;
  Coordinator::Command<Settled> command = [all](Coordinator::Writer& writer) {
    Settled settled;
    for (const auto& each : *all) {
      if (each) {
        settled.push_back(writer.report(each->report));
      } else {
        settled.emplace_back(std::unexpected(each.error()));
      }
    }
    return Result<Settled>(std::move(settled));
  };
  const auto settled = co_await coordinator_.apply(std::move(command));
  if (!settled) co_return std::unexpected(settled.error());
  std::vector<agent::Settlement> settlements;
  std::ranges::transform(*settled, std::back_inserter(settlements), to_settlement);
  co_return settlements;
}

Async<Result<>> LocalLink::download(agent::ContentKind, const Digest& id,
                                    const agent::ByteSink& sink) {
  std::uint64_t offset = 0;
  while (true) {
    std::move_only_function<Result<std::string>()> read = [this, &id, offset] {
      return coordinator_.contents().files().read(id, offset, kPart);
    };
    const auto part = co_await coordinator_.pool().run(std::move(read));
    if (!part) co_return std::unexpected(part.error());
    if (part->empty()) co_return Result<>{};
    if (const Result<> taken = sink(*part); !taken) co_return taken;
    offset += part->size();
  }
}

void LocalLink::interrupt() {
  // Nothing here waits for long but leases.
  coordinator_.end_polls_of(node_);
}

// --- The node

LocalNode::LocalNode(Coordinator& coordinator, wasm::Engine engine)
    : link_(coordinator, NodeId{std::string(kId)}), engine_(std::move(engine)) {}

Result<std::unique_ptr<LocalNode>> LocalNode::create(asio::io_context& io, Coordinator& coordinator,
                                                     wasm::Compiler compiler,
                                                     const LocalNodeOptions& options,
                                                     const Clock& clock, Random& random) {
  auto engine = wasm::Engine::create();
  if (!engine) return std::unexpected(engine.error());
  std::unique_ptr<LocalNode> node(new LocalNode(coordinator, std::move(*engine)));
  const std::uint64_t disk_bytes = options.disk_mb << 20;
  auto modules = wasm::ModuleCache::open(
      node->engine_, std::move(compiler),
      {.directory = options.data_dir / "compiled", .disk_bytes = disk_bytes / 2});
  if (!modules) return std::unexpected(modules.error());
  node->modules_ = std::make_unique<wasm::ModuleCache>(std::move(*modules));

  const std::uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
  agent::AgentOptions agent_options;
  agent_options.registration = {.node_id = std::string(kId),
                                .region = "default",
                                .node_type = "compute",
                                .bandwidth_mbps = 1'000,
                                .cpu_cores = std::min(cores, 1'024U),
                                .memory_gb = static_cast<double>(options.memory_mb) / 1024,
                                .slots = options.slots};
  agent_options.threads = std::min(options.slots, cores);
  agent_options.memory_mb = options.memory_mb;
  agent_options.cache_directory = options.data_dir / "fetched";
  agent_options.cache_bytes = disk_bytes / 2;
  auto made = agent::Agent::create(io, std::move(agent_options), node->link_,
                                   agent::wasm_execute(node->engine_, *node->modules_),
                                   node->machine_, clock, random);
  if (!made) return std::unexpected(made.error());
  node->agent_ = std::move(*made);
  return node;
}

}  // namespace vcp::daemon
