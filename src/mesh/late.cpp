// SPDX-License-Identifier: Apache-2.0
// Runs that quorums did without: replicas whose leases had run out when others agreed. What they
// say later changes no task, but it tells of their nodes. Kept in memory only, for as long as such
// a run may take.
#include <algorithm>

#include "quorum.hpp"
#include "state.hpp"

namespace vcp::mesh {
namespace {

/// So many runs are kept at a time; of more, late results are not looked at.
constexpr std::size_t kMaxLateRuns = 100'000;

}  // namespace

/// Others agreed on `winner`: what runs that were given up for lost say will be compared with it.
void Core::State::expect_late(const Task& task, const Answer& winner) {
  if (task.spec->requirements.min_nodes > 1) return;  // an attempt does not tell of its rank
  const auto model = std::make_shared<const Answer>(winner);
  const Duration time_limit = std::chrono::seconds(task.spec->requirements.max_execution_time_sec);
  const Time until = now + time_limit + settings.lease_ttl;
  for (const Attempt& lost : task.failures) {
    const bool answered = std::ranges::any_of(
        task.answers, [&](const Answer& answer) { return answer.lease.node == lost.node; });
    if (lost.outcome != Outcome::node_lost || answered) continue;
    if (late_runs.size() >= kMaxLateRuns) return;
    LateRunKey key{task.id, lost.node};
    late_runs.insert_or_assign(key, LateRun{.epoch = lost.epoch, .winner = model, .until = until});
    late_run_ends.set(until, std::move(key));
  }
}

void Core::note_late(Time now, const Report& report) {
  State& state = *state_;
  state.now = now;
  const auto run = state.late_runs.find({report.task, report.node});
  if (run == state.late_runs.end() || run->second.epoch != report.epoch ||
      !is_deterministic(report.outcome)) {
    return;
  }
  const Answer late{.lease = run->second.winner->lease,
                    .outcome = report.outcome,
                    .detail = {},
                    .result = std::make_shared<const TaskResult>(report.result)};
  if (same(late, *run->second.winner)) {
    state.note_counted(report.node, true);
  } else {
    state.note_dispute(report.node);
  }
  state.late_run_ends.drop(run->second.until, run->first);
  state.late_runs.erase(run);
}

}  // namespace vcp::mesh
