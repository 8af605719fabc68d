// SPDX-License-Identifier: Apache-2.0
// Each rule against its formula, written down once more in the plainest way, on doubles.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "fl/model.hpp"

namespace vcp::fl {
namespace {

struct Sample {
  Model model;
  std::uint64_t samples;
};

/// What one coordinate of all clients becomes.
using Coordinate = std::function<double(double w, const std::vector<double>& values,
                                        const std::vector<double>& samples)>;

Model expected_model(const Model& w, const std::vector<Sample>& cohort, const Coordinate& formula) {
  return changed(w, [&](double value, const std::string& name, std::size_t i) {
    std::vector<double> values;
    std::vector<double> samples;
    for (const Sample& client : cohort) {
      values.push_back(client.model.at(name).values[i]);
      samples.push_back(static_cast<double>(client.samples));
    }
    return formula(value, values, samples);
  });
}

double weighted_mean(const std::vector<double>& values, const std::vector<double>& samples) {
  long double sum = 0;
  for (std::size_t k = 0; k < values.size(); ++k)
    sum += static_cast<long double>(values[k]) * samples[k];
  return static_cast<double>(sum / std::accumulate(samples.begin(), samples.end(), 0.0L));
}

/// Half a unit in the last place, and a little for the double before it.
double precision(Dtype dtype) {
  switch (dtype) {
    case Dtype::f16:
      return 0x1.01p-11;
    case Dtype::bf16:
      return 0x1.01p-8;
    case Dtype::f32:
      return 0x1.01p-24;
    case Dtype::f64:
      break;
  }
  return 0x1p-51;
}

class Rules : public testing::TestWithParam<Dtype> {
 protected:
  std::vector<Sample> cohort(const Model& w, std::size_t size) {
    std::uniform_int_distribution<std::uint64_t> samples(1, 1'000);
    std::vector<Sample> clients;
    for (std::size_t k = 0; k < size; ++k) {
      clients.push_back({random_like(w, random_), samples(random_)});
    }
    return clients;
  }

  /// Runs the strategy and compares with the formula.
  void check(const Strategy& strategy, std::size_t clients, const Coordinate& formula) {
    const Model w = random_like(many_shapes(GetParam()), random_);
    const std::vector<Sample> cohort = this->cohort(w, clients);
    TestRound round(strategy, w, clients);
    for (std::size_t k = 0; k < clients; ++k) {
      round.add("client-" + std::to_string(100 + k), cohort[k].model, cohort[k].samples);
    }
    const double smallest = GetParam() == Dtype::f16 ? 0x1p-25 : 1e-38;
    expect_near(expected_model(w, cohort, formula), round.close(), precision(GetParam()),
                std::max(smallest, 1e-14));
  }

  std::mt19937_64 random_{42};
};

INSTANTIATE_TEST_SUITE_P(AllTypes, Rules,
                         testing::Values(Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64));

TEST_P(Rules, FedAvg) {
  for (const std::size_t clients : {1, 2, 7}) {
    check({"fedavg"}, clients, [](double, const auto& values, const auto& samples) {
      return weighted_mean(values, samples);
    });
  }
}

TEST_P(Rules, FedProxIsFedAvgAtTheServer) {
  check({"fedprox", {{"mu", 0.5}}}, 3, [](double, const auto& values, const auto& samples) {
    return weighted_mean(values, samples);
  });
}

TEST_P(Rules, FedAvgMFromRest) {
  check({"fedavgm", {{"eta", 0.5}, {"beta", 0.9}}}, 4,
        [](double w, const auto& values, const auto& samples) {
          return w - 0.5 * (w - weighted_mean(values, samples));
        });
}

TEST_P(Rules, FedAdamFromRest) {
  check({"fedadam"}, 4, [](double w, const auto& values, const auto& samples) {
    const double delta = weighted_mean(values, samples) - w;
    const double m = (1 - 0.9) * delta;
    const double v = 0.99 * 1e-6 + (1 - 0.99) * delta * delta;
    return w + 0.1 * m / (std::sqrt(v) + 1e-3);
  });
}

TEST_P(Rules, FedAdagradFromRest) {
  check({"fedadagrad"}, 4, [](double w, const auto& values, const auto& samples) {
    const double delta = weighted_mean(values, samples) - w;
    return w + 0.1 * delta / (std::sqrt(1e-6 + delta * delta) + 1e-3);
  });
}

TEST_P(Rules, FedYogiFromRest) {
  check({"fedyogi"}, 4, [](double w, const auto& values, const auto& samples) {
    const double delta = weighted_mean(values, samples) - w;
    const double square = delta * delta;
    const double sign = 1e-6 > square ? 1 : -1;
    const double v = 1e-6 - (1 - 0.99) * square * sign;
    return w + 0.01 * (1 - 0.9) * delta / (std::sqrt(v) + 1e-3);
  });
}

TEST_P(Rules, Median) {
  for (const std::size_t clients : {1, 2, 3, 8, 13, 100}) {
    check({"median"}, clients, [](double, std::vector<double> values, const auto&) {
      std::ranges::sort(values);
      const std::size_t n = values.size();
      return (values[(n - 1) / 2] + values[n / 2]) / 2;
    });
  }
}

TEST_P(Rules, TrimmedMean) {
  for (const std::size_t clients : {1, 5, 10, 21}) {
    check({"trimmed_mean", {{"beta", 0.2}}}, clients,
          [](double, std::vector<double> values, const auto&) {
            std::ranges::sort(values);
            const std::size_t drop = values.size() / 5;
            const auto first = values.begin() + static_cast<std::ptrdiff_t>(drop);
            const auto last = values.end() - static_cast<std::ptrdiff_t>(drop);
            return static_cast<double>(std::accumulate(first, last, 0.0L) / (last - first));
          });
  }
}

TEST_P(Rules, FedBuffOfTheSameVersion) {
  check({"fedbuff", {{"eta", 0.25}}}, 4, [](double w, const auto& values, const auto&) {
    double sum = 0;
    for (const double value : values) sum += value - w;
    return w + 0.25 * sum / static_cast<double>(values.size());
  });
}

/// The slow obvious Krum: the indices of the best, first the best.
std::vector<std::size_t> krum_order(const std::vector<Sample>& cohort, std::size_t f) {
  const std::size_t n = cohort.size();
  std::vector<std::pair<double, std::size_t>> scores;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> distances;
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j) continue;
      double square = 0;
      for (const auto& [name, tensor] : cohort[i].model) {
        const std::vector<double>& other = cohort[j].model.at(name).values;
        for (std::size_t p = 0; p < other.size(); ++p) {
          square += (tensor.values[p] - other[p]) * (tensor.values[p] - other[p]);
        }
      }
      distances.push_back(square);
    }
    std::ranges::sort(distances);
    scores.emplace_back(
        std::accumulate(distances.begin(),
                        distances.begin() + static_cast<std::ptrdiff_t>(n - f - 2), 0.0),
        i);
  }
  std::ranges::sort(scores);
  std::vector<std::size_t> order;
  for (const auto& [score, index] : scores) order.push_back(index);
  return order;
}

