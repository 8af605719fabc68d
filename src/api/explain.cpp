// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "answers.hpp"
#include "handlers.hpp"

namespace vcp::api {

using mesh::Node;
using mesh::NodePtr;
using mesh::NodeStatus;
using mesh::Task;
using mesh::TaskPtr;
using mesh::TaskStatus;

namespace {

bool has_memory(const Node& node, const mesh::TaskSpec& spec) {
  return node.registration.capabilities.memory_gb * 1024 >= spec.limits.memory_mb;
}

bool takes_work(const Node& node) {
  return node.status() == NodeStatus::online || (node.safe_mode && node.trial);
}

bool has_room(const Node& node, const mesh::TaskSpec& spec) {
  const auto needed = static_cast<double>(node.reserved_mb + spec.limits.memory_mb);
  return node.slots_free() > 0 && needed <= node.registration.capabilities.memory_gb * 1024;
}

/// In a word, what the task waits for.
std::string_view waiting_for(const Task& task, Time now, std::size_t eligible, bool room) {
  if (is_final(task.status)) return "nothing";
  if (task.status != TaskStatus::pending) return "result";
  if (task.not_before > now) return "back_off";
  if (eligible == 0) return "eligible_nodes";
  return room ? "turn" : "free_slots";
}

/// Tasks that are before it in line.
Result<std::uint64_t> position(State& api, const Task& task) {
  coordinator::TaskFilter pending;
  pending.status = TaskStatus::pending;
  const auto page = api.coordinator().tasks().list(pending, std::nullopt, 1'000);
  if (!page) return std::unexpected(page.error());
  return static_cast<std::uint64_t>(std::ranges::count_if(page->tasks, [&](const TaskPtr& other) {
    const auto theirs = other->spec->priority;
    const auto ours = task.spec->priority;
    return theirs > ours || (theirs == ours && other->id < task.id);
  }));
}

}  // namespace

Async<Handled> explain_task(State& api, http::Request& request) {
  const auto id = TaskId::parse(request.param("id"));
  if (!id) co_return not_found("task");
  const auto found = api.coordinator().tasks().find(*id);
  if (!found) co_return std::unexpected(found.error());
  if (!*found || !sees(request.principal, (*found)->spec->owner)) co_return not_found("task");
  const Task& task = **found;
  const std::vector<NodePtr> nodes = api.coordinator().nodes().all();

  std::string body;
  json::Writer writer(body);
  std::string rows;
  json::Writer row_writer(rows);
  row_writer.begin_array();
  const auto row = [&](std::string_view name, auto passes) {
    const auto removed =
        std::ranges::count_if(nodes, [&](const NodePtr& node) { return !passes(*node); });
    row_writer.begin_object()
        .member("constraint", name)
        .member("nodes_removed", static_cast<std::uint64_t>(removed))
        .end_object();
  };
  row("status", takes_work);
  row("free_slots", [&](const Node& node) { return has_room(node, *task.spec); });
  row("memory_mb", [&](const Node& node) { return has_memory(node, *task.spec); });
  for (const mesh::ConstraintCheck& constraint : mesh::constraints()) {
    row(constraint.name,
        [&](const Node& node) { return constraint.passes(node, task.spec->requirements); });
  }
  row_writer.end_array();

  const auto eligible = [&](const NodePtr& node) {
    return takes_work(*node) && has_memory(*node, *task.spec) &&
           meets(*node, task.spec->requirements);
  };
  const auto eligible_count = std::ranges::count_if(nodes, eligible);
  const bool room = std::ranges::any_of(
      nodes, [&](const NodePtr& node) { return eligible(node) && has_room(*node, *task.spec); });
  writer.begin_object()
      .member("status", to_string(task.status))
      .member("waiting_for",
              waiting_for(task, api.now(), static_cast<std::size_t>(eligible_count), room))
      .member("nodes_total", nodes.size())
      .member("nodes_eligible", static_cast<std::uint64_t>(eligible_count))
      .key("constraints")
      .raw(rows);
  if (task.status == TaskStatus::pending) {
    const auto place = position(api, task);
    if (!place) co_return std::unexpected(place.error());
    writer.member("position", *place);
    if (task.not_before > api.now()) writer.member("not_before", to_rfc3339(task.not_before));
  }
  writer.end_object();
  const Result<> durable = co_await api.coordinator().durable(task.commit);
  if (!durable) co_return std::unexpected(durable.error());
  co_return json_response(std::move(body));
}

}  // namespace vcp::api
