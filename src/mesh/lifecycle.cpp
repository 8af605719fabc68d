// SPDX-License-Identifier: Apache-2.0
#include "lifecycle.hpp"

#include <array>
#include <cstdlib>

namespace vcp::mesh {
namespace {

struct Transition {
  TaskStatus from;
  TaskStatus to;
};

// The life of a task. What is final stays as it is.
constexpr std::array<Transition, 11> kTransitions{{
    {TaskStatus::pending, TaskStatus::running},      // leased
    {TaskStatus::pending, TaskStatus::cancelled},    //
    {TaskStatus::running, TaskStatus::pending},      // the lease ended, to be placed again
    {TaskStatus::running, TaskStatus::verifying},    // a result is in that must be checked
    {TaskStatus::running, TaskStatus::completed},    // a result is in that counts by itself
    {TaskStatus::running, TaskStatus::failed},       // a final failure, or the retries are spent
    {TaskStatus::running, TaskStatus::cancelled},    //
    {TaskStatus::verifying, TaskStatus::pending},    // refused, to be placed again
    {TaskStatus::verifying, TaskStatus::completed},  //
    {TaskStatus::verifying, TaskStatus::failed},     //
    {TaskStatus::verifying, TaskStatus::cancelled},  //
}};

constexpr bool allowed(TaskStatus from, TaskStatus to) {
  for (const Transition& each : kTransitions) {
    if (each.from == from && each.to == to) return true;
  }
  return false;
}

}  // namespace

void move_to(Task& task, TaskStatus to, Time now) {
  if (!allowed(task.status, to)) std::abort();
  task.status = to;
  task.updated_at = now;
}

}  // namespace vcp::mesh
