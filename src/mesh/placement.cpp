// SPDX-License-Identifier: Apache-2.0
// Which task goes to which of the nodes that wait for work.
#include <algorithm>
#include <queue>
#include <unordered_set>

#include "quorum.hpp"
#include "state.hpp"
#include "trust.hpp"

namespace vcp::mesh {
namespace {

/// So many nodes are looked at in search of one that is unrelated to others.
constexpr std::size_t kLooks = 32;

/// How a node is akin to those that take part in a task already.
constexpr int kSameRegion = 1;
constexpr int kSameOwner = 2;

/// A class of tasks, by the first of its lines that may have a turn.
struct Turn {
  Standpoint at;
  TaskClass* of = nullptr;

  friend bool operator>(const Turn& a, const Turn& b) { return a.at > b.at; }
};

double memory_mb(const Node& node) { return node.registration.capabilities.memory_gb * 1024; }

}  // namespace

bool takes_work(const Node& node) {
  return !node.offline && !node.draining && (!node.safe_mode || node.trial);
}

bool has_memory(const Node& node, const TaskSpec& spec) {
  return memory_mb(node) >= spec.limits.memory_mb;
}

bool has_room(const Node& node, const TaskSpec& spec) {
  return node.slots_free() > 0 &&
         static_cast<double>(node.reserved_mb + spec.limits.memory_mb) <= memory_mb(node);
}

// --- Indexes

void Core::State::mark_stale(HeldNode& node) {
  if (std::exchange(node.stale, true)) return;
  stale_nodes.push_back(&node);
}

bool Core::State::fits(const HeldNode& node, const TaskClass& task_class) const {
  const std::uint64_t needed = node.record->reserved_mb + node.held_mb + task_class.memory_mb;
  return static_cast<double>(needed) <= memory_mb(*node.record) &&
         meets(*node.record, task_class.requirements);
}

/// Brings what the indexes say of a node up to date.
void Core::State::refresh(HeldNode& node) {
  node.stale = false;
  const bool ready = node.wanted > 0 && node.awaited_by == 0 && takes_work(*node.record) &&
                     node.record->slots_free() > node.held_slots;
  if (!ready && !node.ready) return;
  for (TaskClass* each : pending.indexed()) {
    if (ready && fits(node, *each)) {
      each->ready.put(node.handle, *node.record, node.region);
    } else {
      each->ready.erase(node.handle);
    }
  }
  node.ready = ready;
}

void Core::State::refresh_stale() {
  while (!stale_nodes.empty()) {
    HeldNode& node = *stale_nodes.back();
    stale_nodes.pop_back();
    refresh(node);
  }
}

void Core::State::index_new_classes() {
  while (TaskClass* fresh = pending.take_unindexed()) {
    for (HeldNode* node : by_handle) {
      if (node && node->ready && fits(*node, *fresh)) {
        fresh->ready.put(node->handle, *node->record, node->region);
      }
    }
  }
}

// --- Choice

HeldNode& Core::State::choose(const Task& task, TaskClass& task_class) {
  if (task.verification().mode == VerificationMode::quorum) {
    return choose_unrelated(task, task_class);
  }
  return *by_handle[task_class.ready.choose(random, regions)];
}

/// Any node, with preference for an owner and then for a region that has no part in the task yet.
HeldNode& Core::State::choose_unrelated(const Task& task, TaskClass& task_class) {
  std::vector<const Registration*> involved;
  const auto involve = [&](const NodeId& id) {
    if (const HeldNode* node = find(id)) involved.push_back(&node->record->registration);
  };
  for (const Lease& lease : task.leases) involve(lease.node);
  for (const Answer& answer : task.answers) involve(answer.lease.node);
  const auto kinship = [&](const HeldNode& node) {
    const Registration& candidate = node.record->registration;
    int kin = 0;
    for (const Registration* other : involved) {
      if (other->owner == candidate.owner) kin |= kSameOwner;
      if (other->region == candidate.region) kin |= kSameRegion;
    }
    return kin;
  };
  const std::vector<Handle>& all = task_class.ready.all();
  const std::size_t start = random.below(all.size());
  HeldNode* best = by_handle[all[start]];
  int least = kinship(*best);
  const auto consider = [&](std::size_t at) {
    HeldNode* candidate = by_handle[all[at]];
    const int kin = kinship(*candidate);
    if (kin >= least) return;
    best = candidate;
    least = kin;
  };
  // A few at random. If there are no more, or if those all belong to owners that take part, all.
  for (std::size_t i = 0; least > 0 && i < kLooks && all.size() > kLooks; ++i) {
    consider(random.below(all.size()));
  }
  const bool look_at_all = all.size() <= kLooks || least >= kSameOwner;
  for (std::size_t i = 1; look_at_all && least > 0 && i < all.size(); ++i) {
    consider((start + i) % all.size());
  }
  return *best;
}

// --- Placement

/// Whether an answer of that node, if it is the only one, may be accepted.
bool Core::State::trusts(const Task& task, const Node& node) {
  const Verification& asked = task.verification();
  if (asked.mode != VerificationMode::quorum || !asked.adaptive || !task.leases.empty() ||
      !task.answers.empty() || task.spec->requirements.min_nodes > 1) {
    return false;
  }
  const double checked = spot_check_probability(node.valid_in_a_row, settings.trusted_after);
  if (random.uniform() >= checked) return true;
  if (checked < 1) ++counts.trust.spot_checks;
  return false;
}

/// Of `automatic`: how an answer of this node will be verified. A gang, whose ranks run at the same
/// time, is rechecked, as often as the worst of its nodes makes necessary.
void Core::State::plan(Task& task, const Node& node) {
  const auto counts_still = [](const Answer& each) {
    return each.judgement != Judgement::disputed;
  };
  if (task.spec->verification.mode != VerificationMode::automatic) return;
  if (task.leases.empty() && std::ranges::none_of(task.answers, counts_still)) task.plan.reset();
  const bool gang = task.spec->requirements.min_nodes > 1;
  if (task.plan && !gang) return;
  const auto all = static_cast<double>(counts.all_nodes());
  Crowd others;
  if (!gang && all > 1) {
    others.nodes = counts.all_nodes() - 1;
    others.error_rate = static_cast<double>(counts.error_nanos) * 1e-9 / all;
  }
  const PlanTerms terms{.recheck_cost = settings.recheck_cost,
                        .coalition = settings.coalition,
                        .trusted_after = settings.trusted_after};
  const Plan made =
      choose_plan(track_record(node), others, terms, task.spec->verification.max_wrong).value();
  if (!task.plan || made.verification.probability > task.plan->verification.probability) {
    task.plan = made;
  }
}

/// Gives a rank of the task to the node, with the next epoch.
void Core::State::grant(HeldTask& held, HeldNode& node, std::uint32_t rank) {
  Task& task = edit(held);
  plan(task, *node.record);
  last_epoch = Epoch{std::to_underlying(last_epoch) + 1};
  gave_epoch = true;
  const Lease lease{.node = node.record->id(),
                    .epoch = last_epoch,
                    .rank = rank,
                    .granted_at = now,
                    .trusted = trusts(task, *node.record)};
  task.leases.push_back(lease);
  ++task.started;
  hold(task, lease);
  regions[node.region].last_granted = ++grants;
  if (node.record->safe_mode) {
    edit(node, false).trial = false;
    node.trial = lease.epoch;
  }
  Offer offer{held.record, lease, leases.at(lease.epoch).deadline};
  const auto open =
      std::ranges::find_if(node.polls, [this](PollId each) { return polls.at(each).wanted > 0; });
  if (open == node.polls.end()) {
    node.undelivered.push_back(std::move(offer));
    return stop_asking(node);
  }
  OpenPoll& poll = polls.at(*open);
  if (poll.offers.empty()) served_polls.push_back(*open);
  --poll.wanted;
  --node.wanted;
  poll.offers.push_back(std::move(offer));
}

/// Gives the task to these nodes: all that it starts with, or one more.
void Core::State::start(HeldTask& held, const std::vector<HeldNode*>& chosen) {
  const bool continuing = held.line->continuing;
  const std::uint32_t ranks = held.record->spec->requirements.min_nodes;
  const std::uint32_t first = chosen.size() == 1 ? *wanting_rank(*held.record) : 0;
  leave_line(held);
  for (std::uint32_t i = 0; i < chosen.size(); ++i) grant(held, *chosen[i], (first + i) % ranks);
  set_status(held, TaskStatus::running);
  if (!continuing) {
    pending.charge(*held.owner, below_top(*held.record->spec),
                   static_cast<std::uint32_t>(chosen.size()));
  }
  wait_in_line(held);  // for another answer, if it needs one
}

bool Core::State::asks(const HeldNode& node) const {
  return node.wanted > 0 || (node.asks_until && *node.asks_until >= now);
}

/// Takes the nodes that a line does not go to out of its class's index, until they are refreshed.
void Core::State::set_aside(const Line& line) {
  for (const NodeId& id : line.excluded) {
    HeldNode* node = find(id);
    if (!node || !line.of->ready.contains(node->handle)) continue;
    line.of->ready.erase(node->handle);
    mark_stale(*node);
  }
}

/// Nodes that would take the tasks of a line and ask for work every now and then, though not at
/// this moment. A gang does not wait until all its nodes ask at the same time.
std::vector<HeldNode*> Core::State::lately_asking(const Line& line) {
  std::vector<HeldNode*> suitable;
  for (auto at = askers.begin(); at != askers.end();) {
    HeldNode& node = *by_handle[*at++];
    if (node.wanted > 0 || !asks(node)) {
      stop_asking(node);
    } else if (node.awaited_by == 0 && takes_work(*node.record) && fits(node, *line.of) &&
               node.record->slots_free() > node.held_slots &&
               !std::ranges::binary_search(line.excluded, node.record->id())) {
      suitable.push_back(&node);
    }
  }
  return suitable;
}

/// Places the first task of a line; false if too few of the nodes that are ready may take it.
bool Core::State::place_first(Line& line) {
  HeldTask& held = tasks.at(*line.tasks.begin());
  ReadyNodes& ready = line.of->ready;
  const bool reserving =
      std::ranges::find(reservations, held.record->id, &Reservation::task) != reservations.end();
  if (reserving || ready.size() + (line.width > 1 ? askers.size() : 0) < line.width) return false;
  set_aside(line);
  std::vector<HeldNode*> more;
  if (line.width > 1 && ready.size() < line.width) more = lately_asking(line);
  std::vector<HeldNode*> chosen;
  if (ready.size() + more.size() >= line.width) {
    while (chosen.size() < line.width && ready.size() > 0) {
      chosen.push_back(&choose(*held.record, *line.of));
      ready.erase(chosen.back()->handle);
    }
    const std::size_t missing = line.width - chosen.size();
    chosen.insert(chosen.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(missing));
  }
  for (HeldNode* node : chosen) mark_stale(*node);
  if (!chosen.empty()) start(held, chosen);
  refresh_stale();
  return !chosen.empty();
}

void Core::State::place() {
  refresh_stale();
  index_new_classes();
  serve_reservations();
  refresh_stale();

  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  std::unordered_set<const Line*> passed_over;  // for now no nodes are ready for their first tasks
  const auto take_turn = [&](TaskClass& of) {
    if (of.ready.size() == 0) return;
    const auto next = std::ranges::find_if(
        of.heads, [&](const Standpoint& head) { return !passed_over.contains(head.line); });
    if (next != of.heads.end()) turns.push({*next, &of});
  };
  for (TaskClass* each : pending.indexed()) take_turn(*each);
  while (!turns.empty()) {
    const Turn turn = turns.top();
    turns.pop();
    TaskClass& of = *turn.of;
    // What happened since may have moved the line, or taken the nodes.
    if (of.ready.size() > 0 && of.heads.contains(turn.at) && !place_first(*turn.at.line)) {
      passed_over.insert(turn.at.line);
    }
    index_new_classes();
    take_turn(of);
  }
  for (const PollId poll : std::exchange(served_polls, {})) {
    const auto open = polls.find(poll);
    if (open != polls.end()) answer(open);
  }
}

void Core::place(Time now) {
  State& state = *state_;
  state.now = now;
  state.place();
  while (const auto poll = state.poll_ends.take_due(now)) {
    state.answer(state.polls.find(*poll));
  }
}

Standing Core::standing(Time now, const TaskId& id, std::uint64_t eligible,
                        std::uint64_t with_room) const {
  Standing standing;
  const auto found = state_->tasks.find(id);
  if (found == state_->tasks.end() || is_final(found->second.record->status)) return standing;
  const HeldTask& held = found->second;
  const Task& task = *held.record;
  if (task.status != TaskStatus::pending) {
    standing.waiting_for =
        task.status == TaskStatus::verifying ? WaitReason::verification : WaitReason::result;
    return standing;
  }
  standing.position = state_->pending.position(task);
  const auto reservation = std::ranges::find(state_->reservations, id, &Reservation::task);
  if (held.waits_until && *held.waits_until > now) {
    standing.waiting_for = WaitReason::back_off;
    standing.until = held.waits_until;
  } else if (eligible < (held.line ? held.line->width : 1)) {
    standing.waiting_for = WaitReason::eligible_nodes;
  } else if (held.line && !held.line->listed) {
    standing.waiting_for = WaitReason::quota;
  } else if (reservation != state_->reservations.end()) {
    standing.waiting_for = WaitReason::reservation;
    standing.nodes_reserved = reservation->nodes.size();
  } else if (with_room == 0) {
    standing.waiting_for = WaitReason::free_slots;
  } else {
    standing.waiting_for =
        state_->reservations.empty() ? WaitReason::turn : WaitReason::reservation;
  }
  return standing;
}

}  // namespace vcp::mesh
