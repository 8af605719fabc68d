// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "vcp/base/encoding.hpp"

namespace vcp {
namespace {

std::string draw(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

/// Gives the values of a list in turn.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> values) : values_(std::move(values)) {}
  void fill(std::span<std::byte> out) override {
    ASSERT_EQ(out.size(), sizeof(std::uint64_t));
    const auto bytes = std::as_bytes(std::span(&values_.at(next_++), 1));
    std::ranges::copy(bytes, out.begin());
  }
  [[nodiscard]] std::size_t drawn() const { return next_; }

 private:
  std::vector<std::uint64_t> values_;
  std::size_t next_ = 0;
};

// draft-strombergson-chacha-test-vectors-01, TC1: 256-bit key of zeros, IV of zeros, 20 rounds.
TEST(SeededRandom, OfSeedZeroIsTheChaChaStreamOfTheZeroKey) {
  SeededRandom random(0);
  EXPECT_EQ(to_hex(draw(random, 128)),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
            "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
            "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

TEST(SeededRandom, RepeatsFromItsSeed) {
  SeededRandom one(7);
  SeededRandom two(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), two.next());
}

TEST(SeededRandom, DiffersBetweenSeeds) {
  SeededRandom one(7);
  SeededRandom two(8);
  EXPECT_NE(draw(one, 32), draw(two, 32));
}

TEST(SeededRandom, NeverGivesTheSameBytesAgain) {
  SeededRandom random(7);
  std::vector<std::string> blocks;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::string bytes = draw(random, 64 + i);
    blocks.push_back(bytes.substr(0, 32));
    blocks.push_back(bytes.substr(bytes.size() - 32));
  }
  std::ranges::sort(blocks);
  EXPECT_EQ(std::ranges::adjacent_find(blocks), blocks.end());
}

TEST(SystemRandom, GivesDifferentBytesEachTime) {
  SystemRandom random;
  EXPECT_NE(draw(random, 32), draw(random, 32));
}

TEST(Random, FillsNothing) {
  SystemRandom system;
  SeededRandom seeded(1);
  EXPECT_EQ(draw(system, 0), "");
  EXPECT_EQ(draw(seeded, 0), "");
}

TEST(Random, BelowRefusesWhatWouldBias) {
  // 2^64 mod 6 is 4: of 0 to 3 each remainder would have one value too many.
  ScriptedRandom random({0, 3, 4});
  EXPECT_EQ(random.below(6), 4);
  EXPECT_EQ(random.drawn(), 3);
}

TEST(Random, BelowAPowerOfTwoRefusesNothing) {
  ScriptedRandom random({0});
  EXPECT_EQ(random.below(8), 0);
}

TEST(Random, BelowOneIsZero) {
  SeededRandom random(1);
  EXPECT_EQ(random.below(1), 0);
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  SeededRandom random(1);
  std::array<int, 10> seen{};
  for (int i = 0; i < 10'000; ++i) ++seen.at(random.below(seen.size()));
  // The standard deviation of a count is 30.
  for (const int count : seen) EXPECT_NEAR(count, 1000, 180);
}

TEST(Random, UniformIsInItsHalfOpenInterval) {
  ScriptedRandom random({0, ~std::uint64_t{0}});
  EXPECT_EQ(random.uniform(), 0.0);
  EXPECT_EQ(random.uniform(), 1.0 - 0x1.0p-53);
}

TEST(Random, UniformHasItsMean) {
  SeededRandom random(1);
  double sum = 0;
  constexpr int kDraws = 10'000;
  for (int i = 0; i < kDraws; ++i) sum += random.uniform();
  // Six standard deviations of the mean.
  EXPECT_NEAR(sum / kDraws, 0.5, 6 / std::sqrt(12.0 * kDraws));
}

}  // namespace
}  // namespace vcp
