// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/base/signal.hpp"
#include "vcp/coordinator/records.hpp"
#include "vcp/store/backend.hpp"

namespace vcp::coordinator {

/// Which events a reader wants.
struct EventFilter {
  std::optional<std::string> owner = {};  ///< of tasks and rounds; none: every owner's
  bool tasks = true;
  bool nodes = true;
  bool rounds = true;

  [[nodiscard]] bool admits(const Event& event) const;
};

/// The newest events, numbered from 1 on without a gap, also over restarts. The writer stores the
/// events of a turn with its batch; readers copy out what is durable, and are woken when more is.
class EventLog {
  struct Readers;

 public:
  /// Keeps the newest `keep` events, at least one.
  explicit EventLog(std::size_t keep);

  // --- Readers: any thread.

  struct Page {
    std::vector<std::pair<std::uint64_t, Event>> events;  ///< each with its number
    std::uint64_t reached = 0;                            ///< the number after which to go on
    std::uint64_t first = 0;  ///< where it began: later than asked for, if that is not kept
  };

  /// Up to `max` of the durable events after number `after` that the filter admits. One call looks
  /// at a bounded number of them: there is more while `reached` is below the newest.
  [[nodiscard]] Page read(std::uint64_t after, const EventFilter& filter, std::size_t max) const;

  /// The number of the last durable event; 0 if there was none.
  [[nodiscard]] std::uint64_t newest() const;

  /// While it exists the signal is set whenever there are more events. It may outlive the log.
  class Subscription {
   public:
    Subscription(const EventLog& log, std::shared_ptr<Signal> more);
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription();

    /// Counts a reader that was given up.
    void count_dropped();

   private:
    std::shared_ptr<Readers> readers_;
    std::shared_ptr<Signal> more_;
  };

  /// How many readers there are, and how many were given up so far.
  [[nodiscard]] std::size_t subscriptions() const;
  [[nodiscard]] std::uint64_t dropped_readers() const;

  // --- The writer's only.

  /// Takes what the store holds, all of which is durable.
  [[nodiscard]] Result<> load(const store::Backend& backend);

  /// Numbers the events, puts them into the batch and takes out of the store what is not kept any
  /// more. Returns the number of the last one.
  std::uint64_t append(store::Batch& batch, Events events);

  /// Everything up to this number is durable: readers may see it. Any thread.
  void show(std::uint64_t newest);

 private:
  struct Readers {
    std::mutex mutex;
    std::set<std::shared_ptr<Signal>> signals;
    std::atomic<std::uint64_t> dropped = 0;
  };

  void add(Events events);

  const std::size_t keep_;
  const std::shared_ptr<Readers> readers_ = std::make_shared<Readers>();

  mutable std::shared_mutex mutex_;
  std::deque<Event> events_;
  std::uint64_t first_ = 1;  ///< the number of the first of them
  std::uint64_t shown_ = 0;

  std::deque<std::uint64_t> records_;  ///< in the store, by the number of the first event of each
};

}  // namespace vcp::coordinator
