// SPDX-License-Identifier: Apache-2.0
#include "vcp/mesh/node.hpp"

#include <algorithm>

namespace vcp::mesh {

NodeStatus Node::status() const {
  if (offline) return NodeStatus::offline;
  if (draining) return NodeStatus::draining;
  if (safe_mode) return NodeStatus::safe_mode;
  return NodeStatus::online;
}

std::uint32_t Node::slots_free() const {
  return registration.slots > leases ? registration.slots - leases : 0;
}

double Node::bandwidth_mbps() const {
  const bool measured = telemetry && telemetry->bandwidth_mbps;
  return measured ? *telemetry->bandwidth_mbps : registration.capabilities.bandwidth_mbps;
}

double Node::reputation() const {
  const double runs = static_cast<double>(completed + failed);
  if (runs == 0 && disputed == 0) return 0.5;
  const double success_rate = runs == 0 ? 0.5 : static_cast<double>(completed) / runs;
  const double penalty = std::min(0.05 * static_cast<double>(disputed), 0.3);
  return std::clamp(success_rate - penalty, 0.0, 1.0);
}

double Node::health_score() const {
  const Telemetry measured = telemetry.value_or(Telemetry{});
  const double bandwidth = std::clamp(bandwidth_mbps() / 1000, 0.0, 1.0);
  const double latency =
      measured.avg_latency_ms ? std::clamp(1 - *measured.avg_latency_ms / 100, 0.0, 1.0) : 1.0;
  const double load =
      measured.cpu_usage_percent.value_or(0) + measured.memory_usage_percent.value_or(0);
  const double compute = std::clamp((200 - load) / 200, 0.0, 1.0);
  return 100 * (0.4 * bandwidth + 0.3 * latency + 0.2 * compute + 0.1 * reputation());
}

}  // namespace vcp::mesh
