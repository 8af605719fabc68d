// SPDX-License-Identifier: Apache-2.0
#include "pending.hpp"

#include <algorithm>
#include <bit>

namespace vcp::mesh {
namespace {

/// Classes without pending tasks that stay indexed, because more of the kind may come.
constexpr std::size_t kIdleClasses = 32;

void append(std::string& key, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.append(text);
}

void append(std::string& key, std::uint64_t number) {
  key.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append(std::string& key, const std::optional<double>& number) {
  key.push_back(number ? 1 : 0);
  if (number) append(key, std::bit_cast<std::uint64_t>(*number));
}

/// Equal for tasks of one class, different for others.
std::string class_key(const TaskSpec& spec, Strategy strategy) {
  const Requirements& wanted = spec.requirements;
  std::string key;
  key.reserve(64);
  append(key, spec.limits.memory_mb);
  key.push_back(static_cast<char>(strategy));
  key.push_back(wanted.require_gpu ? 1 : 0);
  key.push_back(wanted.node_type ? static_cast<char>(*wanted.node_type) : '\xff');
  append(key, wanted.min_health_score);
  append(key, wanted.min_bandwidth_mbps);
  append(key, wanted.max_latency_ms);
  append(key, wanted.min_memory_gb);
  append(key, wanted.regions.size());
  for (const std::string& region : wanted.regions) append(key, region);
  append(key, wanted.labels.size());
  for (const auto& [name, value] : wanted.labels) {
    append(key, name);
    key.push_back(value ? 1 : 0);
    if (value) append(key, *value);
  }
  return key;
}

/// Equal for tasks that wait in one line, different for others.
std::string line_key(const Task& task, const TaskClass* task_class, const Pending::Wish& wish) {
  std::string key;
  key.reserve(64);
  append(key, std::bit_cast<std::uint64_t>(task_class));
  key.push_back(static_cast<char>(below_top(*task.spec)));
  key.push_back(wish.continuing ? 1 : 0);
  append(key, std::uint64_t{wish.width});
  append(key, task.spec->owner);
  for (const NodeId& node : wish.excluded) append(key, node.value);
  return key;
}

}  // namespace

// --- Classes

TaskClass* Pending::join(const TaskSpec& spec) {
  const Strategy strategy = spec.strategy.value_or(settings_.strategy);
  std::string key = class_key(spec, strategy);
  auto found = classes_.find(key);
  if (found == classes_.end()) {
    found = classes_.emplace(key, std::make_unique<TaskClass>(key, spec, strategy)).first;
  }
  ++found->second->tasks;
  return found->second.get();
}

void Pending::leave(TaskClass* task_class) {
  if (--task_class->tasks == 0 && !task_class->indexed) classes_.erase(task_class->key);
}

TaskClass* Pending::take_unindexed() {
  while (!unindexed_.empty()) {
    TaskClass* const next = unindexed_.back();
    unindexed_.pop_back();
    if (next->pending == 0) {
      // All of its tasks left the line before anybody looked.
      if (next->tasks == 0)
        classes_.erase(next->key);
      else
        next->indexed = false;
      continue;
    }
    drop_idle_classes();
    indexed_.push_back(next);
    return next;
  }
  return nullptr;
}

/// Makes room: the classes that were idle first go first.
void Pending::drop_idle_classes() {
  auto idle = static_cast<std::size_t>(std::ranges::count(indexed_, 0U, &TaskClass::pending));
  if (idle <= kIdleClasses) return;
  std::erase_if(indexed_, [&](TaskClass* each) {
    if (each->pending > 0 || idle <= kIdleClasses / 2) return false;
    --idle;
    each->indexed = false;
    each->ready.clear();
    if (each->tasks == 0) classes_.erase(each->key);
    return true;
  });
}

// --- Owners

Owner& Pending::owner(const std::string& name) {
  const auto [entry, fresh] = owners_.try_emplace(name);
  if (fresh) {
    const auto own = settings_.owners.find(name);
    entry->second.policy = own == settings_.owners.end() ? settings_.any_owner : own->second;
  }
  return entry->second;
}

void Pending::charge(Owner& owner, std::uint8_t below_top, std::uint32_t tasks) {
  double& share = owner.share[below_top];
  level_[below_top] = std::max(level_[below_top], share);
  share += tasks / owner.policy.weight;
  for (Line* line : owner.lines) {
    if (line->below_top != below_top || !line->listed) continue;
    unlist(*line);
    list(*line);
  }
}

void Pending::count_running(Owner& owner, bool more) {
  const bool was_full = owner.running >= owner.policy.max_running;
  owner.running = more ? owner.running + 1 : owner.running - 1;
  if (was_full == (owner.running >= owner.policy.max_running)) return;
  for (Line* line : owner.lines) {
    if (line->listed) unlist(*line);
    if (may_list(*line)) list(*line);
  }
}

// --- Lines

Line* Pending::add(const Task& task, TaskClass* task_class, Wish wish) {
  std::string key = line_key(task, task_class, wish);
  std::unique_ptr<Line>& line = lines_[key];
  if (!line) {
    line = std::make_unique<Line>();
    line->key = std::move(key);
    line->owner = &owner(task.spec->owner);
    line->of = task_class;
    line->below_top = below_top(*task.spec);
    line->width = wish.width;
    line->continuing = wish.continuing;
    line->excluded = std::move(wish.excluded);
    // Who wanted nothing for a while starts level with the others: what it did not take is gone.
    const bool idle = std::ranges::none_of(
        line->owner->lines, [&](const Line* other) { return other->below_top == line->below_top; });
    double& share = line->owner->share[line->below_top];
    if (idle) share = std::max(share, level_[line->below_top]);
    line->owner->lines.insert(line.get());
  }
  line->tasks.insert(task.id);
  ++task_class->pending;
  if (!task_class->indexed) {
    task_class->indexed = true;
    unindexed_.push_back(task_class);
  }
  if (line->listed && line->standpoint.first < task.id) return line.get();
  if (line->listed) unlist(*line);
  if (may_list(*line)) list(*line);
  return line.get();
}

void Pending::remove(const TaskId& task, Line* line) {
  const bool was_first = line->listed && line->standpoint.first == task;
  if (was_first) unlist(*line);
  line->tasks.erase(task);
  --line->of->pending;
  if (line->tasks.empty()) {
    line->owner->lines.erase(line);
    lines_.erase(std::string(line->key));
  } else if (was_first && may_list(*line)) {
    list(*line);
  }
}

bool Pending::may_list(const Line& line) const {
  return line.continuing || line.owner->running < line.owner->policy.max_running;
}

void Pending::list(Line& line) {
  line.standpoint = {line.below_top, line.owner->share[line.below_top], *line.tasks.begin(), &line};
  line.of->heads.insert(line.standpoint);
  line.listed = true;
}

void Pending::unlist(Line& line) {
  line.of->heads.erase(line.standpoint);
  line.listed = false;
}

std::uint64_t Pending::position(const Task& task) const {
  std::uint64_t before = 0;
  for (const auto& [key, line] : lines_) {
    if (line->below_top < below_top(*task.spec)) before += line->tasks.size();
    if (line->below_top == below_top(*task.spec)) before += line->tasks.order_of_key(task.id);
  }
  return before;
}

}  // namespace vcp::mesh
