// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/records.hpp"

#include <algorithm>

#include "codec.hpp"

namespace vcp::coordinator {

template <>
inline constexpr auto kGreatest<mesh::NodeType> = mesh::NodeType::any;
template <>
inline constexpr auto kGreatest<mesh::NodeStatus> = mesh::NodeStatus::offline;
template <>
inline constexpr auto kGreatest<mesh::TaskType> = mesh::TaskType::federated_learning;
template <>
inline constexpr auto kGreatest<mesh::TaskStatus> = mesh::TaskStatus::cancelled;
template <>
inline constexpr auto kGreatest<mesh::Strategy> = mesh::Strategy::spread;
template <>
inline constexpr auto kGreatest<mesh::VerificationMode> = mesh::VerificationMode::proof;
template <>
inline constexpr auto kGreatest<mesh::Judgement> = mesh::Judgement::disputed;
template <>
inline constexpr auto kGreatest<zk::Format> = zk::Format::sp1;
template <>
inline constexpr auto kGreatest<mesh::Outcome> = mesh::Outcome::proof_invalid;

namespace {

/// Whether all is there that the core relies on.
bool is_whole(const mesh::Task& task) {
  if (!task.spec) return false;
  const std::uint32_t ranks = task.spec->requirements.min_nodes;
  return ranks >= 1 &&
         std::ranges::all_of(task.leases,
                             [ranks](const mesh::Lease& lease) { return lease.rank < ranks; }) &&
         std::ranges::all_of(task.answers,
                             [ranks](const mesh::Answer& answer) {
                               return answer.result && answer.lease.rank < ranks;
                             }) &&
         task.spec->verification.proof.has_value() ==
             (task.spec->verification.mode == mesh::VerificationMode::proof);
}

}  // namespace

// What each record consists of, in the order on disk.

template <class C>
void describe(C& codec, Is<mesh::Capabilities> auto& r) {
  codec(r.bandwidth_mbps, r.cpu_cores, r.memory_gb, r.gpu_available);
}
template <class C>
void describe(C& codec, Is<mesh::SafetyPolicy> auto& r) {
  codec(r.max_temperature_c, r.max_latency_ms, r.max_consecutive_errors);
}
template <class C>
void describe(C& codec, Is<mesh::Registration> auto& r) {
  codec(r.id, r.owner, r.region, r.type, r.capabilities, r.slots, r.labels, r.safety_policy);
}
template <class C>
void describe(C& codec, Is<mesh::Node> auto& r) {
  codec(r.registration, r.registered_at, r.last_seen, r.draining, r.safe_mode, r.consecutive_errors,
        r.completed, r.failed, r.disputed, r.valid_in_a_row);
}
template <class C>
void describe(C& codec, Is<mesh::Requirements> auto& r) {
  codec(r.min_nodes, r.max_execution_time_sec, r.require_gpu, r.regions, r.node_type, r.labels,
        r.min_health_score, r.min_bandwidth_mbps, r.max_latency_ms, r.min_memory_gb);
}
template <class C>
void describe(C& codec, Is<mesh::Limits> auto& r) {
  codec(r.gas, r.memory_mb, r.output_bytes);
}
template <class C>
void describe(C& codec, Is<mesh::Payload> auto& r) {
  codec(r.bytes, r.content, r.size);
}
template <class C>
void describe(C& codec, Is<mesh::ProofDemand> auto& r) {
  codec(r.circuit, r.bind);
}
template <class C>
void describe(C& codec, Is<mesh::Verification> auto& r) {
  codec(r.mode, r.agree, r.max_replicas, r.adaptive, r.probability, r.max_wrong, r.proof);
}
template <class C>
void describe(C& codec, Is<mesh::Plan> auto& r) {
  codec(r.verification, r.wrong, r.cost);
}
template <class C>
void describe(C& codec, Is<mesh::TaskSpec> auto& r) {
  codec(r.type, r.owner, r.module, r.function, r.args, r.argv, r.env, r.input, r.requirements,
        r.limits, r.verification, r.strategy, r.priority, r.max_retries);
}
template <class C>
void describe(C& codec, Is<mesh::Lease> auto& r) {
  codec(r.node, r.epoch, r.rank, r.granted_at, r.trusted);
}
template <class C>
void describe(C& codec, Is<mesh::Attempt> auto& r) {
  codec(r.node, r.epoch, r.outcome, r.detail);
}
template <class C>
void describe(C& codec, Is<mesh::Evidence> auto& r) {
  codec(r.id, r.document);
}
template <class C>
void describe(C& codec, Is<mesh::TaskResult> auto& r) {
  codec(r.output, r.output_sha256, r.log, r.log_truncated, r.exit_code, r.gas_used,
        r.execution_time_ms, r.proof);
}
template <class C>
void describe(C& codec, Is<mesh::Answer> auto& r) {
  codec(r.lease, r.outcome, r.detail, r.result, r.judgement);
}
template <class C>
void describe(C& codec, Is<mesh::Task> auto& r) {
  codec(r.id, r.spec, r.status, r.created_at, r.updated_at, r.not_before, r.started, r.leases,
        r.answers, r.failures, r.plan, r.recheck, r.rechecked, r.assembled, r.reason, r.detail,
        r.receipt);
}
template <class C>
void describe(C& codec, Is<FlClient> auto& r) {
  codec(r.job, r.client);
}
template <class C>
void describe(C& codec, Is<Token> auto& r) {
  codec(r.id, r.secret, r.role, r.owner, r.name, r.node, r.created_at, r.expires_at, r.fl);
}
template <class C>
void describe(C& codec, Is<Module> auto& r) {
  codec(r.digest, r.owner, r.size, r.description, r.created_at);
}
template <class C>
void describe(C& codec, Is<Blob> auto& r) {
  codec(r.digest, r.owner, r.size, r.created_at);
}
template <class C>
void describe(C& codec, Is<Circuit> auto& r) {
  codec(r.digest, r.owner, r.size, r.format, r.public_signals, r.created_at);
}
template <class C>
void describe(C& codec, Is<Answer> auto& r) {
  codec(r.status, r.body, r.subject);
}
template <class C>
void describe(C& codec, Is<AnswerRecord> auto& r) {
  codec(r.request, r.expires_at, r.answer);
}
template <class C>
void describe(C& codec, Is<ContentRecord> auto& r) {
  codec(r.size, r.references);
}
template <class C>
void describe(C& codec, Is<EndedCounts> auto& r) {
  codec(r.completed, r.failed, r.cancelled, r.forgotten);
}
template <class C>
void describe(C& codec, Is<Event::OfTask> auto& r) {
  codec(r.task, r.status, r.owner);
}
template <class C>
void describe(C& codec, Is<Event::OfNode> auto& r) {
  codec(r.node, r.status);
}
template <class C>
void describe(C& codec, Is<Event::OfRound> auto& r) {
  codec(r.job, r.round, r.state, r.owner, r.metrics);
}
template <class C>
void describe(C& codec, Is<Event> auto& r) {
  codec(r.at, r.subject);
}

std::string encode(const mesh::Node& node) { return encode_record(node); }
std::string encode(const mesh::Task& task) { return encode_record(task); }
std::string encode(const Token& token) { return encode_record(token); }
std::string encode(const Module& module) { return encode_record(module); }
std::string encode(const Blob& blob) { return encode_record(blob); }
std::string encode(const Circuit& circuit) { return encode_record(circuit); }
std::string encode(const AnswerRecord& record) { return encode_record(record); }
std::string encode(const ContentRecord& record) { return encode_record(record); }
std::string encode(const EndedCounts& counts) { return encode_record(counts); }
std::string encode(const Events& events) { return encode_record(events); }

Result<mesh::Node> decode_node(std::string_view bytes) {
  return decode_record<mesh::Node>(bytes, "node");
}
Result<mesh::Task> decode_task(std::string_view bytes) {
  Result<mesh::Task> task = decode_record<mesh::Task>(bytes, "task");
  if (task && !is_whole(*task)) return fail(Code::corrupt, "a stored task is damaged");
  return task;
}
Result<Token> decode_token(std::string_view bytes) { return decode_record<Token>(bytes, "token"); }
Result<Module> decode_module(std::string_view bytes) {
  return decode_record<Module>(bytes, "module");
}
Result<Blob> decode_blob(std::string_view bytes) { return decode_record<Blob>(bytes, "blob"); }
Result<Circuit> decode_circuit(std::string_view bytes) {
  return decode_record<Circuit>(bytes, "circuit");
}
Result<AnswerRecord> decode_answer(std::string_view bytes) {
  return decode_record<AnswerRecord>(bytes, "answer");
}
Result<ContentRecord> decode_content(std::string_view bytes) {
  return decode_record<ContentRecord>(bytes, "content record");
}
Result<EndedCounts> decode_counts(std::string_view bytes) {
  return decode_record<EndedCounts>(bytes, "counter");
}
Result<Events> decode_events(std::string_view bytes) {
  return decode_record<Events>(bytes, "list of events");
}

std::string owned_key(std::string_view owner, std::string_view rest) {
  std::string key(owner);
  key.push_back('\0');
  key.append(rest);
  return key;
}

std::string proof_key(const Digest& proof, std::string_view owned) {
  std::string key(proof.view());
  key.append(owned);
  return key;
}

}  // namespace vcp::coordinator
