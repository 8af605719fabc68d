// SPDX-License-Identifier: Apache-2.0
// Nodes: registration, heartbeats, their breakers, and their waiting requests for leases.
#include <algorithm>

#include "state.hpp"

namespace vcp::mesh {
namespace {

/// A node whose poll was in vain is taken to ask again within this time.
constexpr Duration kAskGrace{5'000};

}  // namespace

/// A node that was not there before, registered now or restored.
HeldNode& Core::State::admit(std::shared_ptr<Node> node) {
  HeldNode& held = nodes[node->id()];
  if (free_handles.empty()) {
    held.handle = static_cast<Handle>(by_handle.size());
    by_handle.push_back(&held);
  } else {
    held.handle = free_handles.back();
    free_handles.pop_back();
    by_handle[held.handle] = &held;
  }
  held.region = regions.intern(node->registration.region);
  held.record = std::move(node);
  return held;
}

void Core::State::hear(HeldNode& node) {
  Node& record = edit(node, false);
  record.last_seen = now;
  record.offline = false;
  expect(node);
}

/// From now on the node is offline only after a silence that is too long.
void Core::State::expect(HeldNode& node) {
  silences.drop(node.silent_at, node.record->id());
  node.silent_at = now + settings.heartbeat_interval * settings.missed_heartbeats;
  silences.set(node.silent_at, node.record->id());
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

/// The node ran a task to its end; `trial` says that it was the one that may end safe mode.
void Core::State::note_answer(HeldNode& node, bool trial) {
  Node& record = edit(node, true);
  record.consecutive_errors = 0;
  if (trial) record.safe_mode = false;
}

/// Its answer counts; `confirmed` by others, or by running it again.
void Core::State::note_counted(const NodeId& id, bool confirmed) {
  if (confirmed) ++counts.trust.confirmed;
  HeldNode* node = find(id);
  if (!node) return;
  Node& record = edit(*node, true);
  ++record.completed;
  if (confirmed) ++record.valid_in_a_row;
}

void Core::State::note_dispute(const NodeId& id) {
  ++counts.trust.disputed;
  HeldNode* node = find(id);
  if (!node) return;
  Node& record = edit(*node, true);
  ++record.disputed;
  ++record.failed;
  record.valid_in_a_row = 0;
}

void Core::State::note_failure(HeldNode& node) {
  Node& record = edit(node, true);
  ++record.failed;
  ++record.consecutive_errors;
  if (record.consecutive_errors >= record.registration.safety_policy.max_consecutive_errors) {
    record.safe_mode = true;
  }
}

/// Places anew all that the node held, at nobody's expense.
void Core::State::place_all_again(HeldNode& node) {
  const std::set<Epoch> epochs = node.leases;
  for (const Epoch epoch : epochs) {
    const auto lease = leases.find(epoch);
    if (lease == leases.end()) continue;  // its gang was placed again with another one
    HeldTask& held = tasks.at(lease->second.task);
    end_lease(epoch, edit(held));
    place_again(held, now);
  }
}

// --- Commands

Result<NodePtr> Core::register_node(Time now, Registration registration, bool again) {
  State& state = *state_;
  state.now = now;
  HeldNode* node = state.find(registration.id);
  if (node && !again) {
    return fail(Code::conflict, "a node named " + registration.id.value +
                                    " is registered: it registers anew with its own token");
  }
  if (!node && again) return fail(Code::not_found, "no node named " + registration.id.value);
  if (!node) {
    auto fresh = std::make_shared<Node>();
    fresh->registration = registration;
    fresh->registered_at = now;
    fresh->last_seen = now;
    node = &state.admit(std::move(fresh));
  } else {
    state.release_holds_on(*node);
    state.place_all_again(*node);
    state.answer_polls_of(*node);  // of its life before
    state.stop_asking(*node);
    node->region = state.regions.intern(registration.region);
  }
  Node& record = state.edit(*node, true);
  record.registration = std::move(registration);
  state.hear(*node);
  return node->record;
}

Result<> Core::remove_node(Time now, const NodeId& id) {
  State& state = *state_;
  state.now = now;
  HeldNode* node = state.find(id);
  if (!node) return fail(Code::not_found, "no node named " + id.value);
  state.release_holds_on(*node);
  state.place_all_again(*node);
  state.answer_polls_of(*node);
  state.stop_asking(*node);
  state.refresh(*node);  // which, without polls, takes it out of every index
  state.silences.drop(node->silent_at, id);
  state.uncount(*node);
  std::erase(state.touched_nodes, id);
  std::erase(state.stale_nodes, node);
  state.by_handle[node->handle] = nullptr;
  state.free_handles.push_back(node->handle);
  state.nodes.erase(id);
  state.removed_nodes.push_back(id);
  return {};
}

Result<NodePtr> Core::set_draining(Time now, const NodeId& id, bool draining) {
  state_->now = now;
  HeldNode* node = state_->find(id);
  if (!node) return fail(Code::not_found, "no node named " + id.value);
  state_->edit(*node, true).draining = draining;
  return node->record;
}

Result<HeartbeatReply> Core::heartbeat(Time now, const NodeId& id, const Telemetry& telemetry,
                                       std::span<const LeaseName> leases) {
  State& state = *state_;
  state.now = now;
  HeldNode* node = state.find(id);
  if (!node) return fail(Code::not_found, "no node named " + id.value);
  state.hear(*node);
  state.edit(*node, false).telemetry = telemetry;
  state.judge_safety(*node);

  HeartbeatReply reply;
  for (const LeaseName& named : leases) {
    const auto lease = state.leases.find(named.epoch);
    if (lease == state.leases.end() || lease->second.node != id ||
        lease->second.task != named.task) {
      reply.cancelled.push_back(named);
      continue;
    }
    state.renew(named.epoch, lease->second);
    if (named.progress) {
      state.edit(state.tasks.at(named.task), false).progress = named.progress;
    }
  }
  reply.node = node->record;
  return reply;
}

// --- Polls

void Core::State::answer(std::map<PollId, OpenPoll>::iterator poll) {
  HeldNode& node = *find(poll->second.node);
  std::erase(node.polls, poll->first);
  node.wanted -= poll->second.wanted;
  mark_stale(node);
  poll_ends.drop(poll->second.until, poll->first);
  if (poll->second.offers.empty() && node.wanted == 0) {
    node.asks_until = now + kAskGrace;
    askers.insert(node.handle);
  }
  answers.push_back({poll->first, std::move(poll->second.offers)});
  polls.erase(poll);
}

void Core::State::stop_asking(HeldNode& node) {
  node.asks_until.reset();
  askers.erase(node.handle);
}

void Core::State::answer_polls_of(HeldNode& node) {
  const std::vector<PollId> open = node.polls;
  for (const PollId poll : open) answer(polls.find(poll));
}

Result<> Core::poll(PollId poll, const NodeId& id, std::uint32_t max, Time until) {
  State& state = *state_;
  HeldNode* node = state.find(id);
  if (!node) return fail(Code::not_found, "no node named " + id.value);
  if (state.polls_closed) {
    state.answers.push_back({poll, {}});
    return {};
  }
  OpenPoll open{.node = id, .wanted = max, .until = until, .offers = {}};
  while (open.wanted > 0 && !node->undelivered.empty()) {
    open.offers.push_back(std::move(node->undelivered.front()));
    node->undelivered.erase(node->undelivered.begin());
    --open.wanted;
  }
  if (!open.offers.empty()) state.served_polls.push_back(poll);
  node->polls.push_back(poll);
  node->wanted += open.wanted;
  state.polls.emplace(poll, std::move(open));
  state.poll_ends.set(until, poll);
  state.stop_asking(*node);
  state.mark_stale(*node);
  return {};
}

void Core::end_polls(const NodeId& id) {
  if (HeldNode* node = state_->find(id)) state_->answer_polls_of(*node);
}

void Core::close_polls() {
  state_->polls_closed = true;
  while (!state_->polls.empty()) state_->answer(state_->polls.begin());
}

}  // namespace vcp::mesh
