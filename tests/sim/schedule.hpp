// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "vcp/base/time.hpp"

namespace vcp::sim {

/// The simulated clock, and what is going to happen: it stands still but for `step`.
class Schedule final : public Clock {
 public:
  using Action = std::move_only_function<void()>;

  [[nodiscard]] Time now() const override { return now_; }

  /// Of several at one time the first that was given goes first.
  void at(Time when, Action action) { actions_.emplace(std::max(when, now_), std::move(action)); }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Goes on to the next action and does it; false if there is none.
  bool step() {
    if (actions_.empty()) return false;
    auto next = actions_.extract(actions_.begin());
    now_ = next.key();
    next.mapped()();
    return true;
  }

 private:
  Time now_{Duration(1'700'000'000'000)};
  std::multimap<Time, Action> actions_;
};

}  // namespace vcp::sim
