// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vcp/base/time.hpp"

namespace vcp::agent {

/// When the node's own breaker trips.
struct BreakerLimits {
  double max_temperature_c = 85;
  std::uint32_t max_consecutive_errors = 25;
};

/// A circuit breaker in front of the machine: opens above its temperature or after too many errors
/// of the node in a row, and keeps new work away. Once it has cooled down, respectively after a
/// pause, one trial task may run; its success closes the breaker. Errors of the tasks themselves
/// (traps, exit codes) are no errors here.
class Breaker {
 public:
  explicit Breaker(BreakerLimits limits) : limits_(limits) {}

  void measured(std::optional<double> temperature_c, Time now);
  void succeeded();
  void failed(Time now);

  /// How many more leases it lets through, with `unfinished` of them held already.
  [[nodiscard]] std::uint32_t admits(std::uint32_t wanted, std::uint32_t unfinished,
                                     Time now) const;

  /// Why it lets nothing through; empty if it does, be it only a trial.
  [[nodiscard]] std::string reason(Time now) const;

 private:
  [[nodiscard]] bool on_trial(Time now) const;

  enum class State : std::uint8_t { closed, hot, failing, trial };

  BreakerLimits limits_;
  State state_ = State::closed;
  std::uint32_t errors_in_a_row_ = 0;
  Time opened_at_;
};

}  // namespace vcp::agent
