// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace vcp::load {

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

/// A request that is to be sent.
struct Ticket {
  std::uint64_t number;  ///< from 0
  Moment due;            ///< latency counts from here
};

/// When requests are sent. Connections take a ticket when they are free.
///
/// Closed loop: the next request is due when a connection is free. A server that stalls is asked
/// less, and so the stall hides in the latencies.
///
/// Open loop: the moments are fixed before the first is sent, `rate` a second, whatever the server
/// does; tickets are taken in order. A request that found no free connection when it was due counts
/// from then on, so that a stall shows in all that fell into it (no "coordinated omission").
class Schedule {
 public:
  struct Bounds {
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
    std::optional<std::chrono::nanoseconds> duration = {};
    std::optional<double> rate = {};  ///< a second: an open loop
  };

  Schedule(Moment start, const Bounds& bounds) : start_(start), bounds_(bounds) {}

  /// The next ticket; nothing once all have been taken or the time is up.
  [[nodiscard]] std::optional<Ticket> next(Moment now);

 private:
  [[nodiscard]] Moment due(Moment now) const;

  Moment start_;
  Bounds bounds_;
  std::uint64_t taken_ = 0;
};

}  // namespace vcp::load
