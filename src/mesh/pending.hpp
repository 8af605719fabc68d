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

/// Pending tasks of one owner that the same nodes can take: equal requirements, memory and
/// strategy, and the same nodes to be passed over. If a node cannot take the first, it can take
/// none.
struct Line {
  std::shared_ptr<const TaskSpec> spec;  ///< of any of them
  std::vector<NodeId> avoid;             ///< nodes that failed them or handed them back ...
  Time avoid_until;                      ///< ... and are passed over until then
  std::set<Turn> turns;
};

/// The pending tasks that may be placed now, in lines, and what each owner has had of the mesh.
class Pending {
 public:
  explicit Pending(Duration prefer_other_node) : prefer_other_node_(prefer_other_node) {}

  void add(const Task& task);
  void remove(const Task& task);

  /// The lines, none empty.
  [[nodiscard]] std::map<std::string, Line>& lines() { return lines_; }

  /// How many tasks the owner had placed, counted so that equal shares mean equal counts: who had
  /// nothing pending for a while starts level with the others. 0 if nothing of it is pending.
  [[nodiscard]] std::uint64_t served(const std::string& owner) const;

  /// One more of the owner's tasks is placed.
  void serve(const std::string& owner);

 private:
  struct Share {
    std::uint64_t served = 0;
    std::size_t pending = 0;
  };

  Duration prefer_other_node_;
  std::map<std::string, Line> lines_;
  std::map<std::string, Share> shares_;  ///< of owners with something pending
};

}  // namespace vcp::mesh
