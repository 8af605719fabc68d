// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <algorithm>

#include "answers.hpp"
#include "fields.hpp"
#include "handlers.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/coordinator/handover.hpp"
#include "vcp/log/canonical_json.hpp"

namespace vcp::api {

using coordinator::Contents;
using coordinator::Coordinator;
using mesh::Outcome;
using mesh::TaskPtr;

namespace {

constexpr std::size_t kMaxDetail = 4'096;
constexpr std::size_t kMaxLog = 64 * 1024;
constexpr std::size_t kMaxProof = 16 * 1024;
constexpr std::size_t kMaxSignals = 512 * 1024;
constexpr std::uint64_t kMaxEpoch = std::uint64_t{1} << 62;
constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 62;

/// Texts of a node are cut rather than refused: its result counts all the same.
std::string cut(std::string text, std::size_t most, bool& was_cut) {
  if (text.size() <= most) return text;
  was_cut = true;
  text.resize(most);
  while (!text.empty() && !is_utf8(text)) text.pop_back();
  return text;
}

std::int32_t parse_exit_code(Fields& fields) {
  const auto value = fields.value("exit_code");
  if (!value || value->is(json::Kind::null)) return 0;
  const auto code = value->as_int64();
  if (!code || *code < INT32_MIN || *code > INT32_MAX) {
    fields.fail("exit_code", "must be a 32-bit integer");
    return 0;
  }
  return static_cast<std::int32_t>(*code);
}

/// A member that is believed only once it has been verified: any JSON, in its canonical form.
std::string parse_evidence(Fields& fields, std::string_view name, std::size_t most) {
  const auto value = fields.value(name);
  if (!value || value->is(json::Kind::null)) return {};
  if (value->source().size() > most) {
    fields.fail(name, "is longer than " + std::to_string(most) + " bytes");
    return {};
  }
  auto canonical = log::canonical_json(*value);
  if (!canonical) fields.fail(name, "may have no numbers but integers below 2^53");
  return std::move(canonical).value_or("");
}

void parse_body(Fields& fields, const ReportContext& known, SentReport& sent) {
  mesh::Report& report = sent.report;
  if (known.task) {
    report.task = *known.task;
  } else {
    const auto id = fields.require("task_id", fields.text("task_id", {0, 64}));
    if (const auto task = TaskId::parse(id)) {
      report.task = *task;
    } else if (fields.has("task_id")) {
      fields.fail("task_id", "is not a task id");
    }
  }
  auto node = fields.text("node_id", {1, 64});
  if (known.node) {
    if (node && *node != known.node->value) fields.fail("node_id", "is another node's");
    report.node = *known.node;
  } else {
    report.node.value = fields.require("node_id", std::move(node));
  }
  report.epoch = Epoch{fields.require("epoch", fields.integer("epoch", {0, kMaxEpoch}))};
  report.rank = static_cast<std::uint32_t>(fields.integer("rank", {0, 1'000}).value_or(0));
  report.outcome = fields.require("status", fields.choice("status", coordinator::parse_reported));

  bool detail_cut = false;
  report.detail =
      cut(fields.text("detail", {0, 64 * kMaxLog}).value_or(""), kMaxDetail, detail_cut);
  report.result.log_truncated = fields.boolean("log_truncated").value_or(false);
  report.result.log =
      cut(fields.text("log", {0, 64 * kMaxLog}).value_or(""), kMaxLog, report.result.log_truncated);
  const bool has_output = report.outcome == Outcome::ok || report.outcome == Outcome::exit_code;
  auto output = fields.base64("output");
  if (report.outcome == Outcome::ok && !output && !fields.has("output")) {
    fields.fail("output", "missing");
  }
  if (has_output && output) sent.output = std::move(*output);
  report.result.exit_code = parse_exit_code(fields);
  report.result.gas_used = fields.integer("gas_used", {0, kMaxCount}).value_or(0);
  report.result.execution_time_ms = fields.integer("execution_time_ms", {0, kMaxCount}).value_or(0);
  sent.proof = parse_evidence(fields, "proof", kMaxProof);
  sent.public_signals = parse_evidence(fields, "public_signals", kMaxSignals);
  const auto trace = fields.value("trace");
  if (trace && !trace->is(json::Kind::null)) {
    fields.fail("trace", "no verification that needs it exists here yet");
  }
  fields.finish();
}

/// Whether the lease that the report is for is live. What the report itself comes to is decided
/// later, by the core.
bool is_live(const mesh::Task& task, const mesh::Report& report) {
  const auto lease = std::ranges::find(task.leases, report.epoch, &mesh::Lease::epoch);
  return lease != task.leases.end() && lease->node == report.node;
}

/// What was sent to prove the result, as one document; none if the task asks for none, or nothing
/// was sent: that is for the verification to say.
Result<std::optional<mesh::Evidence>> evidence_of(const mesh::TaskSpec& spec,
                                                  const SentReport& sent) {
  const auto& demand = spec.verification.proof;
  if (!demand && !sent.proof.empty()) return fail_field("/proof", "the task asks for no proof");
  if (!demand || sent.proof.empty()) return std::nullopt;
  mesh::Evidence evidence;
  std::string& text = evidence.document.bytes;
  json::Writer writer(text);
  writer.begin_object()
      .member("circuit_id", demand->circuit.to_string())
      .key("proof")
      .raw(sent.proof);
  if (!sent.public_signals.empty()) writer.key("public_signals").raw(sent.public_signals);
  writer.end_object();
  evidence.id = sha256(text);
  evidence.document.size = text.size();
  return evidence;
}

/// Makes a file of bytes that are in memory.
Async<Result<Contents::Pin>> store(State& api, mesh::Payload& payload) {
  std::move_only_function<Result<Contents::Pin>()> put = [&api, &payload] {
    return api.coordinator().contents().put(payload.bytes);
  };
  auto pin = co_await api.coordinator().pool().run(std::move(put));
  if (pin) {
    payload.content = pin->digest();
    payload.bytes.clear();
  }
  co_return pin;
}

Async<Result<TaskPtr>> settle(State& api, PreparedReport prepared) {
  const mesh::Report* const report = &prepared.report;
  Coordinator::Command<TaskPtr> command = [report](Coordinator::Writer& writer) {
    return writer.report(*report);
  };
  co_return co_await api.coordinator().apply(std::move(command));
}

}  // namespace

Result<SentReport> parse_report(json::Value body, const ReportContext& known) {
  FieldErrors errors;
  Fields fields(body, "", errors);
  SentReport sent;
  if (body.is(json::Kind::object)) parse_body(fields, known, sent);
  if (const Result<> wrong = errors.result(); !wrong) return std::unexpected(wrong.error());
  sent.report.result.output_sha256 = sha256(sent.output);
  sent.report.result.output.size = sent.output.size();
  return sent;
}

Async<Result<PreparedReport>> prepare_report(State& api, SentReport sent) {
  PreparedReport prepared{.report = std::move(sent.report), .pins = {}};
  const auto task = api.coordinator().tasks().find(prepared.report.task);
  if (!task) co_return std::unexpected(task.error());
  if (!*task) co_return not_found("task");
  const std::uint64_t limit = (*task)->spec->limits.output_bytes;
  if (sent.output.size() > limit) {
    co_return fail_field("/output",
                         "is longer than the task's limit of " + std::to_string(limit) + " bytes");
  }
  const auto evidence = evidence_of(*(*task)->spec, sent);
  if (!evidence) co_return std::unexpected(evidence.error());
  mesh::TaskResult& result = prepared.report.result;
  result.output.bytes = std::move(sent.output);
  result.proof = *evidence;
  // A stale report must not fill the disk.
  if (!is_live(**task, prepared.report)) co_return prepared;
  for (mesh::Payload* const payload :
       {&result.output, result.proof ? &result.proof->document : nullptr}) {
    if (!payload || payload->size <= coordinator::kMaxRecordBytes) continue;
    auto pin = co_await store(api, *payload);
    if (!pin) co_return std::unexpected(pin.error());
    prepared.pins.push_back(std::move(*pin));
  }
  co_return prepared;
}

std::string render_report_answer(const mesh::Task& task) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("task_id", task.id.to_string())
      .member("status", to_string(task.status))
      .end_object();
  return body;
}

Async<Handled> post_result(State& api, http::Request& request) {
  const auto id = TaskId::parse(request.param("id"));
  if (!id) co_return not_found("task");
  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) co_return std::unexpected(body.error());
  ReportContext known;
  known.task = *id;
  auto sent = parse_report(*body, known);
  if (!sent) co_return std::unexpected(sent.error());
  if (const Result<> own = acts_for(request.principal, sent->report.node.value); !own) {
    co_return std::unexpected(own.error());
  }
  auto prepared = co_await prepare_report(api, std::move(*sent));
  if (!prepared) co_return std::unexpected(prepared.error());
  const auto task = co_await settle(api, std::move(*prepared));
  if (!task) co_return std::unexpected(task.error());
  co_return json_response(render_report_answer(**task));
}

}  // namespace vcp::api
