// SPDX-License-Identifier: Apache-2.0
// Tasks: submission, answers and what they are worth, failures, ends.
#include <algorithm>
#include <cmath>

#include "lifecycle.hpp"
#include "quorum.hpp"
#include "state.hpp"

namespace vcp::mesh {
namespace {

bool is_gang(const Task& task) { return task.spec->requirements.min_nodes > 1; }

/// Nodes that must not run the task again: each answer of a quorum comes from another node, and
/// whoever was refuted is not asked again.
std::vector<NodeId> barred_nodes(const Task& task) {
  std::vector<NodeId> nodes;
  const bool compared = task.verification().mode == VerificationMode::quorum;
  for (const Answer& answer : task.answers) {
    if (compared || answer.judgement == Judgement::disputed) nodes.push_back(answer.lease.node);
  }
  if (compared) {
    for (const Lease& lease : task.leases) nodes.push_back(lease.node);
  }
  return nodes;
}

/// Nodes that failed it or handed it back, to be passed over for a while.
std::vector<NodeId> tried_nodes(const Task& task) {
  std::vector<NodeId> nodes;
  for (const Attempt& attempt : task.failures) nodes.push_back(attempt.node);
  if (task.handed_back_by) nodes.push_back(*task.handed_back_by);
  return nodes;
}

/// Whether nothing runs and nothing that was answered holds: all of it is to be placed.
bool starts_anew(const Task& task) {
  return task.leases.empty() && std::ranges::all_of(task.answers, [](const Answer& answer) {
           return answer.judgement == Judgement::disputed;
         });
}

/// Whether the coordinator checks an answer by itself before it counts, rather than take it or
/// compare it with others.
bool checked_alone(VerificationMode mode) {
  return mode == VerificationMode::recheck || mode == VerificationMode::proof;
}

/// Whether all that is left is to verify the answer's proof. That a run failed cannot be proved.
bool awaits_proof(const Task& task) {
  return task.spec->verification.mode == VerificationMode::proof &&
         std::ranges::any_of(task.answers, [](const Answer& answer) {
           return answer.judgement == Judgement::open && answer.outcome == Outcome::ok;
         });
}

bool failed_for_good(const Answer& answer) {
  return answer.judgement == Judgement::accepted && answer.outcome != Outcome::ok;
}

}  // namespace

// --- Bookkeeping

/// A task that was not there before, submitted now or restored.
HeldTask& Core::State::adopt(std::shared_ptr<Task> task) {
  HeldTask& held = tasks[task->id];
  held.record = std::move(task);
  const TaskSpec& spec = *held.record->spec;
  held.of = pending.join(spec);
  held.owner = &pending.owner(spec.owner);
  use_content(spec);
  count_status(held, held.record->status, true);
  return held;
}

void Core::State::use_content(const TaskSpec& spec) {
  ++content_uses[{spec.owner, spec.module}];
  if (spec.input.content) ++content_uses[{spec.owner, *spec.input.content}];
}

void Core::State::unuse_content(const TaskSpec& spec) {
  const auto drop = [&](const Digest& content) {
    const auto uses = content_uses.find({spec.owner, content});
    if (--uses->second == 0) content_uses.erase(uses);
  };
  drop(spec.module);
  if (spec.input.content) drop(*spec.input.content);
}

void Core::State::count_status(HeldTask& held, TaskStatus status, bool more) {
  const auto step = [more](std::uint64_t& counter) { counter = more ? counter + 1 : counter - 1; };
  switch (status) {
    case TaskStatus::pending:
      step(counts.pending);
      step(held.owner->pending);
      return;
    case TaskStatus::running:
      step(counts.running);
      return pending.count_running(*held.owner, more);
    case TaskStatus::verifying:
      step(counts.verifying);
      return pending.count_running(*held.owner, more);
    default:
      return;
  }
}

void Core::State::set_status(HeldTask& held, TaskStatus status) {
  Task& task = edit(held);
  if (task.status == status) return;
  count_status(held, task.status, false);
  move_to(task, status, now);
  count_status(held, status, true);
  transitions.push_back({now, Transition::OfTask{task.id, task.spec, status}});
}

// --- Waiting

/// Puts the task in line for the runs that it wants, if it wants any.
void Core::State::wait_in_line(HeldTask& held) {
  const Task& task = *held.record;
  if (held.line || task.status == TaskStatus::verifying || !wanting_rank(task)) return;
  Pending::Wish wish{.width = starts_anew(task) ? width(*task.spec) : 1,
                     .continuing = task.status == TaskStatus::running,
                     .excluded = barred_nodes(task)};
  const Time avoids_until = task.not_before + settings.prefer_other_node;
  if (avoids_until > now) {
    const std::vector<NodeId> tried = tried_nodes(task);
    if (!tried.empty()) {
      wish.excluded.insert(wish.excluded.end(), tried.begin(), tried.end());
      held.avoids_until = avoids_until;
      avoidances.set(avoids_until, task.id);
    }
  }
  std::ranges::sort(wish.excluded);
  const auto doubles = std::ranges::unique(wish.excluded);
  wish.excluded.erase(doubles.begin(), doubles.end());
  if (wish.width > 1) {
    held.ages_at = now + settings.gang_patience;
    gang_ages.set(*held.ages_at, task.id);
  }
  held.line = pending.add(task, held.of, std::move(wish));
}

/// Takes the task out of wherever it waits.
void Core::State::leave_line(HeldTask& held) {
  const TaskId& id = held.record->id;
  if (held.line) pending.remove(id, std::exchange(held.line, nullptr));
  if (held.waits_until) backing_off.drop(*std::exchange(held.waits_until, {}), id);
  if (held.avoids_until) avoidances.drop(*std::exchange(held.avoids_until, {}), id);
  if (held.ages_at) gang_ages.drop(*std::exchange(held.ages_at, {}), id);
  if (is_gang(*held.record)) drop_reservation(id);
}

/// A run ended without counting for anything: the task wants another one, not before that time. A
/// gang wants all of them anew.
void Core::State::place_again(HeldTask& held, Time not_before) {
  Task& task = edit(held);
  if (is_gang(task)) {
    end_leases(held);
    std::erase_if(task.answers, [this](const Answer& answer) {
      if (answer.judgement == Judgement::disputed) return false;
      for (const Payload* payload : answer.result->payloads()) {
        if (payload->content) dropped_contents.push_back(*payload->content);
      }
      return true;
    });
  }
  if (task.started >= settings.max_placements * width(*task.spec)) {
    return fail_task(held, Outcome::node_lost,
                     "it was placed " + std::to_string(task.started) + " times without an answer");
  }
  leave_line(held);
  task.progress.reset();
  task.not_before = not_before;
  set_status(held, task.leases.empty() ? TaskStatus::pending : TaskStatus::running);
  held.waits_until = not_before;
  backing_off.set(not_before, task.id);
}

bool Core::State::retries_spent(const Task& task) const {
  if (task.failures.size() > task.spec->max_retries) return true;
  std::set<NodeId> lost;
  for (const Attempt& attempt : task.failures) {
    if (attempt.outcome == Outcome::node_lost) lost.insert(attempt.node);
  }
  return lost.size() >= settings.poison_nodes;
}

Time Core::State::back_off(const Task& task) {
  const auto doublings = std::min<std::size_t>(task.failures.size() - 1, 20);
  const auto longest = std::min<Duration>(settings.retry_backoff * (std::int64_t{1} << doublings),
                                          settings.max_retry_backoff);
  // Between half and all of it, so that tasks that failed together do not come back together.
  const double part = 0.5 + random.uniform() / 2;
  return now + std::chrono::round<Duration>(longest * part);
}

/// Records that a lease ended badly and decides what becomes of the task.
void Core::State::fail_attempt(HeldTask& held, const Lease& lease, Outcome outcome,
                               std::string detail) {
  Task& task = edit(held);
  task.failures.push_back({lease.node, lease.epoch, outcome, detail});
  if (retries_spent(task)) return fail_task(held, outcome, std::move(detail));
  place_again(held, back_off(task));
}

// --- Ends

void Core::State::end_task(HeldTask& held, TaskStatus status) {
  leave_line(held);
  end_leases(held);
  Task& task = edit(held);
  task.progress.reset();
  set_status(held, status);
  unuse_content(*task.spec);
  pending.leave(std::exchange(held.of, nullptr));
}

void Core::State::fail_task(HeldTask& held, Outcome reason, std::string detail) {
  Task& task = edit(held);
  task.reason = reason;
  task.detail = std::move(detail);
  end_task(held, TaskStatus::failed);
}

// --- Answers

void Core::State::take_answer(HeldTask& held, const Lease& lease, const Report& report) {
  edit(held).answers.push_back({.lease = lease,
                                .outcome = report.outcome,
                                .detail = report.detail,
                                .result = std::make_shared<const TaskResult>(report.result)});
  settle(held, lease.rank);
}

/// Decides what the answers to a rank are worth, now that there is one more.
void Core::State::settle(HeldTask& held, std::uint32_t rank) {
  Task& task = edit(held);
  const Tally now_known = tally(task, rank);
  if (now_known.hopeless) {
    for (const Answer& answer : task.answers) {
      task.failures.push_back({answer.lease.node, answer.lease.epoch, answer.outcome,
                               "answered " + answer.result->output_sha256.to_string()});
    }
    return fail_task(held, Outcome::no_agreement,
                     std::to_string(task.answers.size()) + " nodes answered, and no " +
                         std::to_string(task.verification().agree) + " of them the same");
  }
  if (!now_known.winner) {
    leave_line(held);
    set_status(held, task.leases.empty() ? TaskStatus::pending : TaskStatus::running);
    return wait_in_line(held);
  }
  if (!checked_alone(task.verification().mode)) judge(held, *now_known.winner);
  const bool ran_well = now_known.winner->outcome == Outcome::ok;
  if (!ran_well || all_ranks_answered(task)) return conclude(held);
  if (task.leases.empty()) set_status(held, TaskStatus::pending);
}

/// Accepts an answer and all that equal it; who gave another one was wrong.
void Core::State::judge(HeldTask& held, const Answer& winner) {
  Task& task = edit(held);
  const bool compared = task.verification().mode == VerificationMode::quorum;
  const std::uint32_t rank = winner.lease.rank;
  const Answer model = winner;
  const auto votes = std::ranges::count_if(task.answers, [&](const Answer& each) {
    return each.lease.rank == rank && same(each, model);
  });
  for (Answer& answer : task.answers) {
    if (answer.lease.rank != rank || answer.judgement != Judgement::open) continue;
    answer.judgement = same(answer, model) ? Judgement::accepted : Judgement::disputed;
    if (answer.judgement == Judgement::accepted) {
      if (compared && votes == 1) ++counts.trust.accepted_adaptively;
      note_counted(answer.lease.node, compared && votes > 1);
    } else {
      note_dispute(answer.lease.node);
    }
  }
  if (compared && votes > 1) expect_late(task, model);
  end_leases(held, rank);
}

/// Every rank is answered, or one of them failed for good: checks what is to be checked, and ends
/// the task.
void Core::State::conclude(HeldTask& held) {
  Task& task = edit(held);
  const Verification& asked = task.verification();
  if (asked.mode == VerificationMode::recheck && !task.recheck) {
    // Another node may give again what was refuted.
    const bool refuted = std::ranges::any_of(
        task.answers, [](const Answer& answer) { return answer.judgement == Judgement::disputed; });
    task.recheck = refuted || random.uniform() < asked.probability;
  }
  const bool to_check = task.recheck || awaits_proof(task);
  if (!to_check) {
    for (Answer& answer : task.answers) {
      if (answer.judgement != Judgement::open) continue;
      answer.judgement = Judgement::accepted;
      note_counted(answer.lease.node, false);
    }
  }
  const bool failed = std::ranges::any_of(task.answers, failed_for_good);
  const bool to_assemble = is_gang(task) && !task.assembled;
  if (failed || (!to_check && !to_assemble)) return finish(held);
  leave_line(held);
  end_leases(held);
  // A task may wait for another replica, with nothing running, when its last answer decides it.
  if (task.status == TaskStatus::pending) set_status(held, TaskStatus::running);
  set_status(held, TaskStatus::verifying);
  to_verify.push_back(task.id);
}

void Core::verified(Time now, const TaskId& id, const Verdict& verdict) {
  State& state = *state_;
  state.now = now;
  HeldTask* held = state.find(id);
  if (!held || held->record->status != TaskStatus::verifying) return;
  Task& task = state.edit(*held);
  const bool rechecked = std::exchange(task.recheck, false);
  if (rechecked) ++state.counts.trust.rechecked;
  for (const Verdict::Refusal& refusal : verdict.refused) {
    const auto answer = std::ranges::find(task.answers, refusal.epoch,
                                          [](const Answer& each) { return each.lease.epoch; });
    if (answer == task.answers.end()) continue;
    answer->judgement = Judgement::disputed;
    state.note_dispute(answer->lease.node);
    task.failures.push_back({answer->lease.node, refusal.epoch, refusal.reason, refusal.detail});
  }
  if (!verdict.refused.empty()) {
    if (state.retries_spent(task)) {
      return state.fail_task(*held, verdict.refused.back().reason, verdict.refused.back().detail);
    }
    return state.place_again(*held, state.back_off(task));
  }
  for (Answer& answer : task.answers) {
    if (answer.judgement != Judgement::open) continue;
    answer.judgement = Judgement::accepted;
    state.note_counted(answer.lease.node, true);
  }
  task.rechecked = rechecked;
  task.assembled = verdict.assembled;
  state.finish(*held);
}

/// Ends the task as its accepted answers say.
void Core::State::finish(HeldTask& held) {
  Task& task = edit(held);
  const auto failed = std::ranges::find_if(task.answers, failed_for_good);
  if (failed == task.answers.end()) return end_task(held, TaskStatus::completed);
  const Answer cause = *failed;
  task.failures.push_back({cause.lease.node, cause.lease.epoch, cause.outcome, cause.detail});
  fail_task(held, cause.outcome, cause.detail);
}

// --- Commands

Result<TaskPtr> Core::submit(Time now, TaskSpec spec) {
  State& state = *state_;
  state.now = now;
  const Owner& owner = state.pending.owner(spec.owner);
  if (owner.pending >= owner.policy.max_pending) {
    return fail(Code::rate_limited,
                "owner " + spec.owner + " has " + std::to_string(owner.pending) +
                    " tasks pending, and may have " + std::to_string(owner.policy.max_pending));
  }
  auto task = std::make_shared<Task>();
  task->id = state.ids.next<TaskId>(now);
  task->spec = std::make_shared<const TaskSpec>(std::move(spec));
  task->created_at = task->updated_at = task->not_before = now;
  HeldTask& held = state.adopt(task);
  held.touched = held.durable = true;
  state.touched_tasks.push_back(task->id);
  state.transitions.push_back({now, Transition::OfTask{task->id, task->spec, task->status}});
  state.wait_in_line(held);
  return task;
}

Result<TaskPtr> Core::report(Time now, const Report& report) {
  State& state = *state_;
  state.now = now;
  HeldTask* held = state.find(report.task);
  if (!held) {
    const auto ended = state.tasks.find(report.task);
    if (ended == state.tasks.end()) return fail(Code::not_found, "no such task");
    note_late(now, report);
    return answer_late_report(ended->second.record, report);
  }
  const auto lease = std::ranges::find(held->record->leases, report.epoch, &Lease::epoch);
  if (lease == held->record->leases.end() || lease->node != report.node ||
      lease->rank != report.rank) {
    note_late(now, report);
    return answer_late_report(held->record, report);
  }
  const Lease ended = *lease;
  HeldNode& node = *state.find(report.node);
  const bool trial = node.trial == ended.epoch;
  Task& task = state.edit(*held);
  state.end_lease(ended.epoch, task);

  if (report.outcome == Outcome::handed_back) {
    task.handed_back_by = report.node;
    state.place_again(*held, now + state.settings.retry_backoff);
  } else if (is_deterministic(report.outcome)) {
    state.note_answer(node, trial);
    state.take_answer(*held, ended, report);
  } else {
    state.note_failure(node);
    state.fail_attempt(*held, ended, report.outcome, report.detail);
  }
  return held->record;
}

Result<TaskPtr> Core::cancel(Time now, const TaskId& id) {
  State& state = *state_;
  state.now = now;
  HeldTask* held = state.find(id);
  if (!held) {
    const auto ended = state.tasks.find(id);
    if (ended == state.tasks.end()) return fail(Code::not_found, "no such task");
    return fail(Code::conflict, "the task has ended: it is " +
                                    std::string(to_string(ended->second.record->status)));
  }
  Task& task = state.edit(*held);
  task.reason = Outcome::cancelled;
  task.detail = "cancelled by its submitter";
  state.end_task(*held, TaskStatus::cancelled);
  return held->record;
}

Result<TaskPtr> answer_late_report(const TaskPtr& task, const Report& report) {
  const auto same_answer = [&report](const Answer& answer) {
    return answer.lease.epoch == report.epoch && answer.lease.node == report.node &&
           answer.outcome == report.outcome &&
           answer.result->output_sha256 == report.result.output_sha256 &&
           answer.result->exit_code == report.result.exit_code;
  };
  const auto same_failure = [&report](const Attempt& attempt) {
    return attempt.epoch == report.epoch && attempt.node == report.node &&
           attempt.outcome == report.outcome && !is_deterministic(report.outcome);
  };
  if (std::ranges::any_of(task->answers, same_answer) ||
      std::ranges::any_of(task->failures, same_failure)) {
    return task;
  }
  return fail(Code::conflict, "epoch " + std::to_string(std::to_underlying(report.epoch)) +
                                  " is not a live lease of this node on this task");
}

}  // namespace vcp::mesh
