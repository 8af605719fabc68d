// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "state.hpp"

namespace vcp::mesh {

/// Counts a lease of the task's record as live from now on.
void Core::State::hold(const Task& task, const Lease& lease) {
  const Duration time_limit = std::chrono::seconds(task.spec->requirements.max_execution_time_sec);
  LiveLease live{.task = task.id,
                 .node = lease.node,
                 .rank = lease.rank,
                 .deadline = now + settings.lease_ttl,
                 .limit = std::max(lease.granted_at + time_limit, now) + settings.lease_ttl,
                 .memory_mb = task.spec->limits.memory_mb};
  HeldNode& node = nodes.at(lease.node);
  Node& record = edit(node, false);
  ++record.leases;
  record.reserved_mb += live.memory_mb;
  ++regions[node.region].leases;
  node.leases.insert(lease.epoch);
  lease_ends.set(live.deadline, lease.epoch);
  leases.emplace(lease.epoch, std::move(live));
}

/// Takes the lease from its node and its task; what becomes of the task is the caller's to say.
void Core::State::end_lease(Epoch epoch, Task& task) {
  const auto lease = leases.find(epoch);
  if (HeldNode* node = find(lease->second.node)) {
    Node& record = edit(*node, false);
    --record.leases;
    record.reserved_mb -= lease->second.memory_mb;
    --regions[node->region].leases;
    node->leases.erase(epoch);
    std::erase_if(node->undelivered,
                  [epoch](const Offer& offer) { return offer.lease.epoch == epoch; });
    if (node->trial == epoch) node->trial.reset();
  }
  lease_ends.drop(lease->second.deadline, epoch);
  leases.erase(lease);
  std::erase_if(task.leases, [epoch](const Lease& each) { return each.epoch == epoch; });
}

/// Takes all of the task's leases, or all of one rank, at nobody's expense.
void Core::State::end_leases(HeldTask& held, std::optional<std::uint32_t> rank) {
  Task& task = edit(held);
  const std::vector<Lease> live = task.leases;
  for (const Lease& lease : live) {
    if (!rank || lease.rank == *rank) end_lease(lease.epoch, task);
  }
}

/// Ends a lease for which no result will count, at the node's expense.
void Core::State::lose_lease(Epoch epoch, Outcome outcome, std::string_view detail) {
  const LiveLease live = leases.at(epoch);
  HeldTask& held = tasks.at(live.task);
  const Lease lease = *std::ranges::find(held.record->leases, epoch, &Lease::epoch);
  end_lease(epoch, edit(held));
  if (HeldNode* node = find(live.node)) note_failure(*node);
  fail_attempt(held, lease, outcome, std::string(detail));
}

void Core::State::renew(Epoch epoch, LiveLease& lease) {
  lease_ends.drop(lease.deadline, epoch);
  lease.deadline = std::min(now + settings.lease_ttl, lease.limit);
  lease_ends.set(lease.deadline, epoch);
}

}  // namespace vcp::mesh
