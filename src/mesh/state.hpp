// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pending.hpp"
#include "ready.hpp"
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

struct HeldTask : Held<Task> {
  TaskClass* of = nullptr;
  Owner* owner = nullptr;
  Line* line = nullptr;              ///< where it waits to be placed, if it does
  std::optional<Time> waits_until;   ///< in `backing_off`
  std::optional<Time> avoids_until;  ///< in `avoidances`
  std::optional<Time> ages_at;       ///< in `gang_ages`
};

struct HeldNode : Held<Node> {
  Handle handle = 0;
  RegionId region = 0;
  std::set<Epoch> leases;
  Time silent_at;                  ///< when it will have been silent for too long
  std::optional<Epoch> trial;      ///< the lease that tries whether safe mode may end
  std::vector<PollId> polls;       ///< open ones, in the order in which they came
  std::optional<Time> asks_until;  ///< its last poll was in vain, and it will ask again by then
  std::vector<Offer> undelivered;  ///< of gangs, for its next poll
  std::uint32_t wanted = 0;        ///< leases that those still ask for
  std::uint32_t held_slots = 0;    ///< kept for gangs
  std::uint64_t held_mb = 0;       ///< kept for gangs
  std::uint32_t awaited_by = 0;    ///< gangs that need nothing more but its next poll
  bool ready = false;              ///< stands in the indexes of classes
  bool stale = false;              ///< what they say of it is to be looked at again
  std::optional<Counts::Contribution> counted;
};

struct LiveLease {
  TaskId task;
  NodeId node;
  std::uint32_t rank = 0;
  Time deadline;
  Time limit;  ///< no renewal goes past it
  std::uint64_t memory_mb = 0;
};

using LateRunKey = std::pair<TaskId, NodeId>;

/// A run that was given up for lost when others agreed without it.
struct LateRun {
  Epoch epoch{};
  std::shared_ptr<const Answer> winner;  ///< what they agreed on
  Time until;                            ///< then nothing is expected of it any more
};

struct OpenPoll {
  NodeId node;
  std::uint32_t wanted = 0;
  Time until;
  std::vector<Offer> offers;
};

/// Nodes that are kept for a gang that has waited for long: a slot and the memory of each.
struct Reservation {
  TaskId task;
  std::uint32_t width = 0;
  std::vector<HeldNode*> nodes;
  Time review_at;
  std::optional<Time> complete_since;
};

/// All that the core knows, and the steps that its commands are made of.
struct Core::State {
  State(Settings core_settings, Random& source)
      : settings(std::move(core_settings)), random(source), ids(random), pending(settings) {}

  const Settings settings;
  BufferedRandom random;
  UuidSource ids;
  Time now;  ///< of the last step

  std::unordered_map<NodeId, HeldNode> nodes;
  std::vector<HeldNode*> by_handle;  ///< null where the handle is free
  std::vector<Handle> free_handles;
  Regions regions;
  std::set<Handle> askers;  ///< nodes that polled in vain lately
  std::unordered_map<TaskId, HeldTask> tasks;
  std::unordered_map<Epoch, LiveLease> leases;
  std::map<PollId, OpenPoll> polls;
  std::map<LateRunKey, LateRun> late_runs;
  std::map<std::pair<std::string, Digest>, std::uint64_t> content_uses;  ///< by owner

  Pending pending;                        ///< may be placed now
  std::vector<Reservation> reservations;  ///< in the order in which they are served
  Agenda<TaskId> backing_off;             ///< will be pending then
  Agenda<TaskId> avoidances;              ///< will go to nodes then that failed them
  Agenda<TaskId> gang_ages;               ///< will have nodes reserved then
  Agenda<Epoch> lease_ends;
  Agenda<NodeId> silences;  ///< when a node will have been silent for too long
  Agenda<PollId> poll_ends;
  Agenda<LateRunKey> late_run_ends;

  std::vector<TaskId> touched_tasks;
  std::vector<NodeId> touched_nodes;
  std::vector<NodeId> removed_nodes;
  std::vector<HeldNode*> stale_nodes;
  std::vector<PollId> served_polls;
  std::vector<PollAnswer> answers;
  std::vector<Digest> dropped_contents;
  std::vector<TaskId> to_verify;
  std::vector<Transition> transitions;