TEST_P(Rules, KrumTakesOneClientsModelWhole) {
  const Model w = random_like(many_shapes(GetParam()), random_);
  const std::vector<Sample> cohort = this->cohort(w, 7);
  TestRound round({"krum", {{"f", 2}}}, w, 7);
  for (std::size_t k = 0; k < 7; ++k)
    round.add(std::to_string(k), cohort[k].model, cohort[k].samples);
  expect_near(cohort[krum_order(cohort, 2)[0]].model, round.close(), 0);
}

TEST_P(Rules, MultiKrumAveragesTheBestWithoutWeights) {
  const Model w = random_like(many_shapes(GetParam()), random_);
  const std::vector<Sample> cohort = this->cohort(w, 9);
  TestRound round({"multi_krum", {{"f", 1}, {"m", 3}}}, w, 9);
  for (std::size_t k = 0; k < 9; ++k)
    round.add(std::to_string(k), cohort[k].model, cohort[k].samples);
  const std::vector<std::size_t> order = krum_order(cohort, 1);
  const std::vector<Sample> best = {
      {cohort[order[0]].model, 1}, {cohort[order[1]].model, 1}, {cohort[order[2]].model, 1}};
  const Model expected = expected_model(w, best, [](double, const auto& values, const auto& ones) {
    return weighted_mean(values, ones);
  });
  expect_near(expected, round.close(), precision(GetParam()), 1e-7);
}

TEST_P(Rules, ADeltaCountsAsTheModelThatItLeadsTo) {
  const Model w = random_like(many_shapes(GetParam()), random_);
  const Model delta = random_like(w, random_, 0.1);
  const Model other = random_like(w, random_);
  for (const char* strategy : {"fedavg", "median", "fedbuff"}) {
    TestRound round(strategy, w);
    round.add("a", delta, 3, Kind::delta);
    round.add("b", other, 3);
    const Model expected = changed(w, [&](double value, const std::string& name, std::size_t i) {
      return (value + delta.at(name).values[i] + other.at(name).values[i]) / 2;
    });
    expect_near(expected, round.close(), precision(GetParam()),
                GetParam() == Dtype::f16 ? 0x1p-25 : 1e-14);
  }
}

TEST(Krum, LeavesOutAnOutlier) {
  TestRound round({"krum", {{"f", 1}}}, vector_model({0, 0}), 5);
  round.add("a", vector_model({1, 1}));
  round.add("b", vector_model({1, 1.1}));
  round.add("c", vector_model({1e6, -1e6}));
  round.add("d", vector_model({1.1, 1}));
  round.add("e", vector_model({0.9, 1}));
  expect_near(vector_model({1, 1}), round.close(), 0);
}

