// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/ids.hpp"
#include "vcp/base/time.hpp"

namespace vcp::mesh {

enum class NodeType : std::uint8_t { compute, gateway, storage, validator, any };

/// Draining takes precedence over safe mode, offline over both.
enum class NodeStatus : std::uint8_t { online, safe_mode, draining, offline };

[[nodiscard]] std::string_view to_string(NodeType type);
[[nodiscard]] std::optional<NodeType> parse_node_type(std::string_view text);
[[nodiscard]] std::string_view to_string(NodeStatus status);
[[nodiscard]] std::optional<NodeStatus> parse_node_status(std::string_view text);

struct Capabilities {
  double bandwidth_mbps = 0;
  std::uint32_t cpu_cores = 1;
  double memory_gb = 0;  ///< for tasks
  bool gpu_available = false;

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

/// When a node is put into safe mode: strictly above the first two, at the third.
struct SafetyPolicy {
  double max_temperature_c = 85;
  double max_latency_ms = 100;
  std::uint32_t max_consecutive_errors = 25;

  friend bool operator==(const SafetyPolicy&, const SafetyPolicy&) = default;
};

/// What a node measured of itself; what it cannot measure is absent.
struct Telemetry {
  std::optional<double> bandwidth_mbps = {};
  std::optional<double> avg_latency_ms = {};
  std::optional<double> cpu_usage_percent = {};
  std::optional<double> memory_usage_percent = {};
  std::optional<double> temperature_c = {};
  std::optional<double> power_watts = {};

  friend bool operator==(const Telemetry&, const Telemetry&) = default;
};

using Labels = std::map<std::string, std::string, std::less<>>;

/// What a node's owner says of it.
struct Registration {
  NodeId id;
  std::string owner;
  std::string region;
  NodeType type = NodeType::any;
  Capabilities capabilities;
  std::uint32_t slots = 1;
  Labels labels;
  SafetyPolicy safety_policy;

  friend bool operator==(const Registration&, const Registration&) = default;
};

/// A node as the coordinator knows it. Records that others can see never change; a change makes a
/// new record.
struct Node {
  Registration registration;
  Time registered_at;
  Time last_seen;
  std::optional<Telemetry> telemetry;  ///< of its last heartbeat

  bool offline = false;    ///< three heartbeats missed
  bool draining = false;   ///< no new work, because an administrator said so
  bool safe_mode = false;  ///< no new work but one trial, because its breaker tripped
  bool trial = false;      ///< in safe mode: the next task is the trial

  std::uint32_t leases = 0;
  std::uint64_t reserved_mb = 0;  ///< memory that its leases may take
  std::uint32_t consecutive_errors = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t disputed = 0;
  std::uint32_t valid_in_a_row = 0;  ///< results confirmed by others since the last wrong one

  std::uint64_t commit = 0;  ///< the commit that wrote it

  [[nodiscard]] const NodeId& id() const { return registration.id; }
  [[nodiscard]] NodeStatus status() const;
  [[nodiscard]] std::uint32_t slots_free() const;
  [[nodiscard]] double bandwidth_mbps() const;  ///< measured, else as registered

  /// 0.5 without a history, else the success rate less 0.05 a dispute, at most 0.3; in 0..1.
  [[nodiscard]] double reputation() const;

  /// 0.4 bandwidth + 0.3 latency + 0.2 compute + 0.1 reputation, from 0 to 100.
  [[nodiscard]] double health_score() const;
};

using NodePtr = std::shared_ptr<const Node>;

}  // namespace vcp::mesh
