// SPDX-License-Identifier: Apache-2.0
// The names of the enumerations, as the API spells them.
#include <array>
#include <utility>

#include "vcp/mesh/core.hpp"
#include "vcp/mesh/node.hpp"
#include "vcp/mesh/task.hpp"

namespace vcp::mesh {
namespace {

template <class E, std::size_t n>
using Names = std::array<std::pair<E, std::string_view>, n>;

constexpr Names<NodeType, 5> kNodeTypes{{{NodeType::compute, "compute"},
                                         {NodeType::gateway, "gateway"},
                                         {NodeType::storage, "storage"},
                                         {NodeType::validator, "validator"},
                                         {NodeType::any, "any"}}};

constexpr Names<NodeStatus, 4> kNodeStatuses{{{NodeStatus::online, "online"},
                                              {NodeStatus::safe_mode, "safe_mode"},
                                              {NodeStatus::draining, "draining"},
                                              {NodeStatus::offline, "offline"}}};

constexpr Names<TaskType, 4> kTaskTypes{{{TaskType::wasm_execution, "wasm_execution"},
                                         {TaskType::computation, "computation"},
                                         {TaskType::zk_proof, "zk_proof"},
                                         {TaskType::federated_learning, "federated_learning"}}};

constexpr Names<TaskStatus, 6> kTaskStatuses{{{TaskStatus::pending, "pending"},
                                              {TaskStatus::running, "running"},
                                              {TaskStatus::verifying, "verifying"},
                                              {TaskStatus::completed, "completed"},
                                              {TaskStatus::failed, "failed"},
                                              {TaskStatus::cancelled, "cancelled"}}};

constexpr Names<Strategy, 5> kStrategies{{{Strategy::weighted, "weighted"},
                                          {Strategy::round_robin, "round_robin"},
                                          {Strategy::least_loaded, "least_loaded"},
                                          {Strategy::latency_aware, "latency_aware"},
                                          {Strategy::spread, "spread"}}};

constexpr Names<Outcome, 16> kOutcomes{{{Outcome::ok, "ok"},
                                        {Outcome::exit_code, "exit_code"},
                                        {Outcome::trap, "trap"},
                                        {Outcome::stack_overflow, "stack_overflow"},
                                        {Outcome::timeout, "timeout"},
                                        {Outcome::out_of_gas, "out_of_gas"},
                                        {Outcome::out_of_memory, "out_of_memory"},
                                        {Outcome::output_too_large, "output_too_large"},
                                        {Outcome::module_invalid, "module_invalid"},
                                        {Outcome::node_error, "node_error"},
                                        {Outcome::node_lost, "node_lost"},
                                        {Outcome::handed_back, "handed_back"},
                                        {Outcome::cancelled, "cancelled"},
                                        {Outcome::no_agreement, "no_agreement"},
                                        {Outcome::refuted, "refuted"},
                                        {Outcome::proof_invalid, "proof_invalid"}}};

constexpr Names<VerificationMode, 5> kVerificationModes{{{VerificationMode::none, "none"},
                                                         {VerificationMode::quorum, "quorum"},
                                                         {VerificationMode::recheck, "recheck"},
                                                         {VerificationMode::automatic, "auto"},
                                                         {VerificationMode::proof, "proof"}}};

constexpr Names<Judgement, 3> kJudgements{{{Judgement::open, "open"},
                                           {Judgement::accepted, "accepted"},
                                           {Judgement::disputed, "disputed"}}};

constexpr Names<WaitReason, 9> kWaitReasons{{{WaitReason::nothing, "nothing"},
                                             {WaitReason::result, "result"},
                                             {WaitReason::verification, "verification"},
                                             {WaitReason::back_off, "back_off"},
                                             {WaitReason::eligible_nodes, "eligible_nodes"},
                                             {WaitReason::free_slots, "free_slots"},
                                             {WaitReason::quota, "quota"},
                                             {WaitReason::reservation, "reservation"},
                                             {WaitReason::turn, "turn"}}};

template <class E, std::size_t n>
constexpr std::string_view name_of(const Names<E, n>& names, E value) {
  for (const auto& [each, name] : names) {
    if (each == value) return name;
  }
  return "unknown";
}

template <class E, std::size_t n>
constexpr std::optional<E> value_of(const Names<E, n>& names, std::string_view text) {
  for (const auto& [each, name] : names) {
    if (name == text) return each;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(NodeType type) { return name_of(kNodeTypes, type); }
std::string_view to_string(NodeStatus status) { return name_of(kNodeStatuses, status); }
std::string_view to_string(TaskType type) { return name_of(kTaskTypes, type); }
std::string_view to_string(TaskStatus status) { return name_of(kTaskStatuses, status); }
std::string_view to_string(Strategy strategy) { return name_of(kStrategies, strategy); }
std::string_view to_string(Outcome outcome) { return name_of(kOutcomes, outcome); }
std::string_view to_string(VerificationMode mode) { return name_of(kVerificationModes, mode); }
std::string_view to_string(Judgement judgement) { return name_of(kJudgements, judgement); }
std::string_view to_string(WaitReason reason) { return name_of(kWaitReasons, reason); }

std::optional<NodeType> parse_node_type(std::string_view text) {
  return value_of(kNodeTypes, text);
}
std::optional<NodeStatus> parse_node_status(std::string_view text) {
  return value_of(kNodeStatuses, text);
}
std::optional<TaskType> parse_task_type(std::string_view text) {
  return value_of(kTaskTypes, text);
}
std::optional<TaskStatus> parse_task_status(std::string_view text) {
  return value_of(kTaskStatuses, text);
}
std::optional<Strategy> parse_strategy(std::string_view text) {
  return value_of(kStrategies, text);
}
std::optional<VerificationMode> parse_verification_mode(std::string_view text) {
  return value_of(kVerificationModes, text);
}
std::optional<Outcome> parse_outcome(std::string_view text) { return value_of(kOutcomes, text); }

bool is_deterministic(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
    case Outcome::exit_code:
    case Outcome::trap:
    case Outcome::stack_overflow:
    case Outcome::out_of_gas:
    case Outcome::out_of_memory:
    case Outcome::output_too_large:
    case Outcome::module_invalid:
    case Outcome::cancelled:
      return true;
    case Outcome::timeout:
    case Outcome::node_error:
    case Outcome::node_lost:
    case Outcome::handed_back:
    case Outcome::no_agreement:
    case Outcome::refuted:
    case Outcome::proof_invalid:
      return false;
  }
  return false;
}

}  // namespace vcp::mesh