TEST(Krum, AmongEqualsTheLowerClientIdWins) {
  TestRound round(Strategy{"krum"}, vector_model({0}), 4);
  round.add("d", vector_model({2}));
  round.add("b", vector_model({1}));
  round.add("c", vector_model({2}));
  round.add("a", vector_model({1}));
  EXPECT_EQ(round.close().at("w").values, std::vector<double>{1});
}

TEST(Krum, RefusesTooSmallACohort) {
  TestRound round({"krum", {{"f", 1}}}, vector_model({0}), 5);
  for (const char* client : {"a", "b", "c", "d"}) round.add(client, vector_model({1}));
  EXPECT_FALSE(round.try_close());
}

TEST(TrimmedMean, DropsTheFloorOfTheDecimalFraction) {
  std::vector<double> values(100);
  TestRound round({"trimmed_mean", {{"beta", 0.29}}}, vector_model({0}), 100);
  for (int k = 0; k < 100; ++k) {
    // Only if 29 are dropped at either side is none of the hundreds left.
    const double value = k < 29 ? -100 : k < 71 ? 1 : 200;
    round.add(std::to_string(1'000 + k), vector_model({value}));
  }
  EXPECT_EQ(round.close().at("w").values, std::vector<double>{1});
}

TEST(FedBuff, DampsWhatIsStaleAndMeasuresItFromItsOwnVersion) {
  TestRound round({"fedbuff", {{"eta", 0.5}}}, vector_model({10, 20}), 3);
  write_file(round.directory() / "old", to_bytes(vector_model({4, 4})));
  round.add("a", vector_model({12, 20}));
  round.add("b", vector_model({8, 12}));
  round.round().updates[1].staleness = 3;
  round.round().updates[1].base = round.directory() / "old";
  round.add("c", vector_model({8, 8}), 1, Kind::delta);
  round.round().updates[2].staleness = 15;
  // Δ: (2, 0), (4, 8)/2, (8, 8)/4
  expect_near(vector_model({10 + 0.5 * (2 + 2 + 2) / 3, 20 + 0.5 * (0 + 4 + 2) / 3}), round.close(),
              1e-7);
}

TEST(FedBuff, IgnoresSampleCounts) {
  TestRound round("fedbuff", vector_model({0}));
  round.add("a", vector_model({1}), 1);
  round.add("b", vector_model({3}), 1'000'000);
  EXPECT_EQ(round.close().at("w").values, std::vector<double>{2});
}

/// Rounds in a row against the formulas with their state in doubles.
void check_rounds(const Strategy& strategy,
                  const std::function<double(double, std::size_t)>& next_value) {
  TestRound round(strategy, vector_model({1, -2, 3}, Dtype::f64));
  Model w = vector_model({1, -2, 3}, Dtype::f64);
  std::mt19937_64 random(9);
  for (int t = 0; t < 6; ++t) {
    const Model client = random_like(w, random);
    round.add("a", client);
    w = changed(w, [&](double value, const std::string&, std::size_t i) {
      return value + next_value(client.at("w").values[i] - value, i);
    });
    expect_near(w, round.close(), 1e-12);
    round.advance();
  }
}

TEST(ServerState, FedAvgMKeepsItsMomentum) {
  std::vector<double> v(3);
  check_rounds({"fedavgm", {{"eta", 0.7}, {"beta", 0.8}}}, [&](double delta, std::size_t i) {
    v[i] = 0.8 * v[i] - delta;
    return -0.7 * v[i];
  });
}

TEST(ServerState, FedAdamKeepsBothMoments) {
  std::vector<double> m(3);
  std::vector<double> v(3, 1e-6);
  check_rounds({"fedadam"}, [&](double delta, std::size_t i) {
    m[i] = 0.9 * m[i] + 0.1 * delta;
    v[i] = 0.99 * v[i] + 0.01 * delta * delta;
    return 0.1 * m[i] / (std::sqrt(v[i]) + 1e-3);
  });
}

TEST(ServerState, FedYogiKeepsBothMoments) {
  std::vector<double> m(3);
  std::vector<double> v(3, 1e-6);
  check_rounds({"fedyogi"}, [&](double delta, std::size_t i) {
    m[i] = 0.9 * m[i] + 0.1 * delta;
    const double square = delta * delta;
    v[i] -= 0.01 * square * (v[i] > square ? 1 : -1);
    return 0.01 * m[i] / (std::sqrt(v[i]) + 1e-3);
  });
}

TEST(ServerState, FedAdagradOnlyAdds) {
  std::vector<double> v(3, 1e-6);
  check_rounds({"fedadagrad"}, [&](double delta, std::size_t i) {
    v[i] += delta * delta;
    return 0.1 * delta / (std::sqrt(v[i]) + 1e-3);
  });
}

}  // namespace
}  // namespace vcp::fl
