// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vcp/mesh/task.hpp"

namespace vcp::mesh {

/// Moves a task to another state. That the table of transitions allows it is the caller's
/// promise; a broken one ends the process.
void move_to(Task& task, TaskStatus to, Time now);

}  // namespace vcp::mesh
