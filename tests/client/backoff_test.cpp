// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/backoff.hpp"

#include <gtest/gtest.h>

namespace vcp::client {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, WaitsHalfToAllOfADoublingTime) {
  SeededRandom random(1);
  Backoff backoff(random, milliseconds(100), milliseconds(350));
  for (int longest : {100, 200, 350, 350}) {
    auto wait = backoff.next();
    EXPECT_GE(wait, milliseconds(longest / 2));
    EXPECT_LE(wait, milliseconds(longest));
  }
}

TEST(Backoff, BeginsAfreshAfterReset) {
  SeededRandom random(1);
  Backoff backoff(random, milliseconds(100), milliseconds(10'000));
  for (int i = 0; i < 5; ++i) static_cast<void>(backoff.next());
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, WaitsAtLeastWhatTheServerAsksFor) {
  SeededRandom random(1);
  Backoff backoff(random, milliseconds(100), milliseconds(1'000));
  EXPECT_GE(backoff.next(std::chrono::seconds(7)), milliseconds(7'000));
}

}  // namespace
}  // namespace vcp::client
