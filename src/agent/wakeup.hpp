// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "vcp/base/async.hpp"

namespace vcp::agent {

/// Wakes one coroutine from any thread. A notice given while nobody waits is kept, and several are
/// one; a wait may also end for no reason, so whoever waits looks again at what it waits for.
class Wakeup {
 public:
  explicit Wakeup(Executor executor);

  void notify();

  /// Until notified, or until the time is up. One waiter at a time.
  [[nodiscard]] Async<void> wait(std::chrono::milliseconds at_most);

 private:
  struct Channel;
  std::shared_ptr<Channel> channel_;
};

}  // namespace vcp::agent
