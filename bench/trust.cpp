// SPDX-License-Identifier: Apache-2.0
// What ways to verify are worth among nodes that lie: the wrong answers that were accepted and the
// runs that were paid, for each way and each kind of liar. Prints a table in Markdown, the same one
// for the same seed:
//
//   trust_simulation [TASKS [SEED]]
#include "trust.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "quorum.hpp"
#include "vcp/base/random.hpp"

namespace {

using namespace vcp;
using namespace vcp::mesh;

constexpr std::size_t kNodes = 200;
constexpr PlanTerms kTerms{.recheck_cost = 2};

// Answers; every number from kFirstOther on is wrong in its own way.
constexpr std::uint64_t kRight = 0;
constexpr std::uint64_t kAgreedLie = 1;
constexpr std::uint64_t kFirstOther = 2;

enum class Liar : std::uint8_t {
  faulty,       ///< wrong one time in five, each time in another way
  constant,     ///< always wrong in the way of all its kind
  coordinated,  ///< with all its kind wrong on the same fifth of the tasks
  unobserved,   ///< right 300 times, and from then on as `constant`
  majority,     ///< wrong only if two of its kind have the task
};

struct Population {
  const char* name;
  Liar liar;
  double share;
};

constexpr Population kPopulations[] = {
    {"2 % faulty", Liar::faulty, 0.02},
    {"10 % faulty", Liar::faulty, 0.10},
    {"10 % constant", Liar::constant, 0.10},
    {"10 % coordinated", Liar::coordinated, 0.10},
    {"10 % honest at first", Liar::unobserved, 0.10},
    {"1 % lie in the majority", Liar::majority, 0.01},
    {"10 % lie in the majority", Liar::majority, 0.10},
};

struct Node {
  std::optional<Liar> liar;
  TrackRecord record;
  std::uint64_t runs = 0;
};

/// How an answer is come by; `max_wrong` is for `auto`.
struct Policy {
  const char* name;
  Verification verification;
  std::optional<double> max_wrong;
};

Verification quorum(std::uint32_t agree, bool adaptive) {
  return {.mode = VerificationMode::quorum,
          .agree = agree,
          .max_replicas = 2 * agree + 1,
          .adaptive = adaptive};
}

const Policy kPolicies[] = {
    {"none", {}, {}},
    {"quorum 2", quorum(2, false), {}},
    {"quorum 3", quorum(3, false), {}},
    {"quorum 2, adaptive", quorum(2, true), {}},
    {"recheck 0.1", {.mode = VerificationMode::recheck, .probability = 0.1}, {}},
    {"auto 1e-2", {}, 1e-2},
    {"auto 1e-3", {}, 1e-3},
    {"auto 1e-4", {}, 1e-4},
};

struct Totals {
  std::uint64_t accepted = 0;
  std::uint64_t wrong = 0;
  std::uint64_t runs = 0;
  std::uint64_t rechecks = 0;
};

class Mesh {
 public:
  Mesh(const Population& population, std::uint64_t seed) : random_(seed), nodes_(kNodes) {
    const auto liars = static_cast<std::size_t>(population.share * kNodes);
    for (Node& node : std::span(nodes_).first(liars)) node.liar = population.liar;
  }

  void run_task(const Policy& policy) {
    lie_agreed_ = random_.uniform() < kLieRate;
    const std::size_t first = pick({});
    Verification verification = policy.verification;
    if (policy.max_wrong) {
      verification =
          choose_plan(nodes_[first].record, Crowd::of(others(first)), kTerms, *policy.max_wrong)
              .value()
              .verification;
    }
    switch (verification.mode) {
      case VerificationMode::quorum:
        return run_quorum(verification, first);
      case VerificationMode::recheck:
        return run_rechecked(verification.probability, first);
      default:
        return run_rechecked(0, first);
    }
  }

  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  static constexpr double kLieRate = 0.2;
  static constexpr std::uint64_t kHonestAtFirst = 300;

  /// A node that is not among `taken`, at random.
  std::size_t pick(std::span<const std::size_t> taken) {
    while (true) {
      const std::size_t node = random_.below(kNodes);
      if (std::ranges::find(taken, node) == taken.end()) return node;
    }
  }

