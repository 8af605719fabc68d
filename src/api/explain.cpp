// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "answers.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::Coordinator;
using mesh::Node;
using mesh::NodePtr;
using mesh::Task;

namespace {

struct Suitable {
  std::uint64_t nodes = 0;      ///< could run it
  std::uint64_t with_room = 0;  ///< could take it now
};

Suitable suitable(const std::vector<NodePtr>& nodes, const mesh::TaskSpec& spec) {
  Suitable counted;
  for (const NodePtr& node : nodes) {
    if (!takes_work(*node) || !has_memory(*node, spec) || !meets(*node, spec.requirements))
      continue;
    ++counted.nodes;
    if (has_room(*node, spec)) ++counted.with_room;
  }
  return counted;
}

/// Each constraint by itself, and how many nodes it removes.
void render_constraints(json::Writer& writer, const std::vector<NodePtr>& nodes,
                        const mesh::TaskSpec& spec) {
  writer.key("constraints").begin_array();
  const auto row = [&](std::string_view name, auto passes) {
    const auto removed =
        std::ranges::count_if(nodes, [&](const NodePtr& node) { return !passes(*node); });
    writer.begin_object()
        .member("constraint", name)
        .member("nodes_removed", static_cast<std::uint64_t>(removed))
        .end_object();
  };
  row("status", mesh::takes_work);
  row("free_slots", [&](const Node& node) { return has_room(node, spec); });
  row("memory_mb", [&](const Node& node) { return has_memory(node, spec); });
  for (const mesh::ConstraintCheck& constraint : mesh::constraints()) {
    row(constraint.name,
        [&](const Node& node) { return constraint.passes(node, spec.requirements); });
  }
  writer.end_array();
}

}  // namespace

Async<Handled> explain_task(State& api, http::Request& request) {
  const auto found = find_task(api, request);
  if (!found) co_return std::unexpected(found.error());
  const Task& task = **found;
  const std::vector<NodePtr> nodes = api.coordinator().nodes().all();

  const Suitable counted = suitable(nodes, *task.spec);
  Coordinator::Command<mesh::Standing> ask = [id = task.id, counted](Coordinator::Writer& writer) {
    return writer.core.standing(writer.now, id, counted.nodes, counted.with_room);
  };
  const auto standing = co_await api.coordinator().apply(std::move(ask));
  if (!standing) co_return std::unexpected(standing.error());

  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("status", to_string(task.status))
      .member("waiting_for", to_string(standing->waiting_for))
      .member("nodes_total", nodes.size())
      .member("nodes_eligible", counted.nodes);
  render_constraints(writer, nodes, *task.spec);
  writer.member("position", standing->position);
  if (standing->until) writer.member("not_before", to_rfc3339(*standing->until));
  if (standing->waiting_for == mesh::WaitReason::reservation) {
    writer.member("nodes_reserved", standing->nodes_reserved);
  }
  writer.end_object();
  const Result<> durable = co_await api.coordinator().durable(task.commit);
  if (!durable) co_return std::unexpected(durable.error());
  co_return json_response(std::move(body));
}

}  // namespace vcp::api
