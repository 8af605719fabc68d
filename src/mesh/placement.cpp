// SPDX-License-Identifier: Apache-2.0
// Which task goes to which of the nodes that wait for work.
#include <algorithm>
#include <cmath>
#include <queue>
#include <tuple>

#include "lifecycle.hpp"
#include "state.hpp"

namespace vcp::mesh {
namespace {

using PollIterator = std::map<PollId, OpenPoll>::iterator;

/// A node that waits for work in this round.
struct Candidate {
  HeldNode* node;
  PollIterator poll;
};

bool takes_work(const HeldNode& node) {
  const Node& record = *node.record;
  if (record.offline || record.draining) return false;
  return !record.safe_mode || (record.trial && !node.trial);
}

bool has_room(const Node& node, const TaskSpec& spec) {
  const double memory_mb = node.registration.capabilities.memory_gb * 1024;
  return node.slots_free() > 0 &&
         static_cast<double>(node.reserved_mb + spec.limits.memory_mb) <= memory_mb;
}

/// The first of a line among the firsts of all: priority, then the owner's share, then the order
/// of submission.
struct Head {
  std::uint8_t below_top;
  std::uint64_t served;
  TaskId task;
  Line* line;

  friend bool operator>(const Head& a, const Head& b) {
    return std::tie(a.below_top, a.served, a.task) > std::tie(b.below_top, b.served, b.task);
  }
};

Head head_of(Line& line, const Pending& pending) {
  const Turn& first = *line.turns.begin();
  return {first.below_top, pending.served(line.spec->owner), first.task, &line};
}

/// Every strategy as a cost: the candidate with the least one is chosen.
class Choice {
 public:
  Choice(Strategy strategy, Random& random, const std::vector<Candidate>& candidates)
      : strategy_(strategy), random_(random) {
    if (strategy != Strategy::spread) return;
    for (const Candidate& each : candidates) {
      const Node& node = *each.node->record;
      region_leases_[node.registration.region] += node.leases;
    }
  }

  [[nodiscard]] const Candidate* best(const std::vector<Candidate>& candidates) const {
    const Candidate* best = nullptr;
    std::pair<double, double> least;
    for (const Candidate& each : candidates) {
      const auto cost_of_each = cost(*each.node);
      if (!best || cost_of_each < least) {
        best = &each;
        least = cost_of_each;
      }
    }
    return best;
  }

 private:
  [[nodiscard]] std::pair<double, double> cost(const HeldNode& held) const {
    const Node& node = *held.record;
    const auto last = static_cast<double>(held.last_granted);
    switch (strategy_) {
      case Strategy::weighted: {
        // The least of exponential variates with these rates is each with a probability in
        // proportion to its rate (Efraimidis and Spirakis 2006).
        const double rate = std::max(node.health_score(), 0.01);
        return {-std::log(1 - random_.uniform()) / rate, 0};
      }
      case Strategy::round_robin:
        return {last, 0};
      case Strategy::least_loaded:
        return {node.leases, last};
      case Strategy::latency_aware: {
        const bool measured = node.telemetry && node.telemetry->avg_latency_ms;
        return {measured ? *node.telemetry->avg_latency_ms : HUGE_VAL, node.leases};
      }
      case Strategy::spread:
        return {region_leases_.at(node.registration.region), node.leases};
    }
    return {0, 0};
  }

  Strategy strategy_;
  Random& random_;
  std::map<std::string_view, double> region_leases_;
};

}  // namespace

/// Gives the task to the node: the next epoch, one rank.
void Core::State::grant(Time now, Held<Task>& held, HeldNode& node, OpenPoll& poll) {
  pending.serve(held.record->spec->owner);
  pending.remove(*held.record);
  Task& task = edit(held);
  last_epoch = Epoch{std::to_underlying(last_epoch) + 1};
  gave_epoch = true;
  const Lease lease{.node = node.record->id(), .epoch = last_epoch, .rank = 0, .granted_at = now};
  task.leases.push_back(lease);
  ++task.started;
  move_to(task, TaskStatus::running, now);
  --counts.pending;
  ++counts.running;
  hold(now, task, lease);
  node.last_granted = ++grants;
  if (node.record->safe_mode) {
    edit(node, false).trial = false;
    node.trial = lease.epoch;
  }
  --poll.wanted;
  poll.offers.push_back({held.record, lease, leases.at(lease.epoch).deadline});
}

void Core::place(Time now) {
  State& state = *state_;
  state.place(now);
  while (const auto poll = state.poll_ends.take_due(now)) {
    state.answer(state.polls.find(*poll));
  }
}

void Core::State::place(Time now) {
  std::vector<Candidate> waiting;
  for (auto poll = polls.begin(); poll != polls.end(); ++poll) {
    waiting.push_back({find(poll->second.node), poll});
  }
  if (waiting.empty()) return;

  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  const auto push = [&](Line& line) { heads.push(head_of(line, pending)); };
  for (auto& [key, line] : pending.lines()) push(line);
  avoidance_ends.reset();

  std::vector<Candidate> candidates;
  while (!heads.empty()) {
    const Head head = heads.top();
    heads.pop();
    Line& line = *head.line;
    if (head.served < pending.served(line.spec->owner)) {
      push(line);  // another line of its owner had a turn meanwhile
      continue;
    }
    candidates.clear();
    for (const Candidate& each : waiting) {
      const Node& node = *each.node->record;
      if (each.poll->second.wanted == 0 || !takes_work(*each.node) || !has_room(node, *line.spec) ||
          !meets(node, line.spec->requirements)) {
        continue;
      }
      if (line.avoid_until > now && std::ranges::find(line.avoid, node.id()) != line.avoid.end()) {
        const bool sooner = !avoidance_ends || line.avoid_until < *avoidance_ends;
        if (sooner) avoidance_ends = line.avoid_until;
        continue;
      }
      candidates.push_back(each);
    }
    if (candidates.empty()) continue;

    const Choice choice(line.spec->strategy.value_or(settings.strategy), random, candidates);
    const Candidate* chosen = choice.best(candidates);
    const bool last_of_line = line.turns.size() == 1;
    grant(now, tasks.at(line.turns.begin()->task), *chosen->node, chosen->poll->second);
    if (!last_of_line) push(line);
  }
  for (const Candidate& each : waiting) {
    if (!each.poll->second.offers.empty()) answer(each.poll);
  }
}

}  // namespace vcp::mesh
