// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "vcp/mesh/node.hpp"
#include "vcp/mesh/task.hpp"

/// How sure an answer is, and what it costs to be surer: the mathematics of `auto`. docs/trust.md
/// has the model and what a simulation makes of it.
namespace vcp::mesh {

/// What became of a node's answers where they were compared or checked.
struct TrackRecord {
  std::uint32_t confirmed = 0;  ///< in a row, since the last wrong one
  std::uint64_t wrong = 0;      ///< ever
};

[[nodiscard]] TrackRecord track_record(const Node& node);

/// The prior Beta(1, 19): a node of which nothing is known is taken to err once in 20 answers, and
/// twenty confirmed ones halve that.
inline constexpr double kPriorWrong = 1;
inline constexpr double kPriorRight = 19;

/// The chance that the node's next answer is wrong: the mean of the posterior
/// Beta(kPriorWrong + wrong, kPriorRight + confirmed).
[[nodiscard]] double error_rate(const TrackRecord& record);

/// How a quorum ends and what it takes.
struct QuorumOdds {
  double wrong = 0;      ///< enough equal answers, and wrong ones
  double undecided = 0;  ///< no answer often enough
  double runs = 0;       ///< expected
};

/// Of a quorum of `agree` among at most `max_replicas`, whose first node errs at the rate `first`
/// and each other one at `other`, independently. Wrong answers are taken to be equal always, as if
/// all who err were in league.
[[nodiscard]] QuorumOdds quorum_odds(std::uint32_t agree, std::uint32_t max_replicas, double first,
                                     double other);

/// The nodes that a task may go to.
struct Crowd {
  std::size_t nodes = 0;
  double error_rate = 0;  ///< the mean of theirs

  [[nodiscard]] static Crowd of(std::span<const TrackRecord> records);
};

/// What a plan may count on.
struct PlanTerms {
  std::optional<double> recheck_cost;  ///< of the coordinator's own run, in runs; none: it cannot
  double coalition = 0.01;             ///< share of the nodes that lie only where they must win
  std::uint32_t trusted_after = 10;    ///< results confirmed in a row, for adaptive quorums
};

/// The cheapest plan that accepts a wrong answer with a probability of at most `max_wrong`, for a
/// task that goes to the node of `first` now and, if it needs more, to random ones of `others`.
/// Nothing if no plan is that sure. No plan takes a node's word without a check now and then, for
/// that is what records are made of.
[[nodiscard]] std::optional<Plan> choose_plan(const TrackRecord& first, const Crowd& others,
                                              const PlanTerms& terms, double max_wrong);

}  // namespace vcp::mesh
