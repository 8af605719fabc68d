// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace vcp::agent {

/// What a node has to do at a moment.
struct Load {
  using Seconds = std::chrono::duration<double>;

  std::uint32_t slots = 1;            ///< leases it may hold
  std::uint32_t threads = 1;          ///< tasks it may run at once
  std::uint32_t held = 0;             ///< leases it holds, those with an unsettled result included
  std::uint32_t waiting = 0;          ///< of these, not started yet
  std::vector<Seconds> running = {};  ///< for how long each running task has run
  std::optional<Seconds> per_task = {};  ///< what a task took of late; nothing before the first
};

/// How many leases to ask for now: one for each thread that has nothing to do, and beyond these as
/// many as the threads will come to within a second, judged by what the last tasks took and by how
/// long the running ones have been at it. So short tasks fill the slots, and long ones leave the
/// queue to other nodes. While every thread is busy it asks only for a fair part of that at once,
/// because a request for each lease costs more than a short task does.
[[nodiscard]] std::uint32_t leases_to_ask_for(const Load& load);

}  // namespace vcp::agent
