// SPDX-License-Identifier: Apache-2.0
// The same set of updates gives the same bytes: in any order of arrival, on any number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <random>

#include "fl/model.hpp"
#include "vcp/fl/incoming.hpp"

namespace vcp::fl {
namespace {

/// Values of very different sizes, which cancel: sums of them depend on their order if any do.
Model hostile_like(const Model& model, std::mt19937_64& random) {
  std::uniform_int_distribution<int> exponent(-12, 12);
  std::normal_distribution<double> normal;
  return rounded(changed(model, [&](double, const std::string&, std::size_t) {
    return std::ldexp(normal(random), exponent(random));
  }));
}

class Order : public testing::TestWithParam<std::tuple<const char*, Dtype>> {};

INSTANTIATE_TEST_SUITE_P(
    AllRules, Order,
    testing::Combine(testing::Values("fedavg", "fedprox", "fedavgm", "fedadagrad", "fedyogi",
                                     "fedadam", "median", "trimmed_mean", "krum", "multi_krum",
                                     "fedbuff"),
                     testing::Values(Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64)));

TEST_P(Order, OfArrivalAndThreadsDoNotMatter) {
  const auto [strategy, dtype] = GetParam();
  constexpr std::size_t kClients = 12;
  std::mt19937_64 random(4);
  const Model w = random_like(many_shapes(dtype), random);
  TestRound round(strategy, w, kClients);
  for (std::size_t k = 0; k < kClients; ++k) {
    round.add(std::to_string(k), hostile_like(w, random), 1 + k * 17);
  }
  ASSERT_TRUE(round.try_close());
  const std::string expected = round.next_bytes();
  const std::string state = read_file(round.round().next_state);
  for (const std::size_t threads : {1, 2, 5}) {
    std::ranges::shuffle(round.round().updates, random);
    ASSERT_TRUE(round.try_close(on_threads(threads)));
    EXPECT_TRUE(round.next_bytes() == expected);
    EXPECT_TRUE(read_file(round.round().next_state) == state);
  }
}

TEST(PrivateOrder, OfArrivalAndThreadsDoesNotMatterForTheSameNoise) {
  std::mt19937_64 random(4);
  const Model w = random_like(many_shapes(Dtype::f32), random);
  TestRound round("fedavg", w);
  round.round().privacy = PrivateRound{.mechanism = Mechanism::gaussian,
                                       .clip = 1,
                                       .sum_multiplier = 1,
                                       .cohort = 8,
                                       .adaptive = {}};
  for (std::size_t k = 0; k < 8; ++k) round.add(std::to_string(k), hostile_like(w, random));
  ASSERT_TRUE(round.try_close());
  const std::string expected = round.next_bytes();
  std::ranges::shuffle(round.round().updates, random);
  ASSERT_TRUE(round.try_close(on_threads(4)));
  EXPECT_TRUE(round.next_bytes() == expected);
}

// Clients that write at the same time, each its own file, in portions.
TEST(ConcurrentArrivals, GiveTheSameBytes) {
  constexpr std::size_t kClients = 16;
  std::mt19937_64 random(6);
  const Model w = random_like(many_shapes(Dtype::f32), random);
  std::vector<std::string> bodies;
  for (std::size_t k = 0; k < kClients; ++k) bodies.push_back(to_bytes(hostile_like(w, random)));

  const auto run = [&](std::size_t threads) {
    TestRound round("fedavg", w);
    std::mutex mutex;
    on_threads(threads)(kClients, [&](std::size_t k) {
      IncomingModel incoming;
      for (std::size_t i = 0; i < bodies[k].size(); i += 4'099) {
        ASSERT_TRUE(incoming.append(std::string_view(bodies[k]).substr(i, 4'099)));
      }
      ASSERT_TRUE(incoming.finish());
      const auto file = round.directory() / ("arrived-" + std::to_string(k));
      write_file(file, bodies[k]);
      const std::lock_guard lock(mutex);
      round.round().updates.push_back(
          {.client_id = std::to_string(k), .file = file, .num_samples = k + 1});
    });
    EXPECT_TRUE(round.try_close(on_threads(threads)));
    return round.next_bytes();
  };
  EXPECT_TRUE(run(1) == run(8));
}

}  // namespace
}  // namespace vcp::fl
