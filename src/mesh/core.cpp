// SPDX-License-Identifier: Apache-2.0
#include "vcp/mesh/core.hpp"

#include <algorithm>
#include <cmath>

#include "lifecycle.hpp"
#include "state.hpp"

namespace vcp::mesh {

// --- Records

Task& Core::State::edit(Held<Task>& held, bool durable) {
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
  return *held.record;
}

HeldNode* Core::State::find(const NodeId& id) {
  const auto found = nodes.find(id);
  return found == nodes.end() ? nullptr : &found->second;
}

Held<Task>* Core::State::find(const TaskId& id) {
  const auto found = tasks.find(id);
  return found == tasks.end() || is_final(found->second.record->status) ? nullptr : &found->second;
}

// --- Tasks

void Core::State::use_content(const TaskSpec& spec) {
  ++content_uses[{spec.owner, spec.module}];
  if (spec.input.content) ++content_uses[{spec.owner, *spec.input.content}];
}

void Core::State::unuse_content(const TaskSpec& spec) {
  const auto drop = [&](const Digest& content) {
    const auto uses = content_uses.find({spec.owner, content});
    if (--uses->second == 0) content_uses.erase(uses);
  };
  drop(spec.module);
  if (spec.input.content) drop(*spec.input.content);
}

/// Takes a pending task out of wherever it waits.
void Core::State::dequeue(const Task& task) {
  pending.remove(task);
  backing_off.drop(task.not_before, task.id);
}

void Core::State::end_task(Task& task, TaskStatus status, Time now) {
  if (task.status == TaskStatus::pending) {
    dequeue(task);
    --counts.pending;
  } else {
    --counts.running;
  }
  task.progress.reset();
  move_to(task, status, now);
  unuse_content(*task.spec);
}

bool Core::State::retries_spent(const Task& task) const {
  if (task.failures.size() > task.spec->max_retries) return true;
  std::set<NodeId> lost;
  for (const Attempt& attempt : task.failures) {
    if (attempt.outcome == Outcome::node_lost) lost.insert(attempt.node);
  }
  return lost.size() >= settings.poison_nodes;
}

Time Core::State::back_off(Time now, const Task& task) {
  const auto doublings = std::min<std::size_t>(task.failures.size() - 1, 20);
  const auto longest = std::min<Duration>(settings.retry_backoff * (std::int64_t{1} << doublings),
                                          settings.max_retry_backoff);
  // Between half and all of it, so that tasks that failed together do not come back together.
  const double part = 0.5 + random.uniform() / 2;
  return now + std::chrono::round<Duration>(longest * part);
}

/// Records that a lease ended badly and decides what becomes of the task.
void Core::State::fail_attempt(Time now, Held<Task>& held, const Lease& lease, Outcome outcome,
                               std::string detail) {
  Task& task = edit(held);
  task.failures.push_back({lease.node, lease.epoch, outcome, detail});
  if (is_deterministic(outcome) || retries_spent(task)) {
    task.reason = outcome;
    task.detail = std::move(detail);
    end_task(task, TaskStatus::failed, now);
    return;
  }
  wait_again(now, task, back_off(now, task));
}

/// Back in line, not to be placed before `not_before`.
void Core::State::wait_again(Time now, Task& task, Time not_before) {
  task.progress.reset();
  task.not_before = not_before;
  move_to(task, TaskStatus::pending, now);
  --counts.running;
  ++counts.pending;
  backing_off.set(task.not_before, task.id);
}

/// As `wait_again`, for a lease that ended without counting against the task: but not for ever.
void Core::State::place_again(Time now, Task& task, Time not_before) {
  if (task.started < settings.max_placements) return wait_again(now, task, not_before);
  task.reason = Outcome::node_lost;
  task.detail = "it was placed " + std::to_string(task.started) + " times without an answer";
  end_task(task, TaskStatus::failed, now);
}

// --- Leases

/// Takes the lease from its node and its task; what becomes of the task is the caller's to say.
void Core::State::end_lease(Epoch epoch, Task& task) {
  const auto lease = leases.find(epoch);
  if (HeldNode* node = find(lease->second.node)) {
    Node& record = edit(*node, false);
    --record.leases;
    record.reserved_mb -= lease->second.memory_mb;
    node->leases.erase(epoch);
    if (node->trial == epoch) node->trial.reset();
  }
  lease_ends.drop(lease->second.deadline, epoch);
  leases.erase(lease);
  std::erase_if(task.leases, [epoch](const Lease& each) { return each.epoch == epoch; });
}

/// Ends a lease for which no result will count, at the node's expense.
void Core::State::lose_lease(Time now, Epoch epoch, Outcome outcome, std::string_view detail) {
  const LiveLease live = leases.at(epoch);
  Held<Task>& held = tasks.at(live.task);
  const Lease lease = *std::ranges::find(held.record->leases, epoch, &Lease::epoch);
  end_lease(epoch, edit(held));
  if (HeldNode* node = find(live.node)) note_failure(*node);
  fail_attempt(now, held, lease, outcome, std::string(detail));
}

/// Counts a lease of the task's record as live from now on.
void Core::State::hold(Time now, const Task& task, const Lease& lease) {
  const Duration time_limit = std::chrono::seconds(task.spec->requirements.max_execution_time_sec);
  LiveLease live{.task = task.id,
                 .node = lease.node,
                 .rank = lease.rank,
                 .deadline = now + settings.lease_ttl,
                 .limit = std::max(lease.granted_at + time_limit, now) + settings.lease_ttl,
                 .memory_mb = task.spec->limits.memory_mb};
  HeldNode& node = nodes.at(lease.node);
  Node& record = edit(node, false);
  ++record.leases;
  record.reserved_mb += live.memory_mb;
  node.leases.insert(lease.epoch);
  lease_ends.set(live.deadline, lease.epoch);
  leases.emplace(lease.epoch, std::move(live));
}

void Core::State::renew(Time now, Epoch epoch, LiveLease& lease) {
  lease_ends.drop(lease.deadline, epoch);
  lease.deadline = std::min(now + settings.lease_ttl, lease.limit);
  lease_ends.set(lease.deadline, epoch);
}

// --- Nodes

/// An answer of the node counts; `trial` says that it was the one that may end safe mode.
void Core::State::note_success(HeldNode& node, bool trial) {
  Node& record = edit(node, true);
  ++record.completed;
  record.consecutive_errors = 0;
  if (trial) record.safe_mode = false;
}

void Core::State::note_failure(HeldNode& node) {
  Node& record = edit(node, true);
  ++record.failed;
  ++record.consecutive_errors;
  if (record.consecutive_errors >= record.registration.safety_policy.max_consecutive_errors) {
    record.safe_mode = true;
  }
}

void Core::State::hear(HeldNode& node, Time now) {
  Node& record = edit(node, false);
  record.last_seen = now;
  record.offline = false;
  expect(node, now);
}

/// From now on the node is offline only after a silence that is too long.
void Core::State::expect(HeldNode& node, Time now) {
  silences.drop(node.silent_at, node.record->id());
  node.silent_at = now + settings.heartbeat_interval * settings.missed_heartbeats;
  silences.set(node.silent_at, node.record->id());
}

/// Places anew all that the node held, at nobody's expense.
void Core::State::place_all_again(Time now, HeldNode& node) {
  const std::set<Epoch> epochs = node.leases;
  for (const Epoch epoch : epochs) {
    Task& task = edit(tasks.at(leases.at(epoch).task));
    end_lease(epoch, task);
    place_again(now, task, now);
  }
}

// --- Polls

void Core::State::answer(std::map<PollId, OpenPoll>::iterator poll) {
  poll_ends.drop(poll->second.until, poll->first);
  answers.push_back({poll->first, std::move(poll->second.offers)});
  polls.erase(poll);
}

void Core::State::answer_polls_of(const NodeId& node) {
  for (auto poll = polls.begin(); poll != polls.end();) {
    const auto each = poll++;
    if (each->second.node == node) answer(each);
  }
}

// --- Recovery

Core::Core(Settings settings, Random& random) : state_(std::make_unique<State>(settings, random)) {}
Core::~Core() = default;

void Core::restore(Node node) {
  HeldNode held;
  held.record = std::make_shared<Node>(std::move(node));
  const NodeId id = held.record->id();
  state_->nodes.emplace(id, std::move(held));
}

void Core::restore(Task task) {
  State& state = *state_;
  state.use_content(*task.spec);
  ++(task.status == TaskStatus::pending ? state.counts.pending : state.counts.running);
  const TaskId id = task.id;
  Held<Task> held;
  held.record = std::make_shared<Task>(std::move(task));
  state.tasks.emplace(id, std::move(held));
}

void Core::restore_epoch(Epoch last) { state_->last_epoch = last; }

void Core::start(Time now) {
  State& state = *state_;
  for (auto& [id, node] : state.nodes) state.expect(node, now);
  for (auto& [id, held] : state.tasks) {
    if (held.record->status == TaskStatus::pending) {
      state.backing_off.set(held.record->not_before, id);
    }
    for (const Lease& lease : held.record->leases) state.hold(now, *held.record, lease);
  }
}

// --- Commands: nodes

Result<NodePtr> Core::register_node(Time now, Registration registration, bool again) {
  State& state = *state_;
  HeldNode* node = state.find(registration.id);
  if (node && !again) {
    return fail(Code::conflict, "a node named " + registration.id.value +
                                    " is registered: it registers anew with its own token");
  }
  if (!node && again) return fail(Code::not_found, "no node named " + registration.id.value);
  if (!node) {
    HeldNode fresh;
    fresh.record = std::make_shared<Node>();
    fresh.record->registration = registration;
    fresh.record->registered_at = now;
    fresh.record->last_seen = now;
    node = &state.nodes.emplace(registration.id, std::move(fresh)).first->second;
  } else {
    state.place_all_again(now, *node);
    state.answer_polls_of(registration.id);  // of its life before
  }
  Node& record = state.edit(*node, true);
  record.registration = std::move(registration);
  state.hear(*node, now);
  return node->record;
}

Result<> Core::remove_node(Time now, const NodeId& id) {
  State& state = *state_;
  HeldNode* node = state.find(id);
  if (!node) return fail(Code::not_found, "no node named " + id.value);
  state.place_all_again(now, *node);
  state.answer_polls_of(id);
  state.silences.drop(node->silent_at, id);
  std::erase(state.touched_nodes, id);
  state.nodes.erase(id);
  state.removed_nodes.push_back(id);
  return {};
}

Result<NodePtr> Core::set_draining(Time, const NodeId& id, bool draining) {
  HeldNode* node = state_->find(id);
  if (!node) return fail(Code::not_found, "no node named " + id.value);
  state_->edit(*node, true).draining = draining;
  return node->record;
}

Result<HeartbeatReply> Core::heartbeat(Time now, const NodeId& id, const Telemetry& telemetry,
                                       std::span<const LeaseName> leases) {
  State& state = *state_;
  HeldNode* node = state.find(id);
  if (!node) return fail(Code::not_found, "no node named " + id.value);
  state.hear(*node, now);
  Node& record = state.edit(*node, false);
  record.telemetry = telemetry;
  state.judge_safety(*node);

  HeartbeatReply reply;
  for (const LeaseName& named : leases) {
    const auto lease = state.leases.find(named.epoch);
    if (lease == state.leases.end() || lease->second.node != id ||
        lease->second.task != named.task) {
      reply.cancelled.push_back(named);
      continue;
    }
    state.renew(now, named.epoch, lease->second);
    if (named.progress) {
      state.edit(state.tasks.at(named.task), false).progress = named.progress;
    }
  }
  reply.node = node->record;
  return reply;
}

/// Trips or half-opens the node's breaker by its last heartbeat.
void Core::State::judge_safety(HeldNode& node) {
  Node& record = *node.record;
  const SafetyPolicy& policy = record.registration.safety_policy;
  const bool unsafe = record.telemetry->temperature_c.value_or(0) > policy.max_temperature_c ||
                      record.telemetry->avg_latency_ms.value_or(0) > policy.max_latency_ms;
  if (unsafe) {
    record.safe_mode = true;
    record.trial = false;
    node.trial.reset();
  } else if (record.safe_mode && !node.trial) {
    record.trial = true;
  }
}

// --- Commands: leases

Result<> Core::poll(PollId poll, const NodeId& id, std::uint32_t max, Time until) {
  State& state = *state_;
  if (!state.find(id)) return fail(Code::not_found, "no node named " + id.value);
  OpenPoll open{.node = id, .wanted = max, .until = until, .offers = {}};
  if (state.polls_closed) {
    state.answers.push_back({poll, {}});
    return {};
  }
  state.polls.emplace(poll, std::move(open));
  state.poll_ends.set(until, poll);
  return {};
}

void Core::end_polls(const NodeId& id) { state_->answer_polls_of(id); }

void Core::close_polls() {
  state_->polls_closed = true;
  while (!state_->polls.empty()) state_->answer(state_->polls.begin());
}

// --- Commands: tasks

TaskPtr Core::submit(Time now, TaskSpec spec) {
  State& state = *state_;
  auto task = std::make_shared<Task>();
  task->id = state.ids.next<TaskId>(now);
  task->spec = std::make_shared<const TaskSpec>(std::move(spec));
  task->created_at = task->updated_at = task->not_before = now;
  state.use_content(*task->spec);
  ++state.counts.pending;
  state.pending.add(*task);
  state.touched_tasks.push_back(task->id);
  Held<Task> held;
  held.record = task;
  held.touched = held.durable = true;
  state.tasks.emplace(task->id, std::move(held));
  return task;
}

Result<TaskPtr> Core::report(Time now, const Report& report) {
  State& state = *state_;
  Held<Task>* held = state.find(report.task);
  if (!held) {
    const auto ended = state.tasks.find(report.task);
    if (ended == state.tasks.end()) return fail(Code::not_found, "no such task");
    return answer_late_report(ended->second.record, report);
  }
  const auto lease = std::ranges::find(held->record->leases, report.epoch, &Lease::epoch);
  if (lease == held->record->leases.end() || lease->node != report.node ||
      lease->rank != report.rank) {
    return answer_late_report(held->record, report);
  }
  const Lease ended = *lease;
  HeldNode& node = *state.find(report.node);
  const bool trial = node.trial == ended.epoch;
  Task& task = state.edit(*held);
  state.end_lease(ended.epoch, task);

  if (report.outcome == Outcome::handed_back) {
    task.handed_back_by = report.node;
    state.place_again(now, task, now + state.settings.retry_backoff);
  } else if (is_deterministic(report.outcome)) {
    state.note_success(node, trial);
    task.accepted = ended;
    task.result = std::make_shared<const TaskResult>(report.result);
    if (report.outcome == Outcome::ok) {
      state.end_task(task, TaskStatus::completed, now);
    } else {
      state.fail_attempt(now, *held, ended, report.outcome, report.detail);
    }
  } else {
    state.note_failure(node);
    state.fail_attempt(now, *held, ended, report.outcome, report.detail);
  }
  return held->record;
}

Result<TaskPtr> Core::cancel(Time now, const TaskId& id) {
  State& state = *state_;
  Held<Task>* held = state.find(id);
  if (!held) {
    const auto ended = state.tasks.find(id);
    if (ended == state.tasks.end()) return fail(Code::not_found, "no such task");
    return fail(Code::conflict, "the task has ended: it is " +
                                    std::string(to_string(ended->second.record->status)));
  }
  Task& task = state.edit(*held);
  const std::vector<Lease> live = task.leases;
  for (const Lease& lease : live) state.end_lease(lease.epoch, task);
  task.reason = Outcome::cancelled;
  task.detail = "cancelled by its submitter";
  state.end_task(task, TaskStatus::cancelled, now);
  return held->record;
}

Result<TaskPtr> answer_late_report(const TaskPtr& task, const Report& report) {
  const auto same_failure = [&report](const Attempt& attempt) {
    return attempt.epoch == report.epoch && attempt.node == report.node &&
           attempt.outcome == report.outcome;
  };
  const bool same_result = task->accepted && task->accepted->epoch == report.epoch &&
                           task->accepted->node == report.node &&
                           task->reason.value_or(Outcome::ok) == report.outcome &&
                           task->result->output_sha256 == report.result.output_sha256 &&
                           task->result->exit_code == report.result.exit_code;
  if (same_result || (!task->accepted && std::ranges::any_of(task->failures, same_failure))) {
    return task;
  }
  return fail(Code::conflict, "epoch " + std::to_string(std::to_underlying(report.epoch)) +
                                  " is not a live lease of this node on this task");
}

// --- Time

void Core::advance(Time now) {
  State& state = *state_;
  while (const auto epoch = state.lease_ends.take_due(now)) {
    const LiveLease& lease = state.leases.at(*epoch);
    const bool out_of_time = lease.deadline >= lease.limit;
    state.lose_lease(now, *epoch, out_of_time ? Outcome::timeout : Outcome::node_lost,
                     out_of_time ? "the node never ended it, long past its time limit"
                                 : "the lease ran out without a word from the node");
  }
  while (const auto id = state.silences.take_due(now)) {
    state.edit(*state.find(*id), false).offline = true;
  }
  while (const auto id = state.backing_off.take_due(now)) {
    state.pending.add(*state.find(*id)->record);
  }
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
  if (!state_->polls.empty()) consider(state_->avoidance_ends);
  return first;
}

Changes Core::take_changes(std::uint64_t commit) {
  State& state = *state_;
  Changes changes;
  changes.tasks.reserve(state.touched_tasks.size());
  for (const TaskId& id : state.touched_tasks) {
    const auto held = state.tasks.find(id);
    Held<Task>& task = held->second;
    if (task.durable) task.record->commit = commit;
    changes.tasks.push_back({task.record, task.durable});
    task.touched = task.durable = false;
    if (is_final(task.record->status)) state.tasks.erase(held);
  }
  for (const NodeId& id : state.touched_nodes) {
    HeldNode& node = state.nodes.at(id);
    if (node.durable) node.record->commit = commit;
    changes.nodes.push_back({node.record, node.durable});
    node.touched = node.durable = false;
  }
  state.touched_tasks.clear();
  state.touched_nodes.clear();
  changes.removed_nodes = std::exchange(state.removed_nodes, {});
  changes.polls = std::exchange(state.answers, {});
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

Counts Core::counts() const { return state_->counts; }

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
