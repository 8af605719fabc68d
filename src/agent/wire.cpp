// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <algorithm>
#include <optional>

#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"

namespace vcp::agent::wire {

namespace {

using json::Kind;
using json::Value;

/// Requests nest to 32; an answer holds parts of them a little deeper.
constexpr int kMaxDepth = 64;

/// Reads members of an object and remembers the first one that is not as it should be.
class Members {
 private:
  template <class Read>
  auto required(std::string_view name, Read read) {
    auto member = object_.find(name);
    auto value = member ? read(*member) : decltype(read(*member))();
    if (!value) wrong(name);
    return value.value_or(typename decltype(value)::value_type());
  }

 public:
  explicit Members(const Value& object) : object_(object) {}

  std::string string(std::string_view name) {
    return required(name, [](const Value& value) { return value.as_string(); });
  }
  std::uint64_t number(std::string_view name) {
    return required(name, [](const Value& value) { return value.as_uint64(); });
  }
  std::uint32_t small_number(std::string_view name) {
    return required(name, [](const Value& value) -> std::optional<std::uint32_t> {
      auto number = value.as_uint64();
      if (!number || *number > UINT32_MAX) return std::nullopt;
      return static_cast<std::uint32_t>(*number);
    });
  }
  Time time(std::string_view name) {
    return required(name, [](const Value& value) -> std::optional<Time> {
      auto text = value.as_string();
      return text ? parse_rfc3339(*text) : std::nullopt;
    });
  }
  Digest digest(std::string_view name) {
    return required(name, [](const Value& value) -> std::optional<Digest> {
      auto text = value.as_string();
      return text ? Digest::parse(*text) : std::nullopt;
    });
  }

  /// The member unless it is absent or null.
  std::optional<Value> optional(std::string_view name) {
    auto value = object_.find(name);
    if (value && value->is(Kind::null)) value.reset();
    return value;
  }

  void wrong(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }

  Result<> check() const {
    if (wrong_.empty()) return {};
    return fail(Code::malformed, "the coordinator's answer lacks a good '" + wrong_ + "'");
  }

 private:
  const Value& object_;
  std::string wrong_;
};

Limits read_limits(const Value& object, Members& lease) {
  Members members(object);
  Limits limits{.gas = members.number("gas"),
                .memory_mb = members.small_number("memory_mb"),
                .output_bytes = members.number("output_bytes")};
  if (!members.check()) lease.wrong("limits");
  return limits;
}

void read_call(Members& members, Lease& lease) {
  if (auto function = members.optional("function")) {
    lease.function = function->as_string().value_or("");
  }
  if (auto args = members.optional("args")) lease.args = args->source();
  if (auto argv = members.optional("argv")) {
    for (const auto& [name, value] : *argv) {
      lease.argv.push_back(value.as_string().value_or(""));
    }
  }
  if (auto env = members.optional("env")) {
    for (const auto& [name, value] : *env) {
      lease.env.emplace_back(name, value.as_string().value_or(""));
    }
  }
}

void read_input(Members& members, Lease& lease) {
  if (members.optional("input_blob")) {
    lease.input_blob = members.digest("input_blob");
  } else if (auto input = members.optional("input")) {
    auto text = input->as_plain_string();
    auto bytes = text ? from_base64(*text) : std::nullopt;
    if (!bytes) members.wrong("input");
    lease.input = std::move(bytes).value_or("");
  }
}

Result<Lease> read_lease(const Value& object) {
  Members members(object);
  Lease lease{
      .task_id = members.string("task_id"),
      .epoch = Epoch{members.number("epoch")},
      .deadline = members.time("deadline"),
      .module_id = members.digest("module_id"),
      .max_execution_time = std::chrono::seconds(members.small_number("max_execution_time_sec")),
      .rank = members.small_number("rank"),
      .size = members.small_number("size"),
      .wants_proof = members.optional("proof").has_value()};
  read_call(members, lease);
  read_input(members, lease);
  auto limits = members.optional("limits");
  limits ? void(lease.limits = read_limits(*limits, members)) : members.wrong("limits");
  if (auto good = members.check(); !good) return std::unexpected(std::move(good.error()));
  return lease;
}

void write_result(json::Writer& writer, std::string_view node_id, const Report& report) {
  writer.member("node_id", node_id)
      .member("epoch", std::to_underlying(report.epoch))
      .member("rank", report.rank)
      .member("status", to_string(report.status));
  if (!report.detail.empty()) writer.member("detail", report.detail);
  writer.key("output").base64(report.output);
  writer.member("log", report.log);
  if (report.log_truncated) writer.member("log_truncated", true);
  writer.member("exit_code", report.exit_code)
      .member("gas_used", report.gas_used)
      .member("execution_time_ms", report.execution_time.count());
}

Code code_of_problem(const Value& problem) {
  auto status = problem.find("status");
  switch (status ? status->as_uint64().value_or(0) : 0) {
    case 404:
    case 409:
      return Code::conflict;
    case 429:
    case 503:
    case 507:
      return Code::unavailable;
    default:
      return Code::invalid;
  }
}

Result<Settlement> parse_settlement(json::Document& document, std::string_view line) {
  auto outcome = document.parse(line, kMaxDepth);
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  auto problem = outcome->find("problem");
  if (!problem || problem->is(Kind::null)) return Settlement::accepted;
  Code code = code_of_problem(*problem);
  if (code == Code::unavailable) return Settlement::deferred;
  return code == Code::conflict ? Settlement::stale : Settlement::refused;
}

}  // namespace

std::string registration_body(const Registration& registration) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("node_id", registration.node_id)
      .member("region", registration.region)
      .member("node_type", registration.node_type)
      .key("capabilities")
      .begin_object()
      .member("bandwidth_mbps", registration.bandwidth_mbps)
      .member("cpu_cores", registration.cpu_cores)
      .member("memory_gb", registration.memory_gb)
      .member("gpu_available", registration.gpu_available)
      .end_object()
      .member("slots", registration.slots)
      .key("labels")
      .begin_object();
  for (const auto& [name, value] : registration.labels) writer.member(name, value);
  writer.end_object().key("safety_policy").begin_object();
  if (auto value = registration.max_temperature_c) writer.member("max_temperature_c", *value);
  if (auto value = registration.max_latency_ms) writer.member("max_latency_ms", *value);
  if (auto value = registration.max_consecutive_errors) {
    writer.member("max_consecutive_errors", *value);
  }
  writer.end_object().end_object();
  return body;
}

