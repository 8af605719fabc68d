// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pending.hpp"
#include "vcp/mesh/core.hpp"

namespace vcp::mesh {

/// Things that happen at a time, in the order of that time.
template <class Key>
class Agenda {
 public:
  void set(Time at, Key key) { entries_.emplace(at, std::move(key)); }
  void drop(Time at, const Key& key) { entries_.erase({at, key}); }

  /// The key of the first entry that is due, taken out.
  [[nodiscard]] std::optional<Key> take_due(Time now) {
    if (entries_.empty() || entries_.begin()->first > now) return std::nullopt;
    return std::move(entries_.extract(entries_.begin()).value().second);
  }

  [[nodiscard]] std::optional<Time> next() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->first;
  }

 private:
  std::set<std::pair<Time, Key>> entries_;
};

/// A record under the core's hand: written in place until it is published, copied after that.
template <class Record>
struct Held {
  std::shared_ptr<Record> record;
  bool touched = false;  ///< changed since the last `take_changes`
  bool durable = false;  ///< and the store must hear of it
};

struct HeldNode : Held<Node> {
  std::set<Epoch> leases;
  Time silent_at;                  ///< when it will have been silent for too long
  std::optional<Epoch> trial;      ///< the lease that tries whether safe mode may end
  std::uint64_t last_granted = 0;  ///< the count of all grants at its last one
};

struct LiveLease {
  TaskId task;
  NodeId node;
  std::uint32_t rank = 0;
  Time deadline;
  Time limit;  ///< no renewal goes past it
  std::uint64_t memory_mb = 0;
};

struct OpenPoll {
  NodeId node;
  std::uint32_t wanted = 0;
  Time until;
  std::vector<Offer> offers;
};

/// All that the core knows, and the steps that its commands are made of.
struct Core::State {
  State(Settings core_settings, Random& source)
      : settings(core_settings),
        random(source),
        ids(source),
        pending(core_settings.prefer_other_node) {}

  Settings settings;
  Random& random;
  UuidSource ids;

  std::unordered_map<NodeId, HeldNode> nodes;
  std::unordered_map<TaskId, Held<Task>> tasks;
  std::unordered_map<Epoch, LiveLease> leases;
  std::map<PollId, OpenPoll> polls;  ///< open ones, in the order in which they came
  std::map<std::pair<std::string, Digest>, std::uint64_t> content_uses;  ///< by owner

  Pending pending;             ///< may be placed now
  Agenda<TaskId> backing_off;  ///< will be pending then
  Agenda<Epoch> lease_ends;
  Agenda<NodeId> silences;  ///< when a node will have been silent for too long
  Agenda<PollId> poll_ends;
  std::optional<Time> avoidance_ends;  ///< when a line stops passing nodes over

  std::vector<TaskId> touched_tasks;
  std::vector<NodeId> touched_nodes;
  std::vector<NodeId> removed_nodes;
  std::vector<PollAnswer> answers;

  Epoch last_epoch{};
  bool gave_epoch = false;
  std::uint64_t grants = 0;
  bool polls_closed = false;
  Counts counts;

  // Records.
  Task& edit(Held<Task>& held, bool durable = true);
  Node& edit(HeldNode& held, bool durable);
  HeldNode* find(const NodeId& id);
  Held<Task>* find(const TaskId& id);

  // Tasks.
  void use_content(const TaskSpec& spec);
  void unuse_content(const TaskSpec& spec);
  void dequeue(const Task& task);
  void end_task(Task& task, TaskStatus status, Time now);
  void wait_again(Time now, Task& task, Time not_before);
  void place_again(Time now, Task& task, Time not_before);
  void fail_attempt(Time now, Held<Task>& held, const Lease& lease, Outcome outcome,
                    std::string detail);
  [[nodiscard]] bool retries_spent(const Task& task) const;
  [[nodiscard]] Time back_off(Time now, const Task& task);

  // Leases.
  void hold(Time now, const Task& task, const Lease& lease);
  void end_lease(Epoch epoch, Task& task);
  void lose_lease(Time now, Epoch epoch, Outcome outcome, std::string_view detail);
  void renew(Time now, Epoch epoch, LiveLease& lease);

  // Nodes.
  void hear(HeldNode& node, Time now);
  void expect(HeldNode& node, Time now);
  void judge_safety(HeldNode& node);
  void note_success(HeldNode& node, bool trial);
  void note_failure(HeldNode& node);
  void place_all_again(Time now, HeldNode& node);

  // Polls and placement.
  void answer(std::map<PollId, OpenPoll>::iterator poll);
  void answer_polls_of(const NodeId& node);
  void place(Time now);
  void grant(Time now, Held<Task>& held, HeldNode& node, OpenPoll& poll);
};

}  // namespace vcp::mesh
