// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ready.hpp"
#include "vcp/mesh/core.hpp"

namespace vcp::mesh {

/// 9 less the priority, so that the first in order is the first in line.
[[nodiscard]] constexpr std::uint8_t below_top(const TaskSpec& spec) {
  return static_cast<std::uint8_t>(9 - spec.priority);
}

struct Line;

/// Where a line stands among others: by the priority of its tasks, by what their owner had of the
/// mesh at that priority, by the order of submission, which is that of the ids.
struct Standpoint {
  std::uint8_t below_top = 0;
  double share = 0;
  TaskId first;
  Line* line = nullptr;

  friend auto operator<=>(const Standpoint&, const Standpoint&) = default;
};

/// Tasks that the same nodes can run: equal requirements, memory and strategy.
struct TaskClass {
  TaskClass(std::string class_key, const TaskSpec& spec, Strategy strategy)
      : key(std::move(class_key)),
        requirements(spec.requirements),
        memory_mb(spec.limits.memory_mb),
        ready(strategy) {}

  std::string key;
  Requirements requirements;
  std::uint64_t memory_mb;
  ReadyNodes ready;            ///< who would run them now; kept while `indexed`
  bool indexed = false;        ///< `ready` is kept up, or will be from the next placement on
  std::uint64_t tasks = 0;     ///< active ones
  std::uint64_t pending = 0;   ///< of them
  std::set<Standpoint> heads;  ///< its lines that may have a turn
};

/// What an owner has of the mesh.
struct Owner {
  OwnerPolicy policy;
  std::uint64_t pending = 0;
  std::uint64_t running = 0;
  std::array<double, 10> share{};  ///< by `below_top`: tasks placed, over the owner's weight
  std::set<Line*> lines;
};

/// Pending tasks of one owner, class and priority that wait in the order of submission: if a node
/// cannot take the first, it can take none.
struct Line {
  std::string key;
  Owner* owner = nullptr;
  TaskClass* of = nullptr;
  std::uint8_t below_top = 0;
  std::uint32_t width = 1;       ///< nodes that each takes at once
  bool continuing = false;       ///< they run already, and want one more node each
  std::vector<NodeId> excluded;  ///< nodes that none of them goes to
  __gnu_pbds::tree<TaskId, __gnu_pbds::null_type, std::less<>, __gnu_pbds::rb_tree_tag,
                   __gnu_pbds::tree_order_statistics_node_update>
      tasks;
  bool listed = false;    ///< stands in its class's heads, as ...
  Standpoint standpoint;  ///< ... this
};

/// How one task stands in line.
struct Place {
  TaskClass* of = nullptr;
  Line* line = nullptr;  ///< null: nowhere
};

/// The tasks that may be placed now, in lines; their classes; and what each owner has had.
class Pending {
 public:
  explicit Pending(const Settings& settings) : settings_(settings) {}

  /// The class of tasks like this one, held for one more of them.
  [[nodiscard]] TaskClass* join(const TaskSpec& spec);
  void leave(TaskClass* task_class);

  [[nodiscard]] Owner& owner(const std::string& name);

  struct Wish {
    std::uint32_t width = 1;
    bool continuing = false;
    std::vector<NodeId> excluded = {};  ///< sorted
  };
  [[nodiscard]] Line* add(const Task& task, TaskClass* task_class, Wish wish);
  void remove(const TaskId& task, Line* line);

  /// So many of the owner's tasks of that priority were placed.
  void charge(Owner& owner, std::uint8_t below_top, std::uint32_t tasks);

  /// One more or one fewer runs.
  void count_running(Owner& owner, bool more);

  /// Classes that know who is ready: all with something pending, and a few others.
  [[nodiscard]] const std::vector<TaskClass*>& indexed() const { return indexed_; }

  /// A class that has something pending and is not indexed yet, if there is one.
  [[nodiscard]] TaskClass* take_unindexed();

  /// Tasks before this one by priority and submission.
  [[nodiscard]] std::uint64_t position(const Task& task) const;

 private:
  void list(Line& line);
  void unlist(Line& line);
  [[nodiscard]] bool may_list(const Line& line) const;
  void drop_idle_classes();

  const Settings& settings_;
  std::unordered_map<std::string, std::unique_ptr<TaskClass>> classes_;
  std::unordered_map<std::string, std::unique_ptr<Line>> lines_;
  std::unordered_map<std::string, Owner> owners_;
  std::array<double, 10> level_{};  ///< by `below_top`: the share at which the last was placed
  std::vector<TaskClass*> indexed_;
  std::vector<TaskClass*> unindexed_;
};

}  // namespace vcp::mesh
