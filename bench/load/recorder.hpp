// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "histogram.hpp"
#include "schedule.hpp"

namespace vcp::load {

/// What became of the requests of one kind, as a whole and over time.
class Recorder {
 public:
  /// A part of the time since the start.
  struct Interval {
    Histogram latency;           ///< of the requests that were due in it
    std::uint64_t answered = 0;  ///< in it, whenever they were due
  };

  /// Past this many intervals two are made one, so that a run of any length has a picture.
  static constexpr std::size_t kMaxIntervals = 256;

  Recorder(std::string name, Moment start) : name_(std::move(name)), start_(start) {}

  void answered(Moment due, Moment now);
  void failed(const std::string& reason) { ++failures_[reason]; }

  /// `count` more came to an end for which no latency is known.
  void ended(std::uint64_t count, Moment now);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Histogram& latency() const { return latency_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// By what went wrong: "status 503", "timed out".
  [[nodiscard]] const std::map<std::string, std::uint64_t>& failures() const { return failures_; }

  /// From the start to the last answer.
  [[nodiscard]] std::chrono::nanoseconds elapsed() const { return last_ - start_; }

  /// Answers a second, over `elapsed`.
  [[nodiscard]] double rate() const;

  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }
  [[nodiscard]] std::chrono::nanoseconds interval_length() const { return length_; }

 private:
  Interval& interval_at(Moment moment);
  void halve();

  std::string name_;
  Moment start_;
  Moment last_ = start_;
  Histogram latency_;
  std::uint64_t count_ = 0;
  std::map<std::string, std::uint64_t> failures_;
  std::chrono::nanoseconds length_ = std::chrono::milliseconds(10);
  std::vector<Interval> intervals_;
};

}  // namespace vcp::load
