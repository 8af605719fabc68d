// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "vcp/mesh/core.hpp"

namespace vcp::mesh {
namespace {

bool region(const Node& node, const Requirements& wanted) {
  return wanted.regions.empty() ||
         std::ranges::find(wanted.regions, node.registration.region) != wanted.regions.end();
}

bool node_type(const Node& node, const Requirements& wanted) {
  const NodeType type = node.registration.type;
  return !wanted.node_type || *wanted.node_type == NodeType::any || type == NodeType::any ||
         type == *wanted.node_type;
}

bool gpu(const Node& node, const Requirements& wanted) {
  return !wanted.require_gpu || node.registration.capabilities.gpu_available;
}

bool labels(const Node& node, const Requirements& wanted) {
  return std::ranges::all_of(wanted.labels, [&node](const auto& label) {
    const auto found = node.registration.labels.find(label.first);
    return found != node.registration.labels.end() &&
           (!label.second || *label.second == found->second);
  });
}

bool health(const Node& node, const Requirements& wanted) {
  return !wanted.min_health_score || node.health_score() >= *wanted.min_health_score;
}

bool bandwidth(const Node& node, const Requirements& wanted) {
  return !wanted.min_bandwidth_mbps || node.bandwidth_mbps() >= *wanted.min_bandwidth_mbps;
}

/// A node that has not measured its latency meets no bound on it.
bool latency(const Node& node, const Requirements& wanted) {
  if (!wanted.max_latency_ms) return true;
  return node.telemetry && node.telemetry->avg_latency_ms &&
         *node.telemetry->avg_latency_ms <= *wanted.max_latency_ms;
}

bool memory(const Node& node, const Requirements& wanted) {
  return !wanted.min_memory_gb || node.registration.capabilities.memory_gb >= *wanted.min_memory_gb;
}

constexpr std::array<ConstraintCheck, 8> kConstraints{{{"regions", region},
                                                       {"node_type", node_type},
                                                       {"require_gpu", gpu},
                                                       {"labels", labels},
                                                       {"min_health_score", health},
                                                       {"min_bandwidth_mbps", bandwidth},
                                                       {"max_latency_ms", latency},
                                                       {"min_memory_gb", memory}}};

}  // namespace

std::span<const ConstraintCheck> constraints() { return kConstraints; }

bool meets(const Node& node, const Requirements& requirements) {
  return std::ranges::all_of(kConstraints, [&](const ConstraintCheck& constraint) {
    return constraint.passes(node, requirements);
  });
}

}  // namespace vcp::mesh
