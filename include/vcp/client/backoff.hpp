// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "vcp/base/random.hpp"

namespace vcp::client {

/// How long to wait before the next try: doubles from `first` to `longest`, and of each only a
/// random half to whole is waited, so that many clients do not come back together.
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Backoff(Random& random, Milliseconds first, Milliseconds longest)
      : random_(random), first_(first), longest_(longest), next_(first) {}

  /// The next wait; at least what the server asked for.
  [[nodiscard]] Milliseconds next(std::optional<std::chrono::seconds> retry_after = {});

  /// Starts afresh, after a success.
  void reset() { next_ = first_; }

 private:
  Random& random_;
  Milliseconds first_;
  Milliseconds longest_;
  Milliseconds next_;
};

}  // namespace vcp::client
