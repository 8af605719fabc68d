// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace vcp::load {
namespace {

constexpr std::uint64_t kOctave = 64;  // buckets in each
constexpr int kOctaveBits = 7;         // of a value that is looked at: from 64 to 127

/// How many low bits of a value do not count.
int shift_of(std::uint64_t value) {
  return std::max(0, static_cast<int>(std::bit_width(value)) - kOctaveBits);
}

std::size_t bucket_of(std::uint64_t value) {
  const int shift = shift_of(value);
  return kOctave * static_cast<std::size_t>(shift) + (value >> shift);
}

/// The greatest value that falls into a bucket.
std::uint64_t last_of(std::size_t bucket) {
  const std::uint64_t shift = bucket < 2 * kOctave ? 0 : bucket / kOctave - 1;
  return ((bucket - kOctave * shift + 1) << shift) - 1;
}

}  // namespace

void Histogram::record(Value value) {
  value = std::max(value, Value(0));
  const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(value.count()));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  sum_ += static_cast<double>(value.count());
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::add(const Histogram& other) {
  buckets_.resize(std::max(buckets_.size(), other.buckets_.size()));
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

Histogram::Value Histogram::mean() const {
  if (count_ == 0) return Value(0);
  return Value(std::llround(sum_ / static_cast<double>(count_)));
}

Histogram::Value Histogram::percentile(double percent) const {
  const double rank =
      std::ceil(std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_));
  std::uint64_t left = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    if (buckets_[bucket] >= left) {
      return std::min(Value(static_cast<std::int64_t>(last_of(bucket))), max_);
    }
    left -= buckets_[bucket];
  }
  return max_;
}

}  // namespace vcp::load
