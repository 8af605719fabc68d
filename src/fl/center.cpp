// SPDX-License-Identifier: Apache-2.0
#include "center.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels.hpp"

namespace vcp::fl {
namespace {

/// A sum of files, each times a coefficient, over a divisor: all rules that average are one.
class WeightedMean final : public Center {
 public:
  WeightedMean(const CohortFiles& files, const Weighting& weighting)
      : files_(files), divisor_(weighting.divisor) {
    double of_model = weighting.divisor;
    for (std::size_t k = 0; k < files.clients().size(); ++k) {
      const CohortFiles::Client& client = files.clients()[k];
      const double coefficient = weighting.coefficients[k];
      terms_.push_back({&client.file, coefficient});
      if (client.base) terms_.push_back({&*client.base, -coefficient});
      if (client.update.kind == Kind::weights && !client.base) of_model -= coefficient;
    }
    terms_.push_back({&files.model(), of_model});
    std::erase_if(terms_, [](const Term& term) { return term.coefficient == 0; });
    bring_into_range();
  }

  Result<> compute(const Tile& tile, std::span<const double>, std::span<double> center,
                   Workspace& workspace) const override {
    const Dtype dtype = files_.dtype(tile);
    workspace.error.assign(tile.count, 0);
    const Sums sums{center, workspace.error};
    std::ranges::fill(center, 0);
    for (const Term& term : terms_) {
      const Result<const char*> raw = files_.raw(*term.file, tile, workspace);
      if (!raw) return std::unexpected(raw.error());
      accumulate(dtype, *raw, term.coefficient, sums);
    }
    divide(dtype, sums, divisor_);
    return {};
  }

 private:
  struct Term {
    const ModelFile* file;
    double coefficient;
  };

  /// Makes the coefficients' magnitudes add up to less than ½, by a power of two, which is exact:
  /// so no partial sum overflows.
  void bring_into_range() {
    double total = 0;
    for (const Term& term : terms_) total += std::fabs(term.coefficient);
    const int exponent = std::ilogb(total) + 2;
    for (Term& term : terms_) term.coefficient = std::ldexp(term.coefficient, -exponent);
    divisor_ = std::ldexp(divisor_, -exponent);
  }

  const CohortFiles& files_;
  std::vector<Term> terms_;
  double divisor_;
};

class CoordinateStatistic final : public Center {
 public:
  CoordinateStatistic(const CohortFiles& files, const Rule& rule) : files_(files), rule_(rule) {}

  std::size_t tile_elements() const override { return row_tile_elements(files_.clients().size()); }

  Result<> compute(const Tile& tile, std::span<const double> w, std::span<double> center,
                   Workspace& workspace) const override {
    const Result<Rows> rows = files_.read_rows(tile, w, workspace);
    if (!rows) return std::unexpected(rows.error());
    rule_.combine(*rows, center);
    return {};
  }

 private:
  const CohortFiles& files_;
  const Rule& rule_;
};

}  // namespace

Result<std::unique_ptr<Center>> make_center(const CohortFiles& files, const Rule& rule,
                                            const ParallelFor& parallel) {
  if (rule.combines_by_coordinate()) return std::make_unique<CoordinateStatistic>(files, rule);
  std::vector<Member> members;
  for (const CohortFiles::Client& client : files.clients()) {
    members.push_back({client.update.num_samples, client.update.staleness});
  }
  const Cohort cohort{.members = members,
                      .distances = [&] { return measure_distances(files, parallel); }};
  const Result<Weighting> weighting = rule.weigh(cohort);
  if (!weighting) return std::unexpected(weighting.error());
  return std::make_unique<WeightedMean>(files, *weighting);
}

}  // namespace vcp::fl
