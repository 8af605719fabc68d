// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>

#include "vcp/base/async.hpp"

namespace vcp {

/// Something that happens once and that one coroutine may wait for. Any thread may set it, and the
/// waiter is resumed on its own executor.
class Signal {
 public:
  void set();

  /// Unset again, for the next use. Nobody may be waiting.
  void reset();

  /// Completes once the signal is set. The object need not outlive the wait.
  [[nodiscard]] Async<void> wait();

 private:
  std::mutex mutex_;
  bool set_ = false;
  std::move_only_function<void()> waiter_;
};

}  // namespace vcp
