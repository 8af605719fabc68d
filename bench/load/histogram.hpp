// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vcp::load {

/// How often each latency occurred, in buckets whose width grows with the value: every figure that
/// comes out is less than 1/64 above what went in, from a nanosecond to days. The layout is that of
/// HdrHistogram: 64 buckets an octave, below 128 ns one a nanosecond.
class Histogram {
 public:
  using Value = std::chrono::nanoseconds;

  /// Below zero counts as zero.
  void record(Value value);

  void add(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Value min() const { return count_ == 0 ? Value(0) : min_; }
  [[nodiscard]] Value max() const { return max_; }
  [[nodiscard]] Value mean() const;

  /// A value that `percent` of all, 0 to 100, do not exceed; 0 if there are none.
  [[nodiscard]] Value percentile(double percent) const;

 private:
  std::vector<std::uint64_t> buckets_;  // as far as values have occurred
  std::uint64_t count_ = 0;
  double sum_ = 0;
  Value min_ = Value::max();
  Value max_{0};
};

}  // namespace vcp::load
