// SPDX-License-Identifier: Apache-2.0
// Records, recovery, time, and what came of it all.
#include "vcp/mesh/core.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "state.hpp"
#include "trust.hpp"

namespace vcp::mesh {

Counts::Contribution Counts::of(const Node& node) {
  return {.status = node.status(),
          .cores = node.offline ? 0 : node.registration.capabilities.cpu_cores,
          .health_micros = static_cast<std::uint64_t>(std::llround(node.health_score() * 1e6)),
          .error_nanos =
              static_cast<std::uint64_t>(std::llround(error_rate(track_record(node)) * 1e9))};
}

void Counts::add(const Contribution& node) {
  ++nodes[std::to_underlying(node.status)];
  cores += node.cores;
  health_micros += node.health_micros;
  error_nanos += node.error_nanos;
}

void Counts::subtract(const Contribution& node) {
  --nodes[std::to_underlying(node.status)];
  cores -= node.cores;
  health_micros -= node.health_micros;
  error_nanos -= node.error_nanos;
}

std::uint64_t Counts::all_nodes() const {
  return std::accumulate(nodes.begin(), nodes.end(), std::uint64_t{0});
}

double Counts::average_health() const {
  const std::uint64_t all = all_nodes();
  return all == 0 ? 0 : static_cast<double>(health_micros) / 1e6 / static_cast<double>(all);
}

// --- Records

Task& Core::State::edit(HeldTask& held, bool durable) {
  if (!held.touched) {
    held.record = std::make_shared<Task>(*held.record);
    held.touched = true;
    touched_tasks.push_back(held.record->id);
  }
  held.durable |= durable;
  return *held.record;
}

Node& Core::State::edit(HeldNode& held, bool durable) {
  if (!held.touched) {
    held.record = std::make_shared<Node>(*held.record);
    held.touched = true;
    touched_nodes.push_back(held.record->id());
  }
  held.durable |= durable;
  mark_stale(held);
  return *held.record;
}

HeldNode* Core::State::find(const NodeId& id) {
  const auto found = nodes.find(id);
  return found == nodes.end() ? nullptr : &found->second;
}

/// The task, unless it has ended.
HeldTask* Core::State::find(const TaskId& id) {
  const auto found = tasks.find(id);
  return found == tasks.end() || is_final(found->second.record->status) ? nullptr : &found->second;
}

/// Brings the counters up to what the node's record now says.
void Core::State::count(HeldNode& held) {
  const Node& node = *held.record;
  const Counts::Contribution now_counted = Counts::of(node);
  if (!held.counted || held.counted->status != now_counted.status) {
    transitions.push_back({now, Transition::OfNode{node.id(), now_counted.status}});
  }
  uncount(held);
  held.counted = now_counted;
  counts.add(now_counted);
}

void Core::State::uncount(HeldNode& held) {
  if (!held.counted) return;
  counts.subtract(*held.counted);
  held.counted.reset();
}

// --- Recovery

Core::Core(Settings settings, Random& random)
    : state_(std::make_unique<State>(std::move(settings), random)) {}
Core::~Core() = default;

void Core::restore(Node node) { state_->admit(std::make_shared<Node>(std::move(node))); }

void Core::restore(Task task) { state_->adopt(std::make_shared<Task>(std::move(task))); }

void Core::restore_epoch(Epoch last) { state_->last_epoch = last; }

void Core::start(Time now) {
  State& state = *state_;
  state.now = now;
  for (auto& [id, node] : state.nodes) {
    state.expect(node);
    state.count(node);
  }
  for (auto& [id, held] : state.tasks) {
    const Task& task = *held.record;
    for (const Lease& lease : task.leases) state.hold(task, lease);
    if (task.status == TaskStatus::verifying) {
      state.to_verify.push_back(id);
    } else {
      held.waits_until = task.not_before;
      state.backing_off.set(task.not_before, id);
    }
  }
  state.transitions.clear();  // nothing has happened
}

// --- Time

void Core::advance(Time now) {
  State& state = *state_;
  state.now = now;
  while (const auto epoch = state.lease_ends.take_due(now)) {
    const LiveLease& lease = state.leases.at(*epoch);
    const bool out_of_time = lease.deadline >= lease.limit;
    state.lose_lease(*epoch, out_of_time ? Outcome::timeout : Outcome::node_lost,
                     out_of_time ? "the node never ended it, long past its time limit"
                                 : "the lease ran out without a word from the node");
  }
  while (const auto id = state.silences.take_due(now)) {
    state.edit(*state.find(*id), false).offline = true;
  }
  while (const auto id = state.backing_off.take_due(now)) {
    HeldTask& held = *state.find(*id);
    held.waits_until.reset();
    state.wait_in_line(held);
  }
  while (const auto id = state.avoidances.take_due(now)) {
    HeldTask& held = *state.find(*id);
    held.avoids_until.reset();
    state.leave_line(held);
    state.wait_in_line(held);
  }
  while (const auto key = state.late_run_ends.take_due(now)) state.late_runs.erase(*key);
  state.reserve_for_aged();
}

std::optional<Time> Core::next_event() const {
  std::optional<Time> first;
  const auto consider = [&first](std::optional<Time> at) {
    if (at && (!first || *at < *first)) first = at;
  };
  consider(state_->lease_ends.next());
  consider(state_->silences.next());
  consider(state_->backing_off.next());
  consider(state_->poll_ends.next());
  consider(state_->gang_ages.next());
  if (!state_->polls.empty()) consider(state_->avoidances.next());
  for (const Reservation& reservation : state_->reservations) consider(reservation.review_at);
  return first;
}

Changes Core::take_changes(std::uint64_t commit) {
  State& state = *state_;
  Changes changes;
  changes.tasks.reserve(state.touched_tasks.size());
  for (const TaskId& id : state.touched_tasks) {
    const auto held = state.tasks.find(id);
    HeldTask& task = held->second;
    if (task.durable) task.record->commit = commit;
    changes.tasks.push_back({task.record, task.durable});
    task.touched = task.durable = false;
    if (is_final(task.record->status)) state.tasks.erase(held);
  }
  for (const NodeId& id : state.touched_nodes) {
    HeldNode& node = state.nodes.at(id);
    state.count(node);
    if (node.durable) node.record->commit = commit;
    changes.nodes.push_back({node.record, node.durable});
    node.touched = node.durable = false;
  }
  for (const TaskId& id : std::exchange(state.to_verify, {})) {
    const HeldTask* held = state.find(id);
    if (held && held->record->status == TaskStatus::verifying) {
      changes.to_verify.push_back(held->record);
    }
  }
  state.touched_tasks.clear();
  state.touched_nodes.clear();
  changes.removed_nodes = std::exchange(state.removed_nodes, {});
  changes.dropped_contents = std::exchange(state.dropped_contents, {});
  changes.polls = std::exchange(state.answers, {});
  changes.transitions = std::exchange(state.transitions, {});
  if (std::exchange(state.gave_epoch, false)) changes.last_epoch = state.last_epoch;
  return changes;
}

// --- Reading

TaskPtr Core::find_task(const TaskId& id) const {
  const auto found = state_->tasks.find(id);
  return found == state_->tasks.end() ? nullptr : found->second.record;
}

NodePtr Core::find_node(const NodeId& id) const {
  const auto found = state_->nodes.find(id);
  return found == state_->nodes.end() ? nullptr : found->second.record;
}

const Counts& Core::counts() const { return state_->counts; }

bool Core::needs_content(const NodeId& node, const Digest& content) const {
  const auto found = state_->nodes.find(node);
  if (found == state_->nodes.end()) return false;
  return std::ranges::any_of(found->second.leases, [&](Epoch epoch) {
    const TaskSpec& spec = *state_->tasks.at(state_->leases.at(epoch).task).record->spec;
    return spec.module == content || spec.input.content == content;
  });
}

bool Core::uses_content(const std::string& owner, const Digest& content) const {
  return state_->content_uses.contains({owner, content});
}

}  // namespace vcp::mesh
