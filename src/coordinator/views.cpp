// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/views.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <unordered_set>

#include "vcp/coordinator/records.hpp"

namespace vcp::coordinator {
namespace {

using mesh::NodePtr;
using mesh::Task;
using mesh::TaskPtr;

/// Records that one call may look at in search of matches.
constexpr std::size_t kMaxLooks = 10'000;

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

template <class Ptr>
CopyOut copy_out(std::string_view kind, const std::vector<Ptr>& copied, double seconds) {
  return {.kind = kind,
          .records = copied.size(),
          .bytes = copied.size() * sizeof(Ptr),
          .seconds = seconds};
}

/// The first key that sorts after every id.
const std::string kAfterIds(17, '\xff');

}  // namespace

// --- NodeRegistry

NodePtr NodeRegistry::find(const NodeId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : nodes_[found->second];
}

std::vector<NodePtr> NodeRegistry::all() const {
  const Stopwatch stopwatch;
  std::vector<NodePtr> copy;
  {
    const std::shared_lock lock(mutex_);
    copy = nodes_;
  }
  observe_(copy_out("nodes", copy, stopwatch.seconds()));
  return copy;
}

void NodeRegistry::apply(std::span<const mesh::Change<NodePtr>> changes,
                         std::span<const NodeId> removed) {
  if (changes.empty() && removed.empty()) return;
  const std::unique_lock lock(mutex_);
  // A node that was removed and registered again in one batch stands in both lists.
  for (const NodeId& id : removed) {
    const auto found = index_.find(id);
    if (found == index_.end()) continue;
    const std::size_t hole = found->second;
    index_.erase(found);
    if (hole + 1 != nodes_.size()) {
      nodes_[hole] = std::move(nodes_.back());
      index_[nodes_[hole]->id()] = hole;
    }
    nodes_.pop_back();
  }
  for (const auto& change : changes) {
    const auto [at, fresh] = index_.try_emplace(change.record->id(), nodes_.size());
    if (fresh) {
      nodes_.push_back(change.record);
    } else {
      nodes_[at->second] = change.record;
    }
  }
}

void NodeRegistry::assign(std::vector<NodePtr> nodes) {
  std::unordered_map<NodeId, std::size_t> index;
  for (std::size_t i = 0; i < nodes.size(); ++i) index.emplace(nodes[i]->id(), i);
  const std::unique_lock lock(mutex_);
  nodes_.swap(nodes);
  index_.swap(index);
}

// --- TaskStore

bool TaskFilter::admits(const Task& task) const {
  return (!owner || task.spec->owner == *owner) && (!status || task.status == *status) &&
         (!type || task.spec->type == *type) && (!module || task.spec->module == *module) &&
         (!created_after || task.created_at > *created_after) &&
         (!created_before || task.created_at < *created_before);
}

Result<TaskPtr> TaskStore::find(const TaskId& id) const {
  {
    const std::shared_lock lock(mutex_);
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) return found->second;
  }
  const auto stored = backend_.get(store::Table::finished, id.view());
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return nullptr;
  auto task = decode_task(**stored);
  if (!task) return std::unexpected(task.error());
  return std::make_shared<const Task>(std::move(*task));
}

Result<TaskPtr> TaskStore::find_proven(const Digest& proof,
                                       const std::optional<std::string>& owner) const {
  const std::string first = proof_key(proof, owner ? owned_key(*owner, "") : "");
  std::optional<TaskId> id;
  const auto take = [&](std::string_view key, std::string_view) {
    if (!key.starts_with(first)) return false;
    id.emplace();
    std::ranges::copy(key.substr(key.size() - id->bytes.size()), id->bytes.begin());
    return false;
  };
  const Result<> scanned =
      backend_.scan(store::Table::proofs, first, "", store::Order::ascending, take);
  if (!scanned) return std::unexpected(scanned.error());
  if (!id) return nullptr;
  return find(*id);
}

Result<TaskPage> TaskStore::list(const TaskFilter& filter, std::optional<TaskId> before,
                                 std::size_t limit) const {
  // Memory first: what leaves it meanwhile is in the store by then.
  std::vector<Walk> walks;
  walks.push_back(walk_memory(filter, before, limit));
  if (!filter.status || is_final(*filter.status)) {
    Result<Walk> stored = walk_store(filter, before, limit);
    if (!stored) return std::unexpected(stored.error());
    walks.push_back(std::move(*stored));
  }

  // Every walk has seen all matches from the newest down to the highest point that one stopped at.
  std::optional<TaskId> cut;
  TaskPage page;
  for (Walk& walk : walks) {
    if (!walk.exhausted && (!cut || walk.reached > *cut)) cut = walk.reached;
    std::ranges::move(walk.tasks, std::back_inserter(page.tasks));
  }
  if (cut) std::erase_if(page.tasks, [&cut](const TaskPtr& task) { return task->id < *cut; });
  // Of a task that both have, memory's record stays: it alone knows its commit.
  std::ranges::sort(page.tasks, std::greater<>{},
                    [](const TaskPtr& task) { return std::pair(task->id, task->commit); });
  const auto doubles = std::ranges::unique(page.tasks, {}, &Task::id);
  page.tasks.erase(doubles.begin(), doubles.end());
  if (page.tasks.size() > limit) {
    page.tasks.resize(limit);
    page.next = page.tasks.back()->id;
  } else {
    page.next = cut;
  }
  return page;
}

