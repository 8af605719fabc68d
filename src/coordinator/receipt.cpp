// SPDX-License-Identifier: Apache-2.0
// What a receipt says. Members stand in the order of RFC 8785, that of their names, because the
// text is made in its canonical form at once.
#include <algorithm>
#include <string>
#include <vector>

#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"
#include "vcp/coordinator/receipt_log.hpp"
#include "vcp/log/canonical_json.hpp"

namespace vcp::coordinator {

using json::Writer;
using mesh::Answer;
using mesh::Task;
using mesh::TaskSpec;
using mesh::VerificationMode;

namespace {

constexpr std::uint64_t kReceiptVersion = 1;

void write_content(Writer& writer, const Digest& digest, std::uint64_t size) {
  writer.begin_object().member("sha256", digest.to_string()).member("size", size).end_object();
}

Digest digest_of(const mesh::Payload& payload) {
  return payload.content ? *payload.content : sha256(payload.bytes);
}

void write_answers(Writer& writer, const Task& task) {
  writer.begin_array();
  for (const Answer& answer : task.answers) {
    writer.begin_object()
        .member("epoch", std::to_underlying(answer.lease.epoch))
        .member("exit_code", answer.result->exit_code)
        .member("gas_used", answer.result->gas_used)
        .member("judgement", to_string(answer.judgement))
        .member("node_id", answer.lease.node.value)
        .member("output_sha256", answer.result->output_sha256.to_string())
        .member("rank", answer.lease.rank)
        .member("status", to_string(answer.outcome))
        .end_object();
  }
  writer.end_array();
}

/// Whether a rank was taken on fewer equal answers than a quorum asks for otherwise.
bool accepted_adaptively(const Task& task) {
  const mesh::Verification& asked = task.verification();
  if (asked.mode != VerificationMode::quorum) return false;
  std::vector<std::uint32_t> votes(task.spec->requirements.min_nodes);
  for (const Answer& answer : task.answers) {
    if (answer.judgement == mesh::Judgement::accepted) ++votes[answer.lease.rank];
  }
  return std::ranges::any_of(votes, [&](std::uint32_t count) { return count < asked.agree; });
}

/// Probabilities are texts: numbers of a receipt are integers.
std::string to_text(double probability) {
  std::string text;
  Writer(text).number(probability);
  return text;
}

/// How it was verified in the end.
void write_verification(Writer& writer, const Task& task) {
  const mesh::Verification& held = task.verification();
  writer.begin_object();
  if (held.mode == VerificationMode::quorum) {
    writer.member("accepted_adaptively", accepted_adaptively(task))
        .member("adaptive", held.adaptive)
        .member("agree", held.agree)
        .member("max_replicas", held.max_replicas);
  }
  if (held.proof) {
    writer.key("bind").begin_array();
    for (const std::string& entry : held.proof->bind) writer.string(entry);
    writer.end_array().member("circuit_id", held.proof->circuit.to_string());
  }
  writer.member("mode", to_string(held.mode));
  if (held.mode == VerificationMode::recheck) {
    writer.member("probability", to_text(held.probability)).member("rechecked", task.rechecked);
  }
  if (held.proof) writer.member("proof_id", task.evidence()->id.to_string());
  writer.end_object();
}

/// As it was asked for; of `auto` the plan that was chosen, with the estimate of its risk.
void write_asked(Writer& writer, const Task& task) {
  if (!task.plan) return write_verification(writer, task);
  writer.begin_object()
      .member("estimated_wrong", to_text(task.plan->wrong))
      .member("max_wrong", to_text(task.spec->verification.max_wrong))
      .member("mode", to_string(task.spec->verification.mode))
      .key("plan");
  write_verification(writer, task);
  writer.end_object();
}

/// The environment as an object, whose names are not in order yet.
std::string environment(const TaskSpec& spec) {
  if (spec.env.empty()) return "{}";
  std::string object;
  Writer writer(object);
  writer.begin_object();
  for (const auto& [name, value] : spec.env) writer.member(name, value);
  writer.end_object();
  return log::canonical_json(object).value();
}

}  // namespace

std::string render_receipt(const Task& task, std::string_view engine, std::string_view salt) {
  const TaskSpec& spec = *task.spec;
  const mesh::TaskResult& result = *task.result();
  std::string out;
  out.reserve(1024);
  Writer writer(out);
  writer.begin_object().key("answers");
  write_answers(writer, task);
  // As text, because arguments may be numbers that canonical JSON has no form for.
  writer.member("args", spec.args.empty() ? "[]" : spec.args);
  writer.key("argv").begin_array();
  for (const std::string& argument : spec.argv) writer.string(argument);
  writer.end_array();
  writer.member("completed_at", to_rfc3339(task.updated_at))
      .member("created_at", to_rfc3339(task.created_at))
      .member("engine", engine);
  writer.key("env").raw(environment(spec));
  writer.member("exit_code", result.exit_code).key("function");
  if (spec.function.empty()) {
    writer.null();
  } else {
    writer.string(spec.function);
  }
  writer.member("gas_used", result.gas_used).key("input");
  write_content(writer, digest_of(spec.input), spec.input.size);
  writer.key("limits")
      .begin_object()
      .member("gas", spec.limits.gas)
      .member("memory_mb", spec.limits.memory_mb)
      .member("output_bytes", spec.limits.output_bytes)
      .end_object()
      .member("module_id", spec.module.to_string())
      .key("output");
  write_content(writer, result.output_sha256, result.output.size);
  writer.member("owner", spec.owner)
      .member("salt", to_hex(salt))
      .member("size", spec.requirements.min_nodes)
      .member("task_id", task.id.to_string())
      .member("task_type", to_string(spec.type))
      .key("verification");
  write_asked(writer, task);
  writer.member("version", kReceiptVersion).end_object();
  return out;
}

}  // namespace vcp::coordinator
