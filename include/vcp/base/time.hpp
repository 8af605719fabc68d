// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vcp {

using Duration = std::chrono::milliseconds;

/// A moment in UTC, to the millisecond.
using Time = std::chrono::sys_time<Duration>;

/// RFC 3339 in UTC with milliseconds: "2026-01-31T09:30:00.250Z".
[[nodiscard]] std::string to_rfc3339(Time time);

/// Reads RFC 3339 with any offset; digits past the millisecond are cut. Nothing if it is not that.
[[nodiscard]] std::optional<Time> parse_rfc3339(std::string_view text);

/// Where the time comes from, so that tests and the simulation bring their own.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

/// The wall clock as it was at construction, carried on by the steady clock: it never goes back,
/// whatever is done to the machine's clock meanwhile. Any thread.
class SystemClock final : public Clock {
 public:
  SystemClock();
  [[nodiscard]] Time now() const override;

 private:
  Time start_;
  std::chrono::steady_clock::time_point steady_start_;
};

}  // namespace vcp
