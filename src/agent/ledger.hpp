// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "disk_cache.hpp"
#include "look_ahead.hpp"
#include "vcp/agent/lease.hpp"

namespace vcp::agent {

/// A lease on its way through the node.
struct Held {
  using Clock = std::chrono::steady_clock;

  enum class State : std::uint8_t { fetching, waiting, running, finished };

  Lease lease;
  std::shared_ptr<const CachedFile> module;
  std::shared_ptr<const CachedFile> input_blob;  ///< if the lease names one
  std::stop_source stop;

  // The ledger's.
  State state = State::fetching;
  Clock::time_point since;       ///< when it came into this state
  bool hand_back = false;        ///< asked to stop by this node
  bool discarded = false;        ///< no longer this node's: nobody wants its result
  std::optional<Report> report;  ///< once finished, until taken

  [[nodiscard]] std::string_view input() const {
    return input_blob ? input_blob->bytes() : std::string_view(lease.input);
  }
};

using HeldPtr = std::shared_ptr<Held>;

/// What the node has on its hands: every lease from its coming until its result is settled. Takes
/// what is ready in the order of its coming, as memory allows. Any thread.
class Ledger {
 public:
  struct Bounds {
    std::uint32_t slots = 1;
    std::uint32_t threads = 1;
    std::uint64_t memory_mb = 0;  ///< of all tasks that run at once
  };

  explicit Ledger(Bounds bounds) : bounds_(bounds) {}

  /// A new lease, whose content is still to be fetched. Handed back at once if it can never run
  /// here or the ledger is closed; null then.
  [[nodiscard]] HeldPtr accept(Lease lease);

  /// Its content is here: it may run.
  void ready(const HeldPtr& held);

  /// Ends a lease that has not begun to run.
  void abandon(const HeldPtr& held, Status status, std::string detail);

  /// The next lease to run, after a wait; null once shut down.
  [[nodiscard]] HeldPtr take();

  /// A lease that was taken has run; `thread_time` is how long it kept its thread. Whether there
  /// was no finished one before: only then need the reporter be woken.
  bool finish(const HeldPtr& held, Report report, Load::Seconds thread_time);

  /// Finished reports, of at most about `max_bytes` together but at least one if there is any.
  [[nodiscard]] std::vector<Report> take_finished(std::size_t max_count, std::size_t max_bytes);

  /// Whether many more results will be there in a moment, so that handing in these few can wait.
  [[nodiscard]] bool more_to_finish_soon() const;

  /// The coordinator has taken note of a result, or will never.
  void settle(Epoch epoch);

  /// No longer this node's.
  void cancel(Epoch epoch);
  void cancel_all();

  /// Hands back everything that has not begun to run.
  void hand_back_not_begun();

  /// Hands back what could have begun before then, had a thread been free.
  void hand_back_ready_before(Held::Clock::time_point time);

  /// Stops everything that runs, to be handed back.
  void hand_back_running();

  /// Takes no more leases.
  void close();

  /// Wakes all takers for good.
  void shut_down();

  [[nodiscard]] Load load() const;
  [[nodiscard]] std::vector<Renewal> renewals() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] bool has_finished() const;

 private:
  void enter(Held& held, Held::State state);
  void hand_back(const std::vector<HeldPtr>& leases);
  void end(const HeldPtr& held, Status status, std::string detail);
  void discard(const HeldPtr& held);
  void drop_waiting(const HeldPtr& held);
  [[nodiscard]] bool can_start() const;

  const Bounds bounds_;
  mutable std::mutex mutex_;
  std::condition_variable startable_;
  std::unordered_map<Epoch, HeldPtr> held_;
  std::deque<HeldPtr> waiting_;
  std::deque<HeldPtr> finished_;
  std::vector<HeldPtr> running_;
  std::uint64_t running_memory_mb_ = 0;
  std::optional<Load::Seconds> per_task_;
  bool closed_ = false;
  bool shut_down_ = false;
};

}  // namespace vcp::agent
