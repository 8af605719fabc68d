// SPDX-License-Identifier: Apache-2.0
// Krum and Multi-Krum: the models with the least sum of squared distances to their n − f − 2
// nearest neighbours, unweighted; among equals the lower client id. Blanchard et al. 2017, arXiv
// 1703.02757, sections 4 and 5.
#include <algorithm>
#include <numeric>
#include <tuple>
#include <vector>

#include "rule.hpp"

namespace vcp::fl {
namespace {

double score(const Distances& distances, std::size_t i, std::size_t neighbours) {
  std::vector<double> squares;
  for (std::size_t j = 0; j < distances.size; ++j) {
    if (j != i) squares.push_back(distances(i, j));
  }
  std::ranges::sort(squares);
  return std::accumulate(squares.begin(), squares.begin() + static_cast<std::ptrdiff_t>(neighbours),
                         0.0);
}

class Krum final : public Rule {
 public:
  Krum(std::size_t f, std::size_t m) : f_(f), m_(m) {}

  Result<Weighting> weigh(const Cohort& cohort) const override {
    const std::size_t n = cohort.members.size();
    if (n <= 2 * f_ + 2 || n < m_) {
      return fail(Code::invalid, "Krum needs more than 2f + 2 updates, and at least m");
    }
    const Result<Distances> distances = cohort.distances();
    if (!distances) return std::unexpected(distances.error());
    std::vector<double> scores(n);
    for (std::size_t i = 0; i < n; ++i) scores[i] = score(*distances, i, n - f_ - 2);

    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](std::size_t i, std::size_t j) {
      return std::tie(scores[i], i) < std::tie(scores[j], j);
    });
    Weighting weighting{.coefficients = std::vector<double>(n), .divisor = static_cast<double>(m_)};
    for (std::size_t i = 0; i < m_; ++i) weighting.coefficients[order[i]] = 1;
    return weighting;
  }

 private:
  std::size_t f_;
  std::size_t m_;
};

constexpr Interval kCount = {0, 1e6};

std::vector<FieldError> check_f(const Parameters& p, std::uint64_t min_clients) {
  if (static_cast<double>(min_clients) > 2 * p["f"] + 2) return {};
  return {{"/f", "min_clients must be more than 2f + 2"}};
}

std::vector<FieldError> check_f_and_m(const Parameters& p, std::uint64_t min_clients) {
  std::vector<FieldError> errors = check_f(p, min_clients);
  if (p["m"] < 1 || p["m"] > static_cast<double>(min_clients) - p["f"]) {
    errors.push_back({"/m", "not between 1 and min_clients - f"});
  }
  return errors;
}

}  // namespace

RuleType krum() {
  return {.info = {.name = "krum",
                   .parameters = {{.name = "f", .interval = kCount, .integer = true}},
                   .allows_privacy = false},
          .defaults = [](const Strategy&, std::uint64_t) { return std::vector{0.0}; },
          .check = check_f,
          .make =
              [](const Parameters& p) {
                return std::make_unique<Krum>(static_cast<std::size_t>(p["f"]), 1);
              }};
}

RuleType multi_krum() {
  return {.info = {.name = "multi_krum",
                   .parameters = {{.name = "f", .interval = kCount, .integer = true},
                                  {.name = "m", .interval = kCount, .integer = true}},
                   .allows_privacy = false},
          .defaults =
              [](const Strategy& given, std::uint64_t min_clients) {
                const auto f = given.parameters.find("f");
                const double faulty = f == given.parameters.end() ? 0 : f->second;
                return std::vector{0.0, static_cast<double>(min_clients) - faulty};
              },
          .check = check_f_and_m,
          .make =
              [](const Parameters& p) {
                return std::make_unique<Krum>(static_cast<std::size_t>(p["f"]),
                                              static_cast<std::size_t>(p["m"]));
              }};
}

}  // namespace vcp::fl