  Epoch last_epoch{};
  bool gave_epoch = false;
  std::uint64_t grants = 0;
  bool polls_closed = false;
  Counts counts;

  // Records (core.cpp).
  Task& edit(HeldTask& held, bool durable = true);
  Node& edit(HeldNode& held, bool durable);
  HeldNode* find(const NodeId& id);
  HeldTask* find(const TaskId& id);
  void count(HeldNode& held);
  void uncount(HeldNode& held);

  // Tasks (tasks.cpp).
  HeldTask& adopt(std::shared_ptr<Task> task);
  void use_content(const TaskSpec& spec);
  void unuse_content(const TaskSpec& spec);
  void count_status(HeldTask& held, TaskStatus status, bool more);
  void set_status(HeldTask& held, TaskStatus status);
  void wait_in_line(HeldTask& held);
  void leave_line(HeldTask& held);
  void end_task(HeldTask& held, TaskStatus status);
  void fail_task(HeldTask& held, Outcome reason, std::string detail);
  void place_again(HeldTask& held, Time not_before);
  void fail_attempt(HeldTask& held, const Lease& lease, Outcome outcome, std::string detail);
  void take_answer(HeldTask& held, const Lease& lease, const Report& report);
  void settle(HeldTask& held, std::uint32_t rank);
  void judge(HeldTask& held, const Answer& winner);
  void conclude(HeldTask& held);
  void finish(HeldTask& held);
  [[nodiscard]] bool retries_spent(const Task& task) const;
  [[nodiscard]] Time back_off(const Task& task);

  // Runs that quorums did without (late.cpp).
  void expect_late(const Task& task, const Answer& winner);

  // Leases (leases.cpp).
  void hold(const Task& task, const Lease& lease);
  void end_lease(Epoch epoch, Task& task);
  void end_leases(HeldTask& held, std::optional<std::uint32_t> rank = std::nullopt);
  void lose_lease(Epoch epoch, Outcome outcome, std::string_view detail);
  void renew(Epoch epoch, LiveLease& lease);

  // Nodes (nodes.cpp).
  HeldNode& admit(std::shared_ptr<Node> node);
  void hear(HeldNode& node);
  void expect(HeldNode& node);
  void judge_safety(HeldNode& node);
  void note_answer(HeldNode& node, bool trial);
  void note_counted(const NodeId& id, bool confirmed);
  void note_dispute(const NodeId& id);
  void note_failure(HeldNode& node);
  void place_all_again(HeldNode& node);
  void answer(std::map<PollId, OpenPoll>::iterator poll);
  void answer_polls_of(HeldNode& node);

  // Placement (placement.cpp).
  void mark_stale(HeldNode& node);
  void refresh(HeldNode& node);
  void refresh_stale();
  void index_new_classes();
  [[nodiscard]] bool fits(const HeldNode& node, const TaskClass& task_class) const;
  [[nodiscard]] bool can_be_granted(const HeldNode& node) const;
  void place();
  [[nodiscard]] bool place_first(Line& line);
  void set_aside(const Line& line);
  [[nodiscard]] std::vector<HeldNode*> lately_asking(const Line& line);
  [[nodiscard]] bool asks(const HeldNode& node) const;
  void stop_asking(HeldNode& node);
  [[nodiscard]] HeldNode& choose(const Task& task, TaskClass& task_class);
  [[nodiscard]] HeldNode& choose_unrelated(const Task& task, TaskClass& task_class);
  void start(HeldTask& held, const std::vector<HeldNode*>& chosen);
  void grant(HeldTask& held, HeldNode& node, std::uint32_t rank);
  [[nodiscard]] bool trusts(const Task& task, const Node& node);
  void plan(Task& task, const Node& node);

  // Gangs (gangs.cpp).
  [[nodiscard]] bool may_reserve(const HeldTask& gang) const;
  void reserve_for_aged();
  void serve_reservations();
  void review(Reservation& reservation);
  void fill(Reservation& reservation);
  void release(Reservation& reservation, HeldNode& node);
  void release_all(Reservation& reservation);
  void release_holds_on(HeldNode& node);
  void drop_reservation(const TaskId& task);
  [[nodiscard]] std::uint64_t eligible_nodes(const TaskClass& task_class) const;
};

}  // namespace vcp::mesh
