// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "vcp/mesh/task.hpp"

namespace vcp::mesh {

/// Where a task stands in line: priority first, then the order of submission, which is that of
/// the ids.
struct Turn {
  std::uint8_t below_top = 0;  ///< 9 less the priority
  TaskId task;

  friend auto operator<=>(const Turn&, const Turn&) = default;
};

[[nodiscard]] Turn turn_of(const Task& task);

/// Pending tasks that the same nodes can take: equal requirements, memory and strategy, and the
/// same nodes that failed them. If a node cannot take the first, it can take none.
struct Line {
  std::shared_ptr<const TaskSpec> spec;  ///< of any of them
  std::vector<NodeId> avoid;             ///< nodes that failed them ...
  Time avoid_until;                      ///< ... and are passed over until then
  std::set<Turn> turns;
};

/// The pending tasks that may be placed now, in lines.
class Pending {
 public:
  explicit Pending(Duration prefer_other_node) : prefer_other_node_(prefer_other_node) {}

  void add(const Task& task);
  void remove(const Task& task);

  /// The lines, none empty.
  [[nodiscard]] std::map<std::string, Line>& lines() { return lines_; }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  Duration prefer_other_node_;
  std::map<std::string, Line> lines_;
  std::size_t size_ = 0;
};

}  // namespace vcp::mesh
