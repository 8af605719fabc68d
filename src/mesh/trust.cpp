// SPDX-License-Identifier: Apache-2.0
#include "trust.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

#include "quorum.hpp"

namespace vcp::mesh {
namespace {

constexpr std::uint32_t kMaxAgree = 5;
constexpr double kLeastRecheck = 0.05;

/// Replicas beyond which the nodes of a quorum are taken to disagree for good.
std::uint32_t replicas(std::uint32_t agree) { return 2 * agree + 1; }

/// A quorum's end from `wrong` and `right` answers on. It runs one node after another here, which
/// takes as many runs as starting at once those that are needed in any case.
QuorumOdds odds_from(std::uint32_t agree, std::uint32_t left, std::uint32_t wrong,
                     std::uint32_t right, double rate) {
  if (wrong == agree) return {.wrong = 1};
  if (right == agree) return {};
  if (std::max(wrong, right) + left < agree) return {.undecided = 1};
  const QuorumOdds if_wrong = odds_from(agree, left - 1, wrong + 1, right, rate);
  const QuorumOdds if_right = odds_from(agree, left - 1, wrong, right + 1, rate);
  const auto mean = [rate](double a, double b) { return rate * a + (1 - rate) * b; };
  return {.wrong = mean(if_wrong.wrong, if_right.wrong),
          .undecided = mean(if_wrong.undecided, if_right.undecided),
          .runs = 1 + mean(if_wrong.runs, if_right.runs)};
}

/// With what a coalition adds that errs only where it has the majority, and so keeps its records.
QuorumOdds odds_with_coalition(const Verification& quorum, double first, double other,
                               double coalition) {
  QuorumOdds odds = quorum_odds(quorum.agree, quorum.max_replicas, first, other);
  odds.wrong += quorum_odds(quorum.agree, quorum.max_replicas, coalition, coalition).wrong;
  return odds;
}

Plan quorum_plan(std::uint32_t agree, double first, const Crowd& others, double coalition) {
  const auto nodes = static_cast<std::uint32_t>(std::min<std::size_t>(others.nodes + 1, 1000));
  const Verification quorum{.mode = VerificationMode::quorum,
                            .agree = agree,
                            .max_replicas = std::min(replicas(agree), nodes),
                            .adaptive = false};
  const QuorumOdds odds = odds_with_coalition(quorum, first, others.error_rate, coalition);
  return {.verification = quorum, .wrong = odds.wrong / (1 - odds.undecided), .cost = odds.runs};
}

/// The quorum, but only with the probability with which trusted nodes are spot-checked.
Plan adaptive_plan(const Plan& full, double first, double checked) {
  Plan plan{.verification = full.verification,
            .wrong = (1 - checked) * first + checked * full.wrong,
            .cost = (1 - checked) + checked * full.cost};
  plan.verification.adaptive = true;
  return plan;
}

/// A recheck just as often as it takes. Of what is found wrong another node gives a new answer, so
/// that of the accepted ones the share (1 - c) e / (1 - c e) is wrong, with c for the probability
/// of the check and e for that of an error.
Plan recheck_plan(double error, double recheck_cost, double max_wrong) {
  const double needed = (error - max_wrong) / (error * (1 - max_wrong));
  const double checked = std::clamp(needed, kLeastRecheck, 1.0);
  const double answered = 1 - checked * error;
  return {.verification = {.mode = VerificationMode::recheck, .probability = checked},
          .wrong = std::min((1 - checked) * error / answered, max_wrong),  // above it by rounding
          .cost = (1 + checked * recheck_cost) / answered};
}

}  // namespace

TrackRecord track_record(const Node& node) {
  return {.confirmed = node.valid_in_a_row, .wrong = node.disputed};
}

double error_rate(const TrackRecord& record) {
  const double alpha = kPriorWrong + static_cast<double>(record.wrong);
  const double beta = kPriorRight + record.confirmed;
  return alpha / (alpha + beta);
}

Crowd Crowd::of(std::span<const TrackRecord> records) {
  const double sum =
      std::transform_reduce(records.begin(), records.end(), 0.0, std::plus<>(),
                            [](const TrackRecord& r) { return mesh::error_rate(r); });
  return {.nodes = records.size(),
          .error_rate = records.empty() ? 0 : sum / static_cast<double>(records.size())};
}

QuorumOdds quorum_odds(std::uint32_t agree, std::uint32_t max_replicas, double first,
                       double other) {
  assert(agree >= 1 && agree <= max_replicas);
  const QuorumOdds if_wrong = odds_from(agree, max_replicas - 1, 1, 0, other);
  const QuorumOdds if_right = odds_from(agree, max_replicas - 1, 0, 1, other);
  return {.wrong = first * if_wrong.wrong + (1 - first) * if_right.wrong,
          .undecided = first * if_wrong.undecided + (1 - first) * if_right.undecided,
          .runs = 1 + first * if_wrong.runs + (1 - first) * if_right.runs};
}

std::optional<Plan> choose_plan(const TrackRecord& first, const Crowd& others,
                                const PlanTerms& terms, double max_wrong) {
  const double error = error_rate(first);
  std::optional<Plan> best;
  const auto consider = [&](const Plan& plan) {
    if (plan.wrong <= max_wrong && (!best || plan.cost < best->cost)) best = plan;
  };
  if (terms.recheck_cost) consider(recheck_plan(error, *terms.recheck_cost, max_wrong));
  for (std::uint32_t agree = 2; agree <= kMaxAgree && agree <= others.nodes + 1; ++agree) {
    const Plan full = quorum_plan(agree, error, others, terms.coalition);
    consider(full);
    if (first.confirmed >= terms.trusted_after) {
      const double checked = spot_check_probability(first.confirmed, terms.trusted_after);
      consider(adaptive_plan(full, error, checked));
    }
  }
  return best;
}

}  // namespace vcp::mesh
