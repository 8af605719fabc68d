// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/ids.hpp"
#include "vcp/base/result.hpp"
#include "vcp/mesh/core.hpp"
#include "vcp/store/backend.hpp"

/// What readers see. The writer changes a view under its exclusive lock, a batch at a time; a
/// reader copies pointers to immutable records out under the shared one and lets go.
namespace vcp::coordinator {

/// What one copy-out took.
struct CopyOut {
  std::string_view kind;  ///< of records: "nodes" or "tasks"
  std::size_t records = 0;
  std::size_t bytes = 0;  ///< that were copied, which are pointers
  double seconds = 0;     ///< with the wait for the lock
};
using ObserveCopy = std::function<void(const CopyOut&)>;

class NodeRegistry {
 public:
  explicit NodeRegistry(ObserveCopy observe) : observe_(std::move(observe)) {}

  [[nodiscard]] mesh::NodePtr find(const NodeId& id) const;

  /// All of them, in no order.
  [[nodiscard]] std::vector<mesh::NodePtr> all() const;

  /// The writer's only.
  void apply(std::span<const mesh::Change<mesh::NodePtr>> changes, std::span<const NodeId> removed);

  /// The writer's only. These, and no others.
  void assign(std::vector<mesh::NodePtr> nodes);

 private:
  ObserveCopy observe_;
  mutable std::shared_mutex mutex_;
  std::vector<mesh::NodePtr> nodes_;  // dense, so that copying is quick
  std::unordered_map<NodeId, std::size_t> index_;
};

struct TaskFilter {
  std::optional<std::string> owner = {};  ///< none: every owner's
  std::optional<mesh::TaskStatus> status = {};
  std::optional<mesh::TaskType> type = {};
  std::optional<Digest> module = {};
  std::optional<Time> created_after = {};
  std::optional<Time> created_before = {};

  [[nodiscard]] bool admits(const mesh::Task& task) const;
};

/// A part of a list, newest first. It may hold fewer than were asked for and still have a next:
/// one call looks at a bounded number of records.
struct TaskPage {
  std::vector<mesh::TaskPtr> tasks;
  std::optional<TaskId> next;  ///< continue before this one
};

/// Every task: active and lately ended ones in memory, all that ended in the store.
class TaskStore {
 public:
  TaskStore(const store::Backend& backend, std::size_t keep_ended, ObserveCopy observe)
      : backend_(backend), keep_ended_(keep_ended), observe_(std::move(observe)) {}

  /// Null if there is no such task.
  [[nodiscard]] Result<mesh::TaskPtr> find(const TaskId& id) const;

  /// A task of that owner, or of any, that was completed with this proof; null if there is none.
  [[nodiscard]] Result<mesh::TaskPtr> find_proven(const Digest& proof,
                                                  const std::optional<std::string>& owner) const;

  [[nodiscard]] Result<TaskPage> list(const TaskFilter& filter, std::optional<TaskId> before,
                                      std::size_t limit) const;

  /// The writer's only. Ended tasks may leave memory once commit `durable` covers them.
  void apply(std::span<const mesh::TaskChange> changes, std::uint64_t durable);

  /// The writer's only. These ended tasks leave the store, and memory.
  void forget(std::span<const TaskId> ids);

  /// The writer's only. In memory these, which have not ended, and no others.
  void assign(const std::vector<mesh::TaskPtr>& active);

 private:
  struct Walk {
    std::vector<mesh::TaskPtr> tasks;
    TaskId reached;  ///< the last one looked at
    bool exhausted = true;
  };
  using Ordered = std::map<TaskId, mesh::TaskPtr>;

  void put(const mesh::TaskPtr& task);
  void drop(const mesh::TaskPtr& task);
  [[nodiscard]] Walk walk_memory(const TaskFilter& filter, const std::optional<TaskId>& before,
                                 std::size_t limit) const;
  static void walk_owner(const Ordered& tasks, const TaskFilter& filter,
                         const std::optional<TaskId>& before, std::size_t limit, Walk& walk);
  [[nodiscard]] Result<Walk> walk_store(const TaskFilter& filter,
                                        const std::optional<TaskId>& before,
                                        std::size_t limit) const;

  const store::Backend& backend_;
  std::size_t keep_ended_;
  ObserveCopy observe_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<TaskId, mesh::TaskPtr> by_id_;
  std::map<std::string, Ordered, std::less<>> by_owner_;
  std::deque<mesh::TaskPtr> ended_;  // those in memory, in the order in which they ended
};

}  // namespace vcp::coordinator
