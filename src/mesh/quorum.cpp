// SPDX-License-Identifier: Apache-2.0
#include "quorum.hpp"

#include <algorithm>
#include <vector>

namespace vcp::mesh {
namespace {

constexpr double kLeastSpotCheck = 0.05;

std::uint32_t live_runs(const Task& task, std::uint32_t rank) {
  return static_cast<std::uint32_t>(std::ranges::count(task.leases, rank, &Lease::rank));
}

bool counts(const Answer& answer, std::uint32_t rank) {
  return answer.lease.rank == rank && answer.judgement != Judgement::disputed;
}

Tally first_answer(const Task& task, std::uint32_t rank) {
  Tally result;
  for (const Answer& answer : task.answers) {
    if (counts(answer, rank)) result.winner = &answer;
  }
  result.wanted = result.winner || live_runs(task, rank) > 0 ? 0 : 1;
  return result;
}

/// The answer that most others equal, and how many those are with it.
struct Favourite {
  const Answer* answer = nullptr;
  std::uint32_t votes = 0;
};

Favourite favourite(const Task& task, std::uint32_t rank) {
  Favourite best;
  for (const Answer& answer : task.answers) {
    if (!counts(answer, rank)) continue;
    const auto votes =
        static_cast<std::uint32_t>(std::ranges::count_if(task.answers, [&](const Answer& other) {
          return counts(other, rank) && same(answer, other);
        }));
    if (votes > best.votes) best = {&answer, votes};
  }
  return best;
}

/// Of an adaptive quorum: one run by a node that has proved itself is all there is so far.
bool lone_trusted_run(const Task& task, std::uint32_t rank, std::size_t answers,
                      std::uint32_t live) {
  const auto trusted = [rank](const Lease& lease) { return lease.rank == rank && lease.trusted; };
  if (answers + live != 1) return false;
  return live == 1 ? std::ranges::any_of(task.leases, trusted)
                   : std::ranges::any_of(task.answers, trusted, &Answer::lease);
}

Tally quorum(const Task& task, std::uint32_t rank) {
  const Verification& asked = task.verification();
  const auto answers = static_cast<std::uint32_t>(
      std::ranges::count_if(task.answers, [&](const Answer& each) { return counts(each, rank); }));
  const std::uint32_t live = live_runs(task, rank);
  const Favourite best = favourite(task, rank);
  Tally result;
  const bool accepted = best.answer && best.answer->judgement == Judgement::accepted;
  if (accepted || best.votes >= asked.agree) {
    result.winner = best.answer;
    return result;
  }
  if (lone_trusted_run(task, rank, answers, live)) {
    result.winner = best.answer;
    return result;
  }
  if (answers + live == 0 && asked.adaptive && task.spec->requirements.min_nodes == 1) {
    result.wanted = 1;  // who runs it decides whether there will be more
    return result;
  }
  const std::uint32_t expected = best.votes + live;
  if (expected >= asked.agree) return result;
  const std::uint32_t room =
      asked.max_replicas > answers + live ? asked.max_replicas - answers - live : 0;
  result.hopeless = expected + room < asked.agree;
  result.wanted = result.hopeless ? 0 : asked.agree - expected;
  return result;
}

}  // namespace

Tally tally(const Task& task, std::uint32_t rank) {
  return task.verification().mode == VerificationMode::quorum ? quorum(task, rank)
                                                              : first_answer(task, rank);
}

std::optional<std::uint32_t> wanting_rank(const Task& task) {
  for (std::uint32_t rank = 0; rank < task.spec->requirements.min_nodes; ++rank) {
    if (tally(task, rank).wanted > 0) return rank;
  }
  return std::nullopt;
}

bool all_ranks_answered(const Task& task) {
  const bool compared = task.verification().mode == VerificationMode::quorum;
  std::vector<bool> answered(task.spec->requirements.min_nodes);
  for (const Answer& answer : task.answers) {
    const bool believed = compared ? answer.judgement == Judgement::accepted
                                   : answer.judgement != Judgement::disputed;
    if (believed) answered[answer.lease.rank] = true;
  }
  return std::ranges::find(answered, false) == answered.end();
}

std::uint32_t width(const TaskSpec& spec) {
  const std::uint32_t ranks = spec.requirements.min_nodes;
  const bool compared = ranks > 1 && spec.verification.mode == VerificationMode::quorum;
  return compared ? ranks * spec.verification.agree : ranks;
}

bool same(const Answer& a, const Answer& b) {
  return a.outcome == b.outcome && a.result->output_sha256 == b.result->output_sha256 &&
         a.result->exit_code == b.result->exit_code;
}

double spot_check_probability(std::uint32_t valid_in_a_row, std::uint32_t trusted_after) {
  if (valid_in_a_row < trusted_after) return 1;
  return std::max(static_cast<double>(trusted_after) / valid_in_a_row, kLeastSpotCheck);
}

const Answer* Task::accepted(std::uint32_t rank) const {
  const auto found = std::ranges::find_if(answers, [rank](const Answer& answer) {
    return answer.lease.rank == rank && answer.judgement == Judgement::accepted;
  });
  return found == answers.end() ? nullptr : &*found;
}

const Answer* Task::believed(std::uint32_t rank) const {
  if (const Answer* decided = accepted(rank)) return decided;
  const auto found = std::ranges::find_if(answers, [rank](const Answer& answer) {
    return answer.lease.rank == rank && answer.judgement == Judgement::open;
  });
  return found == answers.end() ? nullptr : &*found;
}

std::vector<const Payload*> TaskResult::payloads() const {
  std::vector<const Payload*> all{&output};
  if (proof) all.push_back(&proof->document);
  return all;
}

const Evidence* Task::evidence() const {
  const TaskResult* given = result();
  return given && given->proof ? &*given->proof : nullptr;
}

const TaskResult* Task::result() const {
  if (assembled) return assembled.get();
  if (spec->requirements.min_nodes > 1) return nullptr;
  const Answer* answer = accepted(0);
  return answer ? answer->result.get() : nullptr;
}

}  // namespace vcp::mesh
