// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace vcp::http {

/// Token buckets, one a key: `rate` requests a second with a burst of as many. A bucket that was
/// left alone for a second is full again, as if it had never been: so buckets live in two
/// generations, the older of which is dropped each second. Any thread.
class Limiter {
 public:
  /// Keys in one generation; those beyond share one bucket.
  static constexpr std::size_t kMaxKeys = 65'536;

  struct Verdict {
    bool allowed = true;
    std::uint32_t remaining = 0;        ///< whole requests left now
    std::uint32_t milliseconds_to = 0;  ///< until one more is there; 0 if one is
  };

  /// `rate` at least 1.
  explicit Limiter(std::uint32_t rate) : rate_(rate) {}

  /// Takes one request out of the bucket of `key`, if it holds one. `now_ms` never goes back.
  [[nodiscard]] Verdict take(std::uint64_t key, std::int64_t now_ms);

  [[nodiscard]] std::uint32_t rate() const { return rate_; }

 private:
  struct Bucket {
    double level;
    std::int64_t at_ms;
  };
  using Generation = std::unordered_map<std::uint64_t, Bucket>;

  void turn_generation(std::int64_t now_ms);
  Bucket& bucket(std::uint64_t key, std::int64_t now_ms);

  const std::uint32_t rate_;
  std::mutex mutex_;
  Generation young_;
  Generation old_;
  std::int64_t turned_ms_ = 0;
};

}  // namespace vcp::http
