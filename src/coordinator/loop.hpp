// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "gate.hpp"
#include "vcp/coordinator/coordinator.hpp"

namespace vcp::coordinator {

/// The single writer: takes the steps that wait, lets the core decide on all of them, publishes
/// the changed records, hands them to the committer, and goes on with the next turn while those
/// reach the disk. Everything below `--- The writer's own` is touched by one turn at a time.
class Coordinator::Loop {
  using TaskPtr = mesh::TaskPtr;

 public:
  using PollResume = std::move_only_function<void(Result<std::vector<mesh::Offer>>)>;
  using WatchResume = std::move_only_function<void(Result<mesh::TaskPtr>)>;

  Loop(Coordinator& coordinator, asio::io_context& io, store::Backend& backend, Options options,
       const Observer& observer, std::uint64_t last_commit);

  [[nodiscard]] Result<> load();
  void start();

  void enqueue(Step step);
  [[nodiscard]] std::size_t queued() const;
  [[nodiscard]] std::size_t queued_commits() const { return committer_.queued(); }
  [[nodiscard]] DurableGate& gate() { return gate_; }
  [[nodiscard]] Statistics statistics() const;

  /// Ends all waiting from the next turn on, whatever is queued.
  void close();

  // In a step.
  void poll(Turn& turn, const NodeId& node, std::uint32_t max, Duration wait, PollResume resume);
  void watch(Turn& turn, const TaskId& id, Duration wait, WatchResume resume);

  /// The answer that stands for this key: nothing if it is new, an error if it must not be used.
  [[nodiscard]] Result<std::optional<Answer>> find_answer(const Turn& turn, const Once& once);

  /// From now on the key is in use: its answer comes with this turn's commit.
  void claim(Turn& turn, const Once& once);
  void keep_answer(Turn& turn, const Once& once, Answer answer);

  /// One more event of this turn.
  void announce(Event event) { announced_.push_back(std::move(event)); }

  /// When `wake` is due, if nothing else gives the writer a turn before.
  [[nodiscard]] std::optional<Time> wakes_at() const { return wakes_at_; }
  void wake();
  void step_commits() { committer_.step(); }

  [[nodiscard]] mesh::Core& core() { return core_; }
  [[nodiscard]] UuidSource& ids() { return ids_; }

 private:
  void run();
  void turn(std::vector<Step> steps);
  void refuse(std::vector<Step> steps, const Error& failure);
  void roll_back();
  void record(Turn& turn, mesh::Changes& changes);
  void record_ended(Turn& turn, const mesh::Task& task);
  void record_counts(Turn& turn) const;
  void sign_log(Turn& turn);
  void record_events(Turn& turn, std::vector<mesh::Transition> transitions);
  void resume_polls(Turn& turn, std::vector<mesh::PollAnswer> answers);
  void resume_watches(Turn& turn, const mesh::Changes& changes);
  void end_watch(Turn& turn, std::uint64_t watch, mesh::TaskPtr task);
  void close(Turn& turn);

  // Verification (verification.cpp).
  void verify(TaskPtr task);
  void apply_verdict(Turn& turn, const TaskId& task, const mesh::Verdict& verdict);
  void verify_later(TaskPtr task);

  // Retention (retention.cpp).
  struct Ended {
    TaskId id;
    std::string owner;
    std::vector<Digest> contents;
    std::optional<Digest> proof;
  };
  struct Sweep;
  void sweep_ended(Time now);
  [[nodiscard]] std::uint64_t surplus() const;
  void forget(Turn& turn, const Sweep& sweep);

  void publish(const Statistics& statistics);
  void arm_timer();
  void forget_answers();
  void sweep_answers(std::string first);
  void erase_expired(Turn& turn, const std::vector<std::string>& keys);

  Coordinator& coordinator_;
  asio::io_context& io_;
  store::Backend& backend_;
  const Options options_;
  DurableGate gate_;

  mutable std::mutex queue_mutex_;
  std::vector<Step> queue_;
  bool scheduled_ = false;
  bool woken_ = false;

  std::atomic<bool> closing_ = false;

  mutable std::mutex statistics_mutex_;
  Statistics statistics_;

  // --- The writer's own.
  struct Watch {
    TaskId task;
    Time until;
    WatchResume resume;
  };

  mesh::Core core_;
  UuidSource ids_;
  std::uint64_t last_commit_;
  EndedCounts ended_;
  Events announced_;
  bool closed_ = false;
  bool rolled_back_ = false;
  std::uint64_t next_poll_ = 0;
  std::unordered_map<mesh::PollId, PollResume> polls_;
  std::uint64_t next_watch_ = 0;
  std::unordered_map<std::uint64_t, Watch> watches_;
  std::unordered_multimap<TaskId, std::uint64_t> watched_;
  std::set<std::pair<Time, std::uint64_t>> watch_ends_;
  std::unordered_map<std::string, std::uint64_t> fresh_answers_;  ///< key to its commit
  std::deque<std::pair<std::uint64_t, std::string>> claims_;      ///< the same, in order
  Time next_sweep_;
  std::optional<Time> wakes_at_;

  std::atomic<bool> sweeping_ended_ = false;
  bool sweep_again_ = false;         ///< more are to go than one sweep takes
  std::string swept_to_;             ///< the key at which the next sweep begins
  std::uint64_t swept_in_vain_ = 0;  ///< so many were kept when a sweep found too few to go

  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer_;

  store::Committer committer_;  ///< last, so that it ends first
};

}  // namespace vcp::coordinator
