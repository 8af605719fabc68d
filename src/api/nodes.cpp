// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "answers.hpp"
#include "fields.hpp"
#include "handlers.hpp"
#include "render.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Coordinator;
using coordinator::Token;
using http::Principal;
using http::Request;
using http::Role;
using mesh::NodePtr;
using mesh::Registration;

namespace {

constexpr std::size_t kMaxLabels = 64;

void parse_labels(Fields& fields, Registration& node) {
  const auto labels = fields.value("labels");
  if (!labels) return;
  if (!labels->is(json::Kind::object) || labels->size() > kMaxLabels) {
    return fields.fail("labels", "must be an object of at most 64 strings");
  }
  for (const json::Item& item : *labels) {
    auto text = item.value.as_string();
    if (!text || text->size() > 256 || item.name.empty() || item.name.size() > 64) {
      fields.errors().add(json::pointer(fields.pointer("labels"), item.name),
                          "must be a string of at most 256 bytes, its name one of 1 to 64");
    } else {
      node.labels.emplace(item.name, std::move(*text));
    }
  }
}

void parse_capabilities(Fields& outer, Registration& node) {
  auto fields = outer.required_object("capabilities");
  if (!fields) return;
  mesh::Capabilities& has = node.capabilities;
  const Range<double> bandwidth{0, 100'000};
  has.bandwidth_mbps =
      fields->require("bandwidth_mbps", fields->number("bandwidth_mbps", bandwidth));
  has.cpu_cores = static_cast<std::uint32_t>(
      fields->require("cpu_cores", fields->integer("cpu_cores", {1, 1'024}), std::uint64_t{1}));
  has.memory_gb = fields->require("memory_gb", fields->number("memory_gb", {0.1, 10'000}));
  has.gpu_available = fields->require("gpu_available", fields->boolean("gpu_available"));
  fields->finish();
}

void parse_policy(Fields& outer, mesh::SafetyPolicy& policy) {
  auto fields = outer.object("safety_policy");
  if (!fields) return;
  policy.max_temperature_c =
      fields->number("max_temperature_c", {0, 1'000}).value_or(policy.max_temperature_c);
  policy.max_latency_ms =
      fields->number("max_latency_ms", {0, 1e9}).value_or(policy.max_latency_ms);
  policy.max_consecutive_errors =
      static_cast<std::uint32_t>(fields->integer("max_consecutive_errors", {1, 1'000'000})
                                     .value_or(policy.max_consecutive_errors));
  fields->finish();
}

Result<Registration> parse_registration(json::Value body) {
  FieldErrors errors;
  Fields fields(body, "", errors);
  Registration node;
  if (body.is(json::Kind::object)) {
    node.id.value = fields.require("node_id", fields.text("node_id", {1, 64}));
    if (!consists_of_name_characters(node.id.value, "_-")) {
      fields.fail("node_id", "may have letters, digits, _ and - only");
    }
    node.region = fields.require("region", fields.text("region", {1, 32}));
    node.type = fields.require("node_type", fields.choice("node_type", mesh::parse_node_type));
    parse_capabilities(fields, node);
    node.slots = static_cast<std::uint32_t>(
        fields.integer("slots", {1, 4'096}).value_or(node.capabilities.cpu_cores));
    parse_labels(fields, node);
    parse_policy(fields, node.safety_policy);
    fields.finish();
  }
  if (const Result<> wrong = errors.result(); !wrong) return std::unexpected(wrong.error());
  return node;
}

mesh::Telemetry parse_telemetry(Fields& outer) {
  constexpr Range<double> kPercent{0, 100};
  constexpr Range<double> kPositive{0, 1e12};
  mesh::Telemetry measured;
  auto fields = outer.required_object("telemetry");
  if (!fields) return measured;
  measured.bandwidth_mbps = fields->number("bandwidth_mbps", kPositive);
  measured.avg_latency_ms = fields->number("avg_latency_ms", kPositive);
  measured.cpu_usage_percent = fields->number("cpu_usage_percent", kPercent);
  measured.memory_usage_percent = fields->number("memory_usage_percent", kPercent);
  measured.temperature_c = fields->number("temperature_c", kPositive);
  measured.power_watts = fields->number("power_watts", kPositive);
  fields->finish();
  return measured;
}

struct Heartbeat {
  mesh::Telemetry telemetry;
  std::vector<mesh::LeaseName> leases;
  std::vector<std::pair<std::string, std::uint64_t>> unknown;  ///< leases of what is no task
};

void parse_lease_names(Fields& outer, FieldErrors& errors, Heartbeat& beat) {
  constexpr std::size_t kMaxLeases = 4'096;
  const auto list = outer.value("leases");
  if (!list) return;
  if (!list->is(json::Kind::array) || list->size() > kMaxLeases) {
    return outer.fail("leases", "must be an array of at most 4096 leases");
  }
  std::size_t index = 0;
  for (const json::Item& item : *list) {
    const std::string pointer = json::pointer(outer.pointer("leases"), index++);
    Fields fields(item.value, pointer, errors);
    if (!item.value.is(json::Kind::object)) continue;
    const auto text = fields.require("task_id", fields.text("task_id", {0, 64}));
    const auto epoch =
        fields.require("epoch", fields.integer("epoch", {0, std::uint64_t{1} << 62}));
    const auto progress = fields.number("progress", {0, 1});
    fields.finish();
    if (const auto id = TaskId::parse(text)) {
      beat.leases.push_back({*id, Epoch{epoch}, progress});
    } else {
      beat.unknown.emplace_back(text, epoch);
    }
  }
}

Result<Heartbeat> parse_heartbeat(json::Value body) {
  FieldErrors errors;
  Fields fields(body, "", errors);
  Heartbeat beat;
  if (body.is(json::Kind::object)) {
    beat.telemetry = parse_telemetry(fields);
    parse_lease_names(fields, errors, beat);
    fields.finish();
  }
  if (const Result<> wrong = errors.result(); !wrong) return std::unexpected(wrong.error());
  return beat;
}

/// A fresh token for a node, in place of the one it had.
std::string renew_token(Coordinator::Writer& writer, const NodeId& node, const std::string& owner) {
  if (const auto old = writer.coordinator.tokens().find_for_node(node)) {
    writer.erase_token(old->id);
  }
  std::string secret = make_secret(writer.coordinator.random());
  writer.put_token({.id = writer.next_token_id(),
                    .secret = sha256(secret),
                    .role = std::string(to_string(Role::node)),
                    .owner = owner,
                    .name = node.value,
                    .node = node.value,
                    .created_at = writer.now,
                    .expires_at = {}});
  return secret;
}

/// Puts a node's token into the answer that has the node.
void add_token(Answer& answer, const std::string& secret) {
  answer.body.pop_back();
  answer.body += ",\"node_token\":" + json::quote(secret) + "}";
}

/// A registration that was answered before gets a token that serves, or its node, having missed
/// the first answer, would be locked out.
Async<Result<>> renew_replayed(State& api, Answer& answer) {
  const NodeId id{answer.subject};
  Coordinator::Command<std::string> renew =
      [id](Coordinator::Writer& writer) -> Result<std::string> {
    const NodePtr node = writer.core.find_node(id);
    if (!node) return fail(Code::conflict, "the node was removed since");
    return renew_token(writer, id, node->registration.owner);
  };
  const auto secret = co_await api.coordinator().apply(std::move(renew));
  if (!secret) co_return std::unexpected(secret.error());
  add_token(answer, *secret);
  co_return Result<>{};
}

NodePtr find_node(State& api, const Request& request) {
  return api.coordinator().nodes().find(NodeId{std::string(request.param("id"))});
}

Async<Handled> set_draining(State& api, const Request& request, bool draining) {
  const NodeId id{std::string(request.param("id"))};
  Coordinator::Command<NodePtr> command = [id, draining](Coordinator::Writer& writer) {
    return writer.core.set_draining(writer.now, id, draining);
  };
  const auto node = co_await api.coordinator().apply(std::move(command));
  if (!node) co_return std::unexpected(node.error());
  co_return json_response(render_node(**node));
}

}  // namespace

Result<> acts_for(const Principal& who, std::string_view node) {
  if (who.role == Role::node && who.subject != node) {
    return fail(Code::forbidden, "this token is for the node " + who.subject + " only");
  }
  return {};
}

Async<Handled> post_node(State& api, Request& request) {
  const auto once = once_of(request);
  if (!once) co_return std::unexpected(once.error());
  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto registration = parse_registration(*body);
  if (!registration) co_return std::unexpected(registration.error());
  const Principal& who = request.principal;
  if (const Result<> own = acts_for(who, registration->id.value); !own) {
    co_return std::unexpected(own.error());
  }
  if (registration->id.value == api.services.own_node) {
    co_return fail(Code::conflict, "the node " + api.services.own_node + " is the server itself");
  }
  registration->owner = who.owner;

  std::string secret;
  Coordinator::Command<Coordinator::Render> command =
      [again = who.role == Role::node, &secret, registration = std::move(*registration)](
          Coordinator::Writer& writer) mutable -> Result<Coordinator::Render> {
    const NodeId id = registration.id;
    auto node = writer.core.register_node(writer.now, std::move(registration), again);
    if (!node) return std::unexpected(node.error());
    if (!again) secret = renew_token(writer, id, (*node)->registration.owner);
    return [node = *node, again] {
      return Answer{
          .status = again ? 200U : 201U, .body = render_node(*node), .subject = node->id().value};
    };
  };
  auto created = co_await api.coordinator().create(*once, std::move(command));
  if (!created) co_return std::unexpected(created.error());
  if (!secret.empty()) add_token(created->answer, secret);
  if (created->replayed && created->answer.status == 201) {
    const Result<> renewed = co_await renew_replayed(api, created->answer);
    if (!renewed) co_return std::unexpected(renewed.error());
  }
  http::Response response = created_response(*created, "/api/v1/nodes/");
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

Async<Handled> list_nodes(State& api, Request& request) {
  const auto query = Query::parse(request, {kLimitName, kCursorName, "status", "region", "type"});
  if (!query) co_return std::unexpected(query.error());
  const auto limit = limit_of(*query);
  if (!limit) co_return std::unexpected(limit.error());
  const auto cursor = cursor_of(*query);
  if (!cursor) co_return std::unexpected(cursor.error());
  const auto status = query->choice("status", mesh::parse_node_status);
  if (!status) co_return std::unexpected(status.error());
  const auto type = query->choice("type", mesh::parse_node_type);
  if (!type) co_return std::unexpected(type.error());
  const auto region = query->find("region");

  std::vector<NodePtr> nodes = api.coordinator().nodes().all();
  std::uint64_t commit = 0;
  std::erase_if(nodes, [&](const NodePtr& node) {
    return (*cursor && node->id().value <= **cursor) || (*status && node->status() != **status) ||
           (*type && node->registration.type != **type) ||
           (region && node->registration.region != *region);
  });
  const bool more = nodes.size() > *limit;
  const std::size_t shown = std::min(nodes.size(), *limit);
  const auto middle = nodes.begin() + static_cast<std::ptrdiff_t>(shown);
  const auto by_id = [](const NodePtr& a, const NodePtr& b) { return a->id() < b->id(); };
  std::ranges::partial_sort(nodes, middle, by_id);
  nodes.resize(shown);
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  for (const NodePtr& node : nodes) {
    commit = std::max(commit, node->commit);
    writer.raw(render_node(*node));
  }
  writer.end_array();
  const Result<> durable = co_await api.coordinator().durable(commit);
  if (!durable) co_return std::unexpected(durable.error());
  std::optional<std::string> next;
  if (more) next = nodes.back()->id().value;
  co_return list_response(request, std::move(items), next);
}

Async<Handled> get_node(State& api, Request& request) {
  const NodePtr node = find_node(api, request);
  if (!node) co_return not_found("node");
  const Result<> durable = co_await api.coordinator().durable(node->commit);
  if (!durable) co_return std::unexpected(durable.error());
  co_return json_response(render_node(*node));
}

Async<Handled> delete_node(State& api, Request& request) {
  const NodeId id{std::string(request.param("id"))};
  Coordinator::Command<bool> command = [id](Coordinator::Writer& writer) -> Result<bool> {
    if (const auto removed = writer.core.remove_node(writer.now, id); !removed) {
      return std::unexpected(removed.error());
    }
    if (const auto token = writer.coordinator.tokens().find_for_node(id)) {
      writer.erase_token(token->id);
    }
    return true;
  };
  const auto removed = co_await api.coordinator().apply(std::move(command));
  if (!removed) co_return std::unexpected(removed.error());
  co_return no_content();
}

Async<Handled> drain_node(State& api, Request& request) { return set_draining(api, request, true); }

Async<Handled> undrain_node(State& api, Request& request) {
  return set_draining(api, request, false);
}

Async<Handled> put_heartbeat(State& api, Request& request) {
  const NodeId id{std::string(request.param("id"))};
  if (const Result<> own = acts_for(request.principal, id.value); !own) {
    co_return std::unexpected(own.error());
  }
  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) co_return std::unexpected(body.error());
  const auto beat = parse_heartbeat(*body);
  if (!beat) co_return std::unexpected(beat.error());

  const Heartbeat* const given = &*beat;
  Coordinator::Command<mesh::HeartbeatReply> command = [id, given](Coordinator::Writer& writer) {
    return writer.core.heartbeat(writer.now, id, given->telemetry, given->leases);
  };
  const auto reply = co_await api.coordinator().apply(std::move(command));
  if (!reply) co_return std::unexpected(reply.error());
  std::string answer;
  json::Writer writer(answer);
  writer.begin_object()
      .member("health_score", reply->node->health_score())
      .member("node_status", to_string(reply->node->status()))
      .member("safe_mode", reply->node->safe_mode)
      .key("cancelled")
      .begin_array();
  const auto cancelled = [&writer](std::string_view task, std::uint64_t epoch) {
    writer.begin_object().member("task_id", task).member("epoch", epoch).end_object();
  };
  for (const mesh::LeaseName& lease : reply->cancelled) {
    cancelled(lease.task.to_string(), std::to_underlying(lease.epoch));
  }
  for (const auto& [task, epoch] : beat->unknown) cancelled(task, epoch);
  writer.end_array().end_object();
  co_return json_response(std::move(answer));
}

}  // namespace vcp::api
