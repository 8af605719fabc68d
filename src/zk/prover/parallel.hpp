// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace vcp::zk {

/// Calls `task(worker, number)` for each number below `count`, in order of start, on that many
/// threads, the caller's among them; `worker` is below `threads` and never runs twice at once.
/// Returns when all have ended. Tasks must not throw; std::system_error if a thread cannot start,
/// then after the tasks that had begun.
void in_parallel(unsigned threads, std::size_t count,
                 const std::function<void(unsigned worker, std::size_t number)>& task);

}  // namespace vcp::zk
