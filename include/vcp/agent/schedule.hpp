// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"

namespace vcp::agent {

/// What a schedule asks about a moment.
struct Moment {
  std::chrono::minutes time_of_day{0};  ///< local, since midnight
  bool idle = false;                    ///< nobody else needs the machine
  bool on_mains = false;
};

/// When a machine's owner lets it work: "idle", "mains", or hours of the day such as "22:00-06:30"
/// (local time, the end excluded, across midnight if the end comes first). Several hours add up;
/// "idle" and "mains" must hold besides. Always, if nothing was added.
class Schedule {
 public:
  /// `invalid` if it is none of the above.
  [[nodiscard]] Result<> add(std::string_view rule);

  [[nodiscard]] bool allows(const Moment& moment) const;

 private:
  struct Hours {
    std::chrono::minutes from;
    std::chrono::minutes until;
  };

  bool idle_ = false;
  bool mains_ = false;
  std::vector<Hours> hours_;
};

/// The local time of day of the machine.
[[nodiscard]] std::chrono::minutes local_time_of_day(std::chrono::sys_seconds now);

}  // namespace vcp::agent