  std::vector<TrackRecord> others(std::size_t first) const {
    std::vector<TrackRecord> records;
    for (std::size_t i = 0; i < kNodes; ++i) {
      if (i != first) records.push_back(nodes_[i].record);
    }
    return records;
  }

  /// What the node says, which knows of `fellows` of its kind that have the task.
  std::uint64_t answer(Node& node, std::size_t fellows) {
    ++totals_.runs;
    ++node.runs;
    if (!node.liar) return kRight;
    switch (*node.liar) {
      case Liar::faulty:
        return random_.uniform() < kLieRate ? kFirstOther + random_.below(1U << 30) : kRight;
      case Liar::constant:
        return kAgreedLie;
      case Liar::coordinated:
        return lie_agreed_ ? kAgreedLie : kRight;
      case Liar::unobserved:
        return node.runs > kHonestAtFirst ? kAgreedLie : kRight;
      case Liar::majority:
        return fellows >= 2 ? kAgreedLie : kRight;
    }
    std::abort();
  }

  void judge(Node& node, bool right) {
    if (right) {
      ++node.record.confirmed;
    } else {
      node.record = {.confirmed = 0, .wrong = node.record.wrong + 1};
    }
  }

  void accept(std::uint64_t answer) {
    ++totals_.accepted;
    totals_.wrong += answer != kRight;
  }

  /// One run at a time, and of what the coordinator finds wrong the next node has a try.
  void run_rechecked(double probability, std::size_t node) {
    while (true) {
      const std::uint64_t given = answer(nodes_[node], 1);
      if (random_.uniform() >= probability) return accept(given);
      ++totals_.rechecks;
      judge(nodes_[node], given == kRight);
      if (given == kRight) return accept(given);
      node = pick({&node, 1});
    }
  }

  void run_quorum(const Verification& asked, std::size_t first) {
    const std::uint32_t streak = nodes_[first].record.confirmed;
    if (asked.adaptive &&
        random_.uniform() >= spot_check_probability(streak, kTerms.trusted_after)) {
      return accept(answer(nodes_[first], 1));
    }
    std::vector<std::size_t> taken{first};
    std::vector<std::uint64_t> answers;
    std::size_t best = 0;  // equal answers
    while (best < asked.agree) {
      const std::size_t wanted = answers.size() + asked.agree - best;
      if (wanted > asked.max_replicas) return;  // undecided: nothing is accepted
      while (taken.size() < wanted) taken.push_back(pick(taken));
      while (answers.size() < wanted) {
        answers.push_back(answer(nodes_[taken[answers.size()]], liars_among(taken)));
      }
      best = static_cast<std::size_t>(std::ranges::count(answers, favourite(answers)));
    }
    const std::uint64_t winner = favourite(answers);
    for (std::size_t i = 0; i < taken.size(); ++i) judge(nodes_[taken[i]], answers[i] == winner);
    accept(winner);
  }

  std::size_t liars_among(std::span<const std::size_t> taken) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        taken, [&](std::size_t node) { return nodes_[node].liar.has_value(); }));
  }

  static std::uint64_t favourite(const std::vector<std::uint64_t>& answers) {
    return *std::ranges::max_element(
        answers, {}, [&](std::uint64_t each) { return std::ranges::count(answers, each); });
  }

  SeededRandom random_;
  std::vector<Node> nodes_;
  bool lie_agreed_ = false;
  Totals totals_;
};

/// "wrong · cost", each of an accepted answer, the cost in runs.
void print_cell(const Totals& totals) {
  const auto accepted = static_cast<double>(totals.accepted);
  const double cost = static_cast<double>(totals.runs) +
                      *kTerms.recheck_cost * static_cast<double>(totals.rechecks);
  std::printf(" %.1g · %.2f |", static_cast<double>(totals.wrong) / accepted, cost / accepted);
}

void print_header() {
  std::printf("| |");
  for (const Population& population : kPopulations) std::printf(" %s |", population.name);
  std::printf("\n|---|");
  for (std::size_t i = 0; i < std::size(kPopulations); ++i) std::printf("---|");
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t tasks = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  print_header();
  for (const Policy& policy : kPolicies) {
    std::printf("| %s |", policy.name);
    for (const Population& population : kPopulations) {
      Mesh mesh(population, seed);
      for (std::uint64_t i = 0; i < tasks; ++i) mesh.run_task(policy);
      print_cell(mesh.totals());
    }
    std::printf("\n");
  }
}
