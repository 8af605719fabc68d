// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/ids.hpp"
#include "vcp/base/time.hpp"
#include "vcp/mesh/node.hpp"

namespace vcp::mesh {

enum class TaskType : std::uint8_t { wasm_execution, computation, zk_proof, federated_learning };
enum class TaskStatus : std::uint8_t { pending, running, verifying, completed, failed, cancelled };
enum class Strategy : std::uint8_t { weighted, round_robin, least_loaded, latency_aware, spread };
enum class VerificationMode : std::uint8_t { none, quorum, recheck, automatic, proof };

/// How the run of a task on a node ended.
enum class Outcome : std::uint8_t {
  ok,
  exit_code,
  trap,
  stack_overflow,
  timeout,
  out_of_gas,
  out_of_memory,
  output_too_large,
  module_invalid,
  node_error,   ///< the node could not run it: its own fault, not the program's
  node_lost,    ///< the lease ran out without a word
  handed_back,  ///< the node gave the lease back unfinished
  cancelled,
  no_agreement,   ///< as many nodes as were allowed gave answers too different
  refuted,        ///< the coordinator ran it again, and something else came out
  proof_invalid,  ///< its proof does not hold, or is of something else
};

[[nodiscard]] std::string_view to_string(TaskType type);
[[nodiscard]] std::optional<TaskType> parse_task_type(std::string_view text);
[[nodiscard]] std::string_view to_string(TaskStatus status);
[[nodiscard]] std::optional<TaskStatus> parse_task_status(std::string_view text);
[[nodiscard]] std::string_view to_string(Strategy strategy);
[[nodiscard]] std::optional<Strategy> parse_strategy(std::string_view text);
[[nodiscard]] std::string_view to_string(VerificationMode mode);
[[nodiscard]] std::optional<VerificationMode> parse_verification_mode(std::string_view text);
[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::optional<Outcome> parse_outcome(std::string_view text);

/// Whether a task in this state has come to its end.
[[nodiscard]] constexpr bool is_final(TaskStatus status) { return status >= TaskStatus::completed; }

/// Whether another node would end the same way, so that a retry is for nothing.
[[nodiscard]] bool is_deterministic(Outcome outcome);

/// What an answer is to be proved by: a proof under this circuit, tied to the task by `bind`.
struct ProofDemand {
  Digest circuit;
  std::vector<std::string> bind;  ///< for each public signal what it must be; of a zkVM empty

  friend bool operator==(const ProofDemand&, const ProofDemand&) = default;
};

/// What an answer needs to be believed.
struct Verification {
  VerificationMode mode = VerificationMode::none;
  std::uint32_t agree = 2;         ///< quorum: so many equal answers ...
  std::uint32_t max_replicas = 5;  ///< ... among at most so many
  bool adaptive = true;            ///< quorum: one answer of a node that has proved itself may do
  double probability = 1;          ///< recheck: how often it is done
  double max_wrong = 1e-4;         ///< automatic: the chance of a wrong answer that is put up with
  std::optional<ProofDemand> proof = {};  ///< proof: of what

  friend bool operator==(const Verification&, const Verification&) = default;
};

/// A way to verify an answer, as `automatic` chooses one.
struct Plan {
  Verification verification;  ///< not automatic itself
  double wrong = 0;           ///< the chance that an answer which it accepts is wrong
  double cost = 0;            ///< expected, in runs

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// Which nodes may run a task.
struct Requirements {
  std::uint32_t min_nodes = 1;
  std::uint32_t max_execution_time_sec = 60;
  bool require_gpu = false;
  std::vector<std::string> regions;  ///< any of them; empty: everywhere
  std::optional<NodeType> node_type;
  std::vector<std::pair<std::string, std::optional<std::string>>> labels;  ///< no value: present
  std::optional<double> min_health_score;
  std::optional<double> min_bandwidth_mbps;
  std::optional<double> max_latency_ms;
  std::optional<double> min_memory_gb;

  friend bool operator==(const Requirements&, const Requirements&) = default;
};

struct Limits {
  std::uint64_t gas = 10'000'000'000;
  std::uint32_t memory_mb = 256;
  std::uint64_t output_bytes = 1024 * 1024;

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// Bytes in the record itself while they are few, else the digest of a file of the content store.
struct Payload {
  std::string bytes;
  std::optional<Digest> content;
  std::uint64_t size = 0;

  friend bool operator==(const Payload&, const Payload&) = default;
};

/// What was submitted. Never changes.
struct TaskSpec {
  TaskType type = TaskType::wasm_execution;
  std::string owner;
  Digest module;
  std::string function;  ///< empty: the ABI's own entry
  std::string args;      ///< JSON array, as sent; empty if none
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  Payload input;
  Requirements requirements;
  Limits limits;
  Verification verification;
  std::optional<Strategy> strategy;  ///< none: the server's default
  std::uint8_t priority = 5;
  std::uint32_t max_retries = 3;

  friend bool operator==(const TaskSpec&, const TaskSpec&) = default;
};

/// The right of one node to run one rank of a task, fenced by its epoch. The deadline is the
/// core's own: it moves with every renewal and is not part of the record.
struct Lease {
  NodeId node;
  Epoch epoch{};
  std::uint32_t rank = 0;
  Time granted_at;
  bool trusted = false;  ///< of an adaptive quorum: its answer may be accepted by itself

  friend bool operator==(const Lease&, const Lease&) = default;
};

/// A lease that ended without a result that counts.
struct Attempt {
  NodeId node;
  Epoch epoch{};
  Outcome outcome = Outcome::node_lost;
  std::string detail;

  friend bool operator==(const Attempt&, const Attempt&) = default;
};

/// A proof as a node sent it.
struct Evidence {
  Digest id;         ///< the SHA-256 of the document
  Payload document;  ///< JSON (RFC 8785): circuit_id, proof and, but for a zkVM, public_signals

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// What a run gave.
struct TaskResult {
  Payload output;
  Digest output_sha256;
  std::string log;
  bool log_truncated = false;
  std::int32_t exit_code = 0;
  std::uint64_t gas_used = 0;
  std::uint64_t execution_time_ms = 0;
  std::optional<Evidence> proof = {};

  /// Everything in it that may be a file.
  [[nodiscard]] std::vector<const Payload*> payloads() const;

  friend bool operator==(const TaskResult&, const TaskResult&) = default;
};

/// What the coordinator thinks of an answer.
enum class Judgement : std::uint8_t { open, accepted, disputed };

[[nodiscard]] std::string_view to_string(Judgement judgement);

/// What a node says came of a run that ended by itself.
struct Answer {
  Lease lease;
  Outcome outcome = Outcome::ok;
  std::string detail;
  std::shared_ptr<const TaskResult> result;
  Judgement judgement = Judgement::open;

  friend bool operator==(const Answer& a, const Answer& b) {
    return a.lease == b.lease && a.outcome == b.outcome && a.detail == b.detail &&
           a.judgement == b.judgement && *a.result == *b.result;
  }
};

/// A task as the coordinator knows it. Records that others can see never change; a change makes a
/// new record.
struct Task {
  TaskId id;
  std::shared_ptr<const TaskSpec> spec;
  TaskStatus status = TaskStatus::pending;
  Time created_at;
  Time updated_at;
  Time not_before;              ///< back-off: not placed before
  std::uint32_t started = 0;    ///< leases that were ever granted
  std::vector<Lease> leases;    ///< live ones
  std::vector<Answer> answers;  ///< those that count, and those that are disputed
  std::vector<Attempt> failures;
  std::optional<Plan> plan;                     ///< of `automatic`, once its first node is known
  bool recheck = false;                         ///< in verification: it is to be run again
  bool rechecked = false;                       ///< it was, and the same came out
  std::shared_ptr<const TaskResult> assembled;  ///< of a gang: its ranks' answers as one
  std::optional<Outcome> reason;                ///< why it failed
  std::string detail;
  std::optional<Digest> receipt;         ///< SHA-256 of its receipt, once it has completed
  std::optional<NodeId> handed_back_by;  ///< passed over for a while; not durable
  std::optional<double> progress;        ///< of the run under way, 0 to 1; not durable

  std::uint64_t commit = 0;  ///< the commit that wrote it

  /// What holds for it: as asked, or as planned.
  [[nodiscard]] const Verification& verification() const {
    return plan ? plan->verification : spec->verification;
  }

  /// The answer that was accepted for a rank, or null.
  [[nodiscard]] const Answer* accepted(std::uint32_t rank) const;

  /// As `accepted`, or the one that is to be checked still.
  [[nodiscard]] const Answer* believed(std::uint32_t rank) const;

  /// What it gave: of one rank its accepted answer, of a gang what was assembled. Null if nothing.
  [[nodiscard]] const TaskResult* result() const;

  /// The proof that its answer was accepted with, or null.
  [[nodiscard]] const Evidence* evidence() const;
};

using TaskPtr = std::shared_ptr<const Task>;

}  // namespace vcp::mesh
