// SPDX-License-Identifier: Apache-2.0
#include "render.hpp"

#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"

namespace vcp::api {

using json::Writer;
using mesh::Task;

namespace {

void render_telemetry(Writer& writer, const mesh::Telemetry& measured) {
  writer.begin_object()
      .member("bandwidth_mbps", measured.bandwidth_mbps)
      .member("avg_latency_ms", measured.avg_latency_ms)
      .member("cpu_usage_percent", measured.cpu_usage_percent)
      .member("memory_usage_percent", measured.memory_usage_percent)
      .member("temperature_c", measured.temperature_c)
      .member("power_watts", measured.power_watts)
      .end_object();
}

/// The members that every result has.
void render_run(Writer& writer, const mesh::TaskResult& result, const std::string* output) {
  if (output) {
    writer.key("output").base64(*output);
    if (is_utf8(*output)) writer.member("output_text", *output);
  }
  writer.member("output_sha256", result.output_sha256.to_string());
  if (output) writer.member("log", result.log);
  writer.member("log_truncated", result.log_truncated)
      .member("exit_code", result.exit_code)
      .member("gas_used", result.gas_used)
      .member("execution_time_ms", result.execution_time_ms);
}

void render_parts(Writer& writer, const Task& task, const Outputs* outputs) {
  writer.key("parts").begin_array();
  for (std::uint32_t rank = 0; rank < task.spec->requirements.min_nodes; ++rank) {
    const mesh::Answer* answer = task.accepted(rank);
    if (!answer) continue;
    writer.begin_object().member("rank", rank).member("node_id", answer->lease.node.value);
    render_run(writer, *answer->result, outputs ? &outputs->parts.at(rank) : nullptr);
    writer.end_object();
  }
  writer.end_array();
}

void render_result(Writer& writer, const Task& task, const Outputs* outputs) {
  writer.begin_object();
  render_run(writer, *task.result(), outputs ? &outputs->whole : nullptr);
  if (task.assembled) render_parts(writer, task, outputs);
  writer.end_object();
}

/// The members of what a proof is demanded for.
void render_demand(Writer& writer, const mesh::ProofDemand& demand) {
  writer.member("circuit_id", demand.circuit.to_string()).key("bind").begin_array();
  for (const std::string& entry : demand.bind) writer.string(entry);
  writer.end_array();
}

void render_verification(Writer& writer, const mesh::Verification& asked,
                         const std::optional<mesh::Plan>& plan) {
  writer.begin_object().member("mode", to_string(asked.mode));
  if (asked.mode == mesh::VerificationMode::quorum) {
    writer.member("agree", asked.agree)
        .member("max_replicas", asked.max_replicas)
        .member("adaptive", asked.adaptive);
  } else if (asked.mode == mesh::VerificationMode::recheck) {
    writer.member("probability", asked.probability);
  } else if (asked.mode == mesh::VerificationMode::automatic) {
    writer.member("max_wrong", asked.max_wrong).key("plan");
    if (plan) {
      render_verification(writer, plan->verification, std::nullopt);
    } else {
      writer.null();
    }
    if (plan) writer.member("estimated_wrong", plan->wrong);
  } else if (asked.proof) {
    render_demand(writer, *asked.proof);
  }
  writer.end_object();
}

/// What each node answered, and how that was judged.
void render_answers(Writer& writer, const Task& task) {
  writer.begin_array();
  for (const mesh::Answer& answer : task.answers) {
    writer.begin_object()
        .member("node_id", answer.lease.node.value)
        .member("epoch", std::to_underlying(answer.lease.epoch))
        .member("rank", answer.lease.rank)
        .member("status", to_string(answer.outcome))
        .member("output_sha256", answer.result->output_sha256.to_string())
        .member("exit_code", answer.result->exit_code)
        .member("gas_used", answer.result->gas_used)
        .member("judgement", to_string(answer.judgement))
        .end_object();
  }
  writer.end_array();
}

void render_failure(Writer& writer, const Task& task) {
  writer.begin_object()
      .member("reason", to_string(*task.reason))
      .member("detail", task.detail)
      .key("attempts")
      .begin_array();
  for (const mesh::Attempt& attempt : task.failures) {
    writer.begin_object()
        .member("node_id", attempt.node.value)
        .member("epoch", std::to_underlying(attempt.epoch))
        .member("reason", to_string(attempt.outcome))
        .member("detail", attempt.detail)
        .end_object();
  }
  writer.end_array().end_object();
}

void render_assigned(Writer& writer, const Task& task) {
  writer.begin_array();
  for (const mesh::Lease& lease : task.leases) writer.string(lease.node.value);
  for (const mesh::Answer& answer : task.answers) {
    if (answer.judgement != mesh::Judgement::disputed) writer.string(answer.lease.node.value);
  }
  writer.end_array();
}

}  // namespace

std::string render_node(const mesh::Node& node) {
  const mesh::Registration& registered = node.registration;
  std::string body;
  Writer writer(body);
  writer.begin_object()
      .member("node_id", registered.id.value)
      .member("owner", registered.owner)
      .member("region", registered.region)
      .member("node_type", to_string(registered.type))
      .key("capabilities")
      .begin_object()
      .member("bandwidth_mbps", registered.capabilities.bandwidth_mbps)
      .member("cpu_cores", registered.capabilities.cpu_cores)
      .member("memory_gb", registered.capabilities.memory_gb)
      .member("gpu_available", registered.capabilities.gpu_available)
      .end_object()
      .member("slots", registered.slots)
      .key("labels")
      .begin_object();
  for (const auto& [name, value] : registered.labels) writer.member(name, value);
  writer.end_object()
      .key("safety_policy")
      .begin_object()
      .member("max_temperature_c", registered.safety_policy.max_temperature_c)
      .member("max_latency_ms", registered.safety_policy.max_latency_ms)
      .member("max_consecutive_errors", registered.safety_policy.max_consecutive_errors)
      .end_object()
      .member("health_score", node.health_score())
      .member("status", to_string(node.status()))
      .member("slots_free", node.slots_free())
      .member("reputation", node.reputation())
      .member("registered_at", to_rfc3339(node.registered_at))
      .member("last_seen", to_rfc3339(node.last_seen))
      .key("telemetry");
  if (node.telemetry) {
    render_telemetry(writer, *node.telemetry);
  } else {
    writer.null();
  }
  writer.member("completed", node.completed)
      .member("failed", node.failed)
      .member("disputed", node.disputed)
      .member("confirmed_in_a_row", node.valid_in_a_row);
  writer.end_object();
  return body;
}

std::string render_task(const Task& task, const Outputs* outputs) {
  std::string body;
  Writer writer(body);
  writer.begin_object()
      .member("task_id", task.id.to_string())
      .member("task_type", to_string(task.spec->type))
      .member("status", to_string(task.status))
      .member("owner", task.spec->owner)
      .member("module_id", task.spec->module.to_string())
      .key("assigned_nodes");
  render_assigned(writer, task);
  writer.member("created_at", to_rfc3339(task.created_at))
      .member("updated_at", to_rfc3339(task.updated_at))
      .member("attempts", task.started)
      .member("priority", task.spec->priority)
      .member("progress", task.progress)
      .key("result");
  if (task.result()) {
    render_result(writer, task, outputs);
  } else {
    writer.null();
  }
  const mesh::Evidence* const proof = task.evidence();
  writer.member("proof_id", proof ? std::optional(proof->id.to_string()) : std::nullopt)
      .key("verification");
  render_verification(writer, task.spec->verification, task.plan);
  writer.key("answers");
  render_answers(writer, task);
  writer.key("receipt_id");
  if (task.receipt) {
    writer.string(task.receipt->to_string());
  } else {
    writer.null();
  }
  writer.key("failure");
  if (task.reason) {
    render_failure(writer, task);
  } else {
    writer.null();
  }
  writer.end_object();
  return body;
}

std::string render_lease(const mesh::Offer& offer, std::string_view input, bool as_blob) {
  const mesh::TaskSpec& spec = *offer.task->spec;
  std::string body;
  Writer writer(body);
  writer.begin_object()
      .member("task_id", offer.task->id.to_string())
      .member("epoch", std::to_underlying(offer.lease.epoch))
      .member("deadline", to_rfc3339(offer.deadline))
      .member("task_type", to_string(spec.type))
      .member("module_id", spec.module.to_string())
      .key("function");
  if (spec.function.empty()) {
    writer.null();
  } else {
    writer.string(spec.function);
  }
  writer.key("args").raw(spec.args.empty() ? "[]" : spec.args).key("argv").begin_array();
  for (const std::string& argument : spec.argv) writer.string(argument);
  writer.end_array().key("env").begin_object();
  for (const auto& [name, value] : spec.env) writer.member(name, value);
  writer.end_object();
  if (as_blob) {
    writer.member("input_blob", spec.input.content->to_string());
  } else {
    writer.key("input").base64(input);
  }
  writer.key("limits")
      .begin_object()
      .member("gas", spec.limits.gas)
      .member("memory_mb", spec.limits.memory_mb)
      .member("output_bytes", spec.limits.output_bytes)
      .end_object()
      .member("max_execution_time_sec", spec.requirements.max_execution_time_sec)
      .member("rank", offer.lease.rank)
      .member("size", spec.requirements.min_nodes)
      .key("proof");
  if (spec.verification.proof) {
    writer.begin_object();
    render_demand(writer, *spec.verification.proof);
    writer.end_object();
  } else {
    writer.null();
  }
  writer.member("fl", nullptr).end_object();
  return body;
}

bool has_output(const Task& task) {
  return task.result() &&
         (task.status == mesh::TaskStatus::completed || task.reason == mesh::Outcome::exit_code);
}

}  // namespace vcp::api
