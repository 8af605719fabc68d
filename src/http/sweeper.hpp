// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/base/signal.hpp"

namespace vcp::http {

/// Milliseconds of the steady clock.
[[nodiscard]] inline std::int64_t steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// What the sweeper sees of a connection: until when the other side has to do something, and the
/// descriptor to shut down if it does not. The connection writes, the sweeper reads.
class Watch {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  explicit Watch(int descriptor) : descriptor_(descriptor) {}

  std::atomic<std::int64_t> read_by = kNever;   ///< steady_ms() by which bytes must have come
  std::atomic<std::int64_t> write_by = kNever;  ///< steady_ms() by which bytes must be taken
  std::atomic<bool> idle = false;               ///< between requests: a drain may end it
  std::atomic<bool> endless = false;            ///< a stream wants to know when the client goes
  std::atomic<bool> expired = false;            ///< set once `read_by` passed; reads then end
  Signal closing;                               ///< the server drains, or the client is gone

 private:
  friend class Sweeper;
  const int descriptor_;
  std::size_t index_ = 0;
};

/// One coarse timer for all connections, in place of a timer each. It ends what is too slow by
/// shutting the socket down, which wakes the connection's coroutine on whatever thread it is. Any
/// thread.
class Sweeper : public std::enable_shared_from_this<Sweeper> {
 public:
  Sweeper(Executor executor, std::chrono::milliseconds period);

  /// Starts to sweep each period, until stop().
  void start();
  void stop();

  /// A connection joins before its first operation and leaves before its descriptor is closed.
  void join(Watch& watch);
  void leave(Watch& watch);
  [[nodiscard]] std::size_t size() const;

  /// Ends the connections between requests and tells the streams; called again until all are gone.
  void drain();

  /// Ends all connections at once.
  void shutdown_all();

  /// Seconds since 1970, at the last sweep.
  [[nodiscard]] std::int64_t wall_seconds() const {
    return wall_seconds_.load(std::memory_order_relaxed);
  }

 private:
  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void arm();
  void sweep();

  const std::chrono::milliseconds period_;
  std::atomic<std::int64_t> wall_seconds_;
  mutable std::mutex mutex_;
  std::vector<Watch*> watches_;
  std::mutex timer_mutex_;
  Timer timer_;
  bool stopped_ = false;
};

}  // namespace vcp::http