TaskStore::Walk TaskStore::walk_memory(const TaskFilter& filter,
                                       const std::optional<TaskId>& before,
                                       std::size_t limit) const {
  const Stopwatch stopwatch;
  Walk all;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [owner, tasks] : by_owner_) {
      if (filter.owner && *filter.owner != owner) continue;
      Walk walk;
      walk_owner(tasks, filter, before, limit, walk);
      if (!walk.exhausted && (all.exhausted || walk.reached > all.reached)) {
        all.exhausted = false;
        all.reached = walk.reached;
      }
      std::ranges::move(walk.tasks, std::back_inserter(all.tasks));
    }
  }
  observe_(copy_out("tasks", all.tasks, stopwatch.seconds()));
  return all;
}

void TaskStore::walk_owner(const Ordered& tasks, const TaskFilter& filter,
                           const std::optional<TaskId>& before, std::size_t limit, Walk& walk) {
  const auto end = before ? tasks.lower_bound(*before) : tasks.end();
  std::size_t looks = 0;
  for (auto at = std::make_reverse_iterator(end); at != tasks.rend(); ++at) {
    if (++looks > kMaxLooks || walk.tasks.size() > limit) {
      walk.exhausted = false;
      return;
    }
    walk.reached = at->first;
    if (filter.admits(*at->second)) walk.tasks.push_back(at->second);
  }
}

Result<TaskStore::Walk> TaskStore::walk_store(const TaskFilter& filter,
                                              const std::optional<TaskId>& before,
                                              std::size_t limit) const {
  using store::Table;
  Walk walk;
  std::size_t looks = 0;
  Result<> damage;
  const auto consider = [&](std::string_view id, std::string_view record) {
    if (++looks > kMaxLooks || walk.tasks.size() > limit) {
      walk.exhausted = false;
      return false;
    }
    auto task = decode_task(record);
    if (!task) {
      damage = std::unexpected(task.error());
      return false;
    }
    std::ranges::copy(id, walk.reached.bytes.begin());
    if (filter.admits(*task)) {
      walk.tasks.push_back(std::make_shared<const Task>(std::move(*task)));
    }
    return true;
  };

  Result<> scanned;
  if (!filter.owner) {
    scanned = backend_.scan(Table::finished, "", before ? before->view() : kAfterIds,
                            store::Order::descending, consider);
  } else {
    const bool only_failed = filter.status == mesh::TaskStatus::failed;
    const auto look_up = [&](std::string_view key, std::string_view) {
      const std::string_view id = key.substr(filter.owner->size() + 1);
      const auto record = backend_.get(Table::finished, id);
      if (!record) damage = std::unexpected(record.error());
      return record && (!*record || consider(id, **record));
    };
    scanned =
        backend_.scan(only_failed ? Table::dead : Table::by_owner, owned_key(*filter.owner, ""),
                      owned_key(*filter.owner, before ? before->view() : kAfterIds),
                      store::Order::descending, look_up);
  }
  if (!damage) return std::unexpected(damage.error());
  if (!scanned) return std::unexpected(scanned.error());
  return walk;
}

void TaskStore::apply(std::span<const mesh::TaskChange> changes, std::uint64_t durable) {
  if (changes.empty()) return;
  const std::unique_lock lock(mutex_);
  for (const auto& change : changes) {
    put(change.record);
    if (is_final(change.record->status)) ended_.push_back(change.record);
  }
  while (ended_.size() > keep_ended_ && ended_.front()->commit <= durable) {
    const TaskPtr task = std::move(ended_.front());
    ended_.pop_front();
    drop(task);
  }
}

void TaskStore::forget(std::span<const TaskId> ids) {
  const std::unique_lock lock(mutex_);
  std::unordered_set<TaskPtr> gone;
  for (const TaskId& id : ids) {
    if (const auto found = by_id_.find(id); found != by_id_.end()) gone.insert(found->second);
  }
  if (gone.empty()) return;
  std::erase_if(ended_, [&gone](const TaskPtr& task) { return gone.contains(task); });
  for (const TaskPtr& task : gone) drop(task);
}

void TaskStore::assign(const std::vector<TaskPtr>& active) {
  const std::unique_lock lock(mutex_);
  by_id_.clear();
  by_owner_.clear();
  ended_.clear();
  for (const TaskPtr& task : active) put(task);
}

/// Under the exclusive lock.
void TaskStore::put(const TaskPtr& task) {
  by_id_.insert_or_assign(task->id, task);
  Ordered& owned = by_owner_[task->spec->owner];
  owned.insert_or_assign(owned.end(), task->id, task);
}

/// Under the exclusive lock.
void TaskStore::drop(const TaskPtr& task) {
  by_id_.erase(task->id);
  const auto owned = by_owner_.find(task->spec->owner);
  owned->second.erase(task->id);
  if (owned->second.empty()) by_owner_.erase(owned);
}

}  // namespace vcp::coordinator
