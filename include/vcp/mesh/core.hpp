// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "vcp/base/ids.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/mesh/node.hpp"
#include "vcp/mesh/task.hpp"

namespace vcp::mesh {

/// What one owner may take of the mesh, beside others.
struct OwnerPolicy {
  double weight = 1;  ///< its share within one priority is in proportion to it
  std::uint64_t max_pending = UINT64_MAX;
  std::uint64_t max_running = UINT64_MAX;

  friend bool operator==(const OwnerPolicy&, const OwnerPolicy&) = default;
};

struct Settings {
  Duration lease_ttl{30'000};
  Duration heartbeat_interval{10'000};
  std::uint32_t missed_heartbeats = 3;  ///< then a node is offline
  Duration retry_backoff{100};          ///< doubles with each failure, with jitter
  Duration max_retry_backoff{30'000};
  Duration prefer_other_node{2'000};   ///< how long a retry waits for a node that has not failed it
  std::uint32_t max_placements = 100;  ///< of one task, whatever ended them
  std::uint32_t poison_nodes = 3;      ///< a task that loses so many nodes is given up
  Strategy strategy = Strategy::weighted;  ///< of tasks that name none
  Duration gang_patience{2'000};           ///< a gang that waited so long has nodes reserved for it
  std::uint32_t trusted_after = 10;  ///< results in a row confirmed by others, for adaptive quorums
  double recheck_cost = 1;  ///< of a run of the coordinator's own, in runs, for `automatic`
  double coalition = 0.01;  ///< share of nodes that are taken to be in league, for `automatic`
  OwnerPolicy any_owner;
  std::map<std::string, OwnerPolicy> owners;  ///< of those that differ
};

/// A waiting request of a node for leases.
enum class PollId : std::uint64_t {};

/// What a node is given of a task.
struct Offer {
  TaskPtr task;
  Lease lease;
  Time deadline;
};

/// The answer to a poll: what it got, or nothing when its time was up.
struct PollAnswer {
  PollId poll{};
  std::vector<Offer> offers;
};

/// A result as a node reports it.
struct Report {
  TaskId task;
  NodeId node;
  Epoch epoch{};
  std::uint32_t rank = 0;
  Outcome outcome = Outcome::ok;
  std::string detail;
  TaskResult result;
};

struct LeaseName {
  TaskId task;
  Epoch epoch{};
  std::optional<double> progress = {};  ///< 0 to 1, as the node tells it
};

struct HeartbeatReply {
  NodePtr node;
  std::vector<LeaseName> cancelled;  ///< named by the node, but not its own (any more)
};

/// How answers were judged, since the start.
struct TrustCounts {
  std::uint64_t confirmed = 0;            ///< answers that equalled others, or a run of our own
  std::uint64_t disputed = 0;             ///< answers that were caught to be wrong
  std::uint64_t rechecked = 0;            ///< tasks that were run again
  std::uint64_t spot_checks = 0;          ///< of nodes that had proved themselves
  std::uint64_t accepted_adaptively = 0;  ///< answers of such nodes, taken by themselves
};

/// Counters over everything the core knows, kept with each change.
struct Counts {
  std::uint64_t pending = 0;
  std::uint64_t running = 0;
  std::uint64_t verifying = 0;
  std::array<std::uint64_t, 4> nodes{};  ///< by NodeStatus
  std::uint64_t cores = 0;               ///< of nodes that are not offline
  std::uint64_t health_micros = 0;       ///< health scores in millionths, added up over all nodes
  std::uint64_t error_nanos = 0;         ///< error rates in billionths, added up over all nodes
  TrustCounts trust;

  /// What one node adds.
  struct Contribution {
    NodeStatus status = NodeStatus::online;
    std::uint64_t cores = 0;
    std::uint64_t health_micros = 0;
    std::uint64_t error_nanos = 0;
  };
  [[nodiscard]] static Contribution of(const Node& node);
  void add(const Contribution& node);
  void subtract(const Contribution& node);

  [[nodiscard]] std::uint64_t all_nodes() const;
  [[nodiscard]] double average_health() const;  ///< 0 if there is no node
};

/// A task or a node that has a new status.
struct Transition {
  struct OfTask {
    TaskId task;
    std::shared_ptr<const TaskSpec> spec;
    TaskStatus status;
  };
  struct OfNode {
    NodeId node;
    NodeStatus status;
  };

  Time at;
  std::variant<OfTask, OfNode> subject;
};

/// What a task waits for.
enum class WaitReason : std::uint8_t {
  nothing,
  result,
  verification,
  back_off,
  eligible_nodes,
  free_slots,
  quota,
  reservation,  ///< what it could take is kept for a gang; or it is the gang, and not all is there
  turn,
};
[[nodiscard]] std::string_view to_string(WaitReason reason);

/// Where a task stands.
struct Standing {
  WaitReason waiting_for = WaitReason::nothing;
  std::optional<std::uint64_t> position;  ///< tasks before it, by priority and submission
  std::optional<Time> until;              ///< of a back-off
  std::uint64_t nodes_reserved = 0;       ///< of a gang: kept for it so far
};

/// What the coordinator found of a task in verification.
struct Verdict {
  struct Refusal {
    Epoch epoch{};
    Outcome reason = Outcome::refuted;
    std::string detail;
  };
  std::vector<Refusal> refused;                 ///< answers that do not hold
  std::shared_ptr<const TaskResult> assembled;  ///< of a gang
};

/// A record that changed, and whether the store must hear of it: renewals, telemetry and the like
/// stay in memory.
template <class Ptr>
struct Change {
  Ptr record;
  bool durable = true;
};

/// Until it is published nobody else reads the record, so that its receipt can still be entered.
using TaskChange = Change<std::shared_ptr<Task>>;

/// What happened since the last `take_changes`: the records that changed, for the store and for
/// the readers, and the polls that are answered once those are durable.
struct Changes {
  std::vector<TaskChange> tasks;
  std::vector<Change<NodePtr>> nodes;
  std::vector<NodeId> removed_nodes;
  std::vector<PollAnswer> polls;
  std::vector<Digest> dropped_contents;  ///< of answers that no record has any more
  std::vector<TaskPtr> to_verify;        ///< each is to be answered with `Core::verified`
  std::vector<Transition> transitions;   ///< in the order in which they happened
  std::optional<Epoch> last_epoch;       ///< if epochs were given
};

/// The coordinator's core: nodes, tasks, leases and placement as a function of time and input. It
/// reads no clock, starts no thread and touches no file; the same calls with the same seed give
/// the same decisions. One thread.
class Core {
 public:
  Core(Settings settings, Random& random);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // --- Recovery: before anything else, with what the store holds.

  void restore(Node node);
  void restore(Task task);
  void restore_epoch(Epoch last);

  /// Gives every live lease and every node one full term from now.
  void start(Time now);

  // --- Commands. Each takes effect at once; `take_changes` tells what came of it.

  /// A new node, or with `again` one that registers anew: its leases are placed again.
  [[nodiscard]] Result<NodePtr> register_node(Time now, Registration registration, bool again);
  [[nodiscard]] Result<> remove_node(Time now, const NodeId& id);
  [[nodiscard]] Result<NodePtr> set_draining(Time now, const NodeId& id, bool draining);

  /// Renews the leases that it names, as far as their tasks' time limits go.
  [[nodiscard]] Result<HeartbeatReply> heartbeat(Time now, const NodeId& id,
                                                 const Telemetry& telemetry,
                                                 std::span<const LeaseName> leases);

  /// Asks for up to `max` leases, to be answered in `Changes::polls` by `until`.
  [[nodiscard]] Result<> poll(PollId poll, const NodeId& id, std::uint32_t max, Time until);

  /// Answers the polls of that node, now.
  void end_polls(const NodeId& id);

  /// Answers every poll with nothing, now and from now on.
  void close_polls();

  /// `rate_limited` if the owner has as many pending as it may.
  [[nodiscard]] Result<TaskPtr> submit(Time now, TaskSpec spec);

  /// `conflict` if the lease is not live. The same report again is answered as the first.
  [[nodiscard]] Result<TaskPtr> report(Time now, const Report& report);

  /// A report for which no lease is live, also of a task that left the core when it ended. If the
  /// run was given up for lost and others have agreed since, what it says counts for its node, or
  /// against it, once. The task stays as it is.
  void note_late(Time now, const Report& report);

  [[nodiscard]] Result<TaskPtr> cancel(Time now, const TaskId& id);

  /// Ends the verification of a task; nothing happens if it has ended meanwhile.
  void verified(Time now, const TaskId& id, const Verdict& verdict);

  // --- Time and placement: once after each batch of commands.

  /// Ends what is over by now: leases, silences, back-offs.
  void advance(Time now);

  /// Gives pending tasks to the nodes that wait for them, as far as both go, and answers the polls
  /// whose time is up.
  void place(Time now);

  /// When `advance` has something to do next.
  [[nodiscard]] std::optional<Time> next_event() const;

  /// The changes so far. Those that are durable are stamped with the number of the commit that will
  /// carry them; the others may never be written, and keep the stamp of what was.
  [[nodiscard]] Changes take_changes(std::uint64_t commit);

  // --- Reading.

  [[nodiscard]] TaskPtr find_task(const TaskId& id) const;
  [[nodiscard]] NodePtr find_node(const NodeId& id) const;
  [[nodiscard]] const Counts& counts() const;

  /// Where an active task stands, given how many nodes could run it, and how many of those have
  /// room for it now.
  [[nodiscard]] Standing standing(Time now, const TaskId& id, std::uint64_t eligible,
                                  std::uint64_t with_room) const;

  /// Whether a lease that the node holds needs the content, be it module or input.
  [[nodiscard]] bool needs_content(const NodeId& node, const Digest& content) const;

  /// Whether a task of that owner that has not ended needs the content, be it module or input.
  [[nodiscard]] bool uses_content(const std::string& owner, const Digest& content) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What becomes of a report for which no lease is live: one that counted already is answered with
/// the task, any other is `conflict`.
[[nodiscard]] Result<TaskPtr> answer_late_report(const TaskPtr& task, const Report& report);

/// Whether the node may ever run the task, by everything but its free slots, memory and state.
/// Each constraint by itself, in the order and under the names in which `explain` shows them.
struct ConstraintCheck {
  std::string_view name;
  bool (*passes)(const Node& node, const Requirements& requirements);
};
[[nodiscard]] std::span<const ConstraintCheck> constraints();
[[nodiscard]] bool meets(const Node& node, const Requirements& requirements);

/// Whether a node in this state is given work at all.
[[nodiscard]] bool takes_work(const Node& node);

/// Whether it could have the memory that the task takes, were it idle.
[[nodiscard]] bool has_memory(const Node& node, const TaskSpec& spec);

/// Whether it has a slot and the memory that the task takes.
[[nodiscard]] bool has_room(const Node& node, const TaskSpec& spec);

}  // namespace vcp::mesh
