// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/ids.hpp"
#include "vcp/base/time.hpp"

/// What a node and its coordinator tell one another: plain values, whatever carries them.
namespace vcp::agent {

/// What one run may use.
struct Limits {
  std::uint64_t gas = 0;
  std::uint32_t memory_mb = 0;
  std::uint64_t output_bytes = 0;
};

/// A task, or one rank of it, that is this node's until the deadline.
struct Lease {
  std::string task_id = {};
  Epoch epoch{};
  Time deadline = {};  ///< by the coordinator's clock
  Digest module_id = {};
  std::string function = {};  ///< of a scalar call; empty for the other ABIs
  std::string args = {};      ///< a JSON array, exactly as submitted; empty if none
  std::vector<std::string> argv = {};
  std::vector<std::pair<std::string, std::string>> env = {};
  std::string input = {};                 ///< the bytes, unless they come as a blob
  std::optional<Digest> input_blob = {};  ///< where they are instead
  Limits limits = {};
  std::chrono::seconds max_execution_time{0};
  std::uint32_t rank = 0;
  std::uint32_t size = 1;
  bool wants_proof = false;  ///< the result counts only with a proof
};

/// How a lease ended. All but the last three are about the task; those are about this node.
enum class Status : std::uint8_t {
  ok,
  exit_code,         ///< a WASI program ended with another code than 0; its output counts
  trap,              ///< the program did what WebAssembly forbids
  stack_overflow,    ///< depends on the generated code, so a reason of its own
  timeout,           ///< max_execution_time passed
  out_of_gas,        ///< limits.gas was not enough
  out_of_memory,     ///< limits.memory_mb was not enough
  output_too_large,  ///< limits.output_bytes was not enough
  module_invalid,    ///< the module cannot run here, `detail` says why
  cancelled,         ///< stopped because the coordinator said so
  handed_back,       ///< not run to its end by this node's choice: place it again, no retry counted
  node_error,        ///< this node could not run it
};

/// The name on the wire, such as "out_of_gas".
[[nodiscard]] std::string_view to_string(Status status);

/// The result of a lease.
struct Report {
  std::string task_id = {};
  Epoch epoch{};
  std::uint32_t rank = 0;
  Status status = Status::node_error;
  std::string detail = {};  ///< a sentence; empty if ok
  std::string output = {};
  std::string log = {};  ///< standard error, cut to 64 KiB
  bool log_truncated = false;
  std::int32_t exit_code = 0;
  std::uint64_t gas_used = 0;
  std::chrono::milliseconds execution_time{0};
};

/// What became of a report.
enum class Settlement : std::uint8_t {
  accepted,  ///< it counts, or did already
  stale,     ///< the lease is no longer this node's; nothing more is to be done
  refused,   ///< the coordinator finds the report itself wrong
  deferred,  ///< cannot be taken now; send it again
};

/// What the machine says of itself. What cannot be measured is absent.
struct Telemetry {
  std::optional<double> bandwidth_mbps = {};
  std::optional<double> avg_latency_ms = {};
  std::optional<double> cpu_usage_percent = {};
  std::optional<double> memory_usage_percent = {};
  std::optional<double> temperature_c = {};
  std::optional<double> power_watts = {};
};

/// A lease that a heartbeat renews.
struct Renewal {
  std::string task_id = {};
  Epoch epoch{};
  std::optional<double> progress = {};  ///< 0 to 1: the share of its time limit that has passed
};

struct Heartbeat {
  Telemetry telemetry = {};
  std::vector<Renewal> leases = {};
};

struct HeartbeatReply {
  double health_score = 0;
  std::string node_status = {};
  bool safe_mode = false;
  std::vector<std::pair<std::string, Epoch>> cancelled = {};  ///< no longer this node's: stop them
};

/// How a node enters the mesh.
struct Registration {
  std::string node_id = {};
  std::string region = {};
  std::string node_type = {};
  double bandwidth_mbps = 0;
  std::uint32_t cpu_cores = 1;
  double memory_gb = 0;  ///< what its owner gives to tasks
  bool gpu_available = false;
  std::uint32_t slots = 1;
  std::map<std::string, std::string> labels = {};
  std::optional<double> max_temperature_c = {};
  std::optional<double> max_latency_ms = {};
  std::optional<std::uint32_t> max_consecutive_errors = {};
};

}  // namespace vcp::agent
