// SPDX-License-Identifier: Apache-2.0
#include "limiter.hpp"

#include <algorithm>
#include <cmath>

namespace vcp::http {
namespace {

constexpr std::int64_t kGenerationMs = 1'000;  // in which an empty bucket fills
constexpr std::uint64_t kOverflowKey = 0;

}  // namespace

Limiter::Verdict Limiter::take(std::uint64_t key, std::int64_t now_ms) {
  const std::scoped_lock lock(mutex_);
  turn_generation(now_ms);
  Bucket& mine = bucket(key, now_ms);
  const double refill = static_cast<double>(now_ms - mine.at_ms) * rate_ / 1000.0;
  mine.level = std::min<double>(rate_, mine.level + refill);
  mine.at_ms = now_ms;

  Verdict verdict;
  verdict.allowed = mine.level >= 1.0;
  if (verdict.allowed) mine.level -= 1.0;
  verdict.remaining = static_cast<std::uint32_t>(mine.level);
  if (mine.level < 1.0) {
    verdict.milliseconds_to =
        static_cast<std::uint32_t>(std::ceil((1.0 - mine.level) * 1000.0 / rate_));
  }
  return verdict;
}

void Limiter::turn_generation(std::int64_t now_ms) {
  if (now_ms - turned_ms_ < kGenerationMs) return;
  old_.clear();
  if (now_ms - turned_ms_ < 2 * kGenerationMs) old_.swap(young_);
  young_.clear();
  turned_ms_ = now_ms;
}

Limiter::Bucket& Limiter::bucket(std::uint64_t key, std::int64_t now_ms) {
  const Bucket full{.level = static_cast<double>(rate_), .at_ms = now_ms};
  if (const auto found = young_.find(key); found != young_.end()) return found->second;
  if (const auto found = old_.find(key); found != old_.end()) {
    return young_.emplace(key, found->second).first->second;
  }
  if (young_.size() >= kMaxKeys) key = kOverflowKey;
  return young_.try_emplace(key, full).first->second;
}

}  // namespace vcp::http
