// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "vcp/mesh/task.hpp"

namespace vcp::mesh {

/// How a rank of a task stands, by what was answered and what still runs.
struct Tally {
  const Answer* winner = nullptr;  ///< believed, as far as comparing goes
  std::uint32_t wanted = 0;        ///< runs to be started beside those that are under way
  bool hopeless = false;           ///< no further run that is allowed could make enough agree
};
[[nodiscard]] Tally tally(const Task& task, std::uint32_t rank);

/// The first rank that wants another run.
[[nodiscard]] std::optional<std::uint32_t> wanting_rank(const Task& task);

/// Whether every rank has an answer that is believed as far as comparing goes.
[[nodiscard]] bool all_ranks_answered(const Task& task);

/// Nodes that are placed at once when the task starts: all or none if it is a gang. A gang is never
/// planned to be compared, so what was asked is enough to tell.
[[nodiscard]] std::uint32_t width(const TaskSpec& spec);

/// Whether two runs gave the same, but for gas, which nodes could tell differently and be right: it
/// is compared where the coordinator ran it itself.
[[nodiscard]] bool same(const Answer& a, const Answer& b);

/// How often an answer of a node that has proved itself is compared all the same. Falls with the
/// results in a row that others confirmed (BOINC's adaptive replication), but never to nothing.
[[nodiscard]] double spot_check_probability(std::uint32_t valid_in_a_row,
                                            std::uint32_t trusted_after);

}  // namespace vcp::mesh
