// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vcp::http {

/// How long the other side may keep us waiting within one request: `limit_ms` in all for each
/// kProgressBytes that move. So neither silence nor a byte a minute holds a connection.
class Patience {
 public:
  static constexpr std::size_t kProgressBytes = 1024;

  explicit Patience(std::int64_t limit_ms) : limit_ms_(limit_ms), left_ms_(limit_ms) {}

  [[nodiscard]] std::int64_t left_ms() const { return left_ms_; }

  /// A wait of `elapsed_ms` brought `bytes`.
  void waited(std::int64_t elapsed_ms, std::size_t bytes) {
    left_ms_ = std::max<std::int64_t>(left_ms_ - elapsed_ms, 0);
    moved_ += bytes;
    if (moved_ >= kProgressBytes) renew();
  }

  void renew() {
    left_ms_ = limit_ms_;
    moved_ = 0;
  }

 private:
  const std::int64_t limit_ms_;
  std::int64_t left_ms_;
  std::size_t moved_ = 0;
};

}  // namespace vcp::http
