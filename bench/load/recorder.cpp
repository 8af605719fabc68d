// SPDX-License-Identifier: Apache-2.0
#include "recorder.hpp"

#include <algorithm>

namespace vcp::load {

void Recorder::answered(Moment due, Moment now) {
  const Histogram::Value latency = now - due;
  latency_.record(latency);
  interval_at(due).latency.record(latency);
  ended(1, now);
}

void Recorder::ended(std::uint64_t count, Moment now) {
  count_ += count;
  interval_at(now).answered += count;
  last_ = std::max(last_, now);
}

double Recorder::rate() const {
  const std::chrono::duration<double> seconds = elapsed();
  return seconds.count() > 0 ? static_cast<double>(count_) / seconds.count() : 0;
}

Recorder::Interval& Recorder::interval_at(Moment moment) {
  const auto since_start = std::max(moment - start_, Clock::duration::zero());
  while (since_start >= length_ * kMaxIntervals) halve();
  const auto index = static_cast<std::size_t>(since_start / length_);
  if (index >= intervals_.size()) intervals_.resize(index + 1);
  return intervals_[index];
}

void Recorder::halve() {
  length_ *= 2;
  for (std::size_t i = 0; i < intervals_.size(); ++i) {
    if (i % 2 == 0) {
      if (i > 0) intervals_[i / 2] = std::move(intervals_[i]);
    } else {
      intervals_[i / 2].latency.add(intervals_[i].latency);
      intervals_[i / 2].answered += intervals_[i].answered;
    }
  }
  intervals_.resize((intervals_.size() + 1) / 2);
}

}  // namespace vcp::load
