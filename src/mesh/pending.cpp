// SPDX-License-Identifier: Apache-2.0
#include "pending.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace vcp::mesh {
namespace {

constexpr std::uint8_t kTopPriority = 9;

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

/// Equal for tasks of one line, different for others.
std::string line_key(const Task& task) {
  const TaskSpec& spec = *task.spec;
  const Requirements& wanted = spec.requirements;
  std::string key;
  append(key, spec.owner);
  append(key, spec.limits.memory_mb);
  key.push_back(spec.strategy ? static_cast<char>(*spec.strategy) : '\xff');
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
  // Whom to pass over differs by task.
  if (!task.failures.empty() || task.handed_back_by) append(key, task.id.view());
  return key;
}

}  // namespace

Turn turn_of(const Task& task) {
  return {static_cast<std::uint8_t>(kTopPriority - task.spec->priority), task.id};
}

void Pending::add(const Task& task) {
  Line& line = lines_[line_key(task)];
  if (line.turns.empty()) {
    line.spec = task.spec;
    for (const Attempt& attempt : task.failures) line.avoid.push_back(attempt.node);
    if (task.handed_back_by) line.avoid.push_back(*task.handed_back_by);
    line.avoid_until = task.not_before + prefer_other_node_;
  }
  if (!line.turns.insert(turn_of(task)).second) return;

  const auto [share, fresh] = shares_.try_emplace(task.spec->owner);
  if (fresh && shares_.size() > 1) {
    std::uint64_t level = UINT64_MAX;
    for (const auto& [owner, other] : shares_) {
      if (other.pending > 0) level = std::min(level, other.served);
    }
    share->second.served = level;
  }
  ++share->second.pending;
}

void Pending::remove(const Task& task) {
  const auto line = lines_.find(line_key(task));
  if (line == lines_.end() || line->second.turns.erase(turn_of(task)) == 0) return;
  if (line->second.turns.empty()) lines_.erase(line);
  const auto share = shares_.find(task.spec->owner);
  if (--share->second.pending == 0) shares_.erase(share);
}

std::uint64_t Pending::served(const std::string& owner) const {
  const auto share = shares_.find(owner);
  return share == shares_.end() ? 0 : share->second.served;
}

void Pending::serve(const std::string& owner) {
  const auto share = shares_.find(owner);
  if (share != shares_.end()) ++share->second.served;
}

}  // namespace vcp::mesh