Result<std::string> parse_node_token(std::string_view body) {
  json::Document document;
  auto node = document.parse(body, kMaxDepth);
  if (!node) return std::unexpected(std::move(node.error()));
  auto token = node->find("node_token");
  if (!token || token->is(Kind::null)) return std::string();
  auto text = token->as_string();
  if (!text || text->empty()) return fail(Code::malformed, "the coordinator gave no good token");
  return *text;
}

std::string heartbeat_body(const Heartbeat& beat) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("telemetry").begin_object();
  auto measured = [&writer](std::string_view name, const std::optional<double>& value) {
    if (value) writer.member(name, *value);
  };
  measured("bandwidth_mbps", beat.telemetry.bandwidth_mbps);
  measured("avg_latency_ms", beat.telemetry.avg_latency_ms);
  measured("cpu_usage_percent", beat.telemetry.cpu_usage_percent);
  measured("memory_usage_percent", beat.telemetry.memory_usage_percent);
  measured("temperature_c", beat.telemetry.temperature_c);
  measured("power_watts", beat.telemetry.power_watts);
  writer.end_object().key("leases").begin_array();
  for (const Renewal& renewal : beat.leases) {
    writer.begin_object()
        .member("task_id", renewal.task_id)
        .member("epoch", std::to_underlying(renewal.epoch));
    if (renewal.progress) writer.member("progress", *renewal.progress);
    writer.end_object();
  }
  writer.end_array().end_object();
  return body;
}

Result<HeartbeatReply> parse_heartbeat_reply(std::string_view body) {
  json::Document document;
  auto object = document.parse(body, kMaxDepth);
  if (!object) return std::unexpected(std::move(object.error()));
  HeartbeatReply reply;
  if (auto score = object->find("health_score")) {
    reply.health_score = score->as_double().value_or(0);
  }
  if (auto status = object->find("node_status")) {
    reply.node_status = status->as_string().value_or("");
  }
  if (auto safe_mode = object->find("safe_mode")) {
    reply.safe_mode = safe_mode->as_bool().value_or(false);
  }
  auto cancelled = object->find("cancelled");
  if (!cancelled) return reply;
  for (const auto& [name, lease] : *cancelled) {
    Members members(lease);
    reply.cancelled.emplace_back(members.string("task_id"), Epoch{members.number("epoch")});
    if (auto good = members.check(); !good) return std::unexpected(std::move(good.error()));
  }
  return reply;
}

Result<std::vector<Lease>> parse_leases(std::string_view body) {
  json::Document document;
  auto object = document.parse(body, kMaxDepth);
  if (!object) return std::unexpected(std::move(object.error()));
  auto items = object->find("leases");
  if (!items || !items->is(Kind::array)) {
    return fail(Code::malformed, "the coordinator's answer has no 'leases'");
  }
  std::vector<Lease> leases;
  leases.reserve(items->size());
  for (const auto& [name, item] : *items) {
    auto lease = read_lease(item);
    if (!lease) return std::unexpected(std::move(lease.error()));
    leases.push_back(std::move(*lease));
  }
  return leases;
}

std::string result_body(std::string_view node_id, const Report& report) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_result(writer, node_id, report);
  writer.end_object();
  return body;
}

std::string results_body(std::string_view node_id, std::span<const Report> reports) {
  std::string body;
  for (const Report& report : reports) {
    json::Writer writer(body);
    writer.begin_object().member("task_id", report.task_id);
    write_result(writer, node_id, report);
    writer.end_object();
    body += '\n';
  }
  return body;
}

Result<std::vector<Settlement>> parse_settlements(std::string_view body) {
  std::vector<Settlement> settlements;
  json::Document document;
  while (!body.empty()) {
    std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.empty()) continue;
    auto settlement = parse_settlement(document, line);
    if (!settlement) return std::unexpected(std::move(settlement.error()));
    settlements.push_back(*settlement);
  }
  return settlements;
}

Result<Settlement> to_settlement(const Error& error) {
  switch (error.code) {
    case Code::conflict:
    case Code::not_found:
      return Settlement::stale;
    case Code::invalid:
    case Code::malformed:
    case Code::too_large:
    case Code::forbidden:
      return Settlement::refused;
    default:
      return std::unexpected(error);
  }
}

}  // namespace vcp::agent::wire
