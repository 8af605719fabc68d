// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/backoff.hpp"

#include <algorithm>

namespace vcp::client {

std::chrono::milliseconds Backoff::next(std::optional<std::chrono::seconds> retry_after) {
  auto half = next_ / 2;
  auto random_part = random_.below(static_cast<std::uint64_t>((next_ - half).count()) + 1);
  auto wait = half + Milliseconds(static_cast<std::int64_t>(random_part));
  next_ = std::min(next_ * 2, longest_);
  if (!retry_after) return wait;
  return std::max(wait, Milliseconds(*retry_after));
}

}  // namespace vcp::client
