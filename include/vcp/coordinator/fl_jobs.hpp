// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/coordinator/fl_records.hpp"
#include "vcp/fl/privacy.hpp"

namespace vcp::coordinator {

struct FlOptions {
  std::size_t keep_models = 100;                ///< of a job; the newest are kept
  std::uint64_t keep_model_bytes = 4ULL << 30;  ///< of a job, but at least one model
  std::size_t threads = 2;                      ///< that close a round
};

/// A job as readers see it.
struct FlJobView {
  std::shared_ptr<const FlJob> job;
  std::shared_ptr<const fl::PrivacyPlan> plan;  ///< null unless the job is private
  std::uint64_t accepted = 0;                   ///< updates for the open round
  bool closing = false;                         ///< they are being put together
  std::uint64_t commit = 0;                     ///< to wait for before this is shown

  /// The ε that was spent up to the end of that round; nothing unless the job is private.
  [[nodiscard]] std::optional<double> epsilon_after(std::uint64_t round) const;
};

/// Federated learning jobs: what was asked, the global models, the rounds with their updates.
///
/// Changes are commands of the coordinator, and on disk with its commits. A round is closed on the
/// pool, and the next model, the round's record, what the updates came to and the privacy that was
/// spent are one commit: an update counts once and a round is closed once, wherever a crash comes.
class FlJobs {
 public:
  using Writer = Coordinator::Writer;

  /// Loads all jobs from the store and goes on where they were. `coordinator`, `backend` and `io`
  /// must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<FlJobs>> open(Coordinator& coordinator,
                                                            const store::Backend& backend,
                                                            asio::io_context& io,
                                                            FlOptions options);

  // --- Reading. Any thread.

  [[nodiscard]] std::optional<FlJobView> find(const FlJobId& id) const;

  /// Newest first, those made before `before`.
  [[nodiscard]] std::vector<FlJobView> list(const std::optional<std::string>& owner,
                                            std::optional<FlState> state,
                                            const std::optional<FlJobId>& before,
                                            std::size_t limit) const;

  /// What the open round consists of so far.
  [[nodiscard]] std::optional<FlRound> open_round(const FlJobId& id) const;

  /// A round that was closed, from the disk, where it is once the view's commit is.
  [[nodiscard]] Result<std::optional<FlRound>> closed_round(const FlJobId& id,
                                                            std::uint64_t round) const;

  /// Whether an update of that client for that round's model may be taken now, or is there already:
  /// `conflict` with the reason if neither.
  [[nodiscard]] Result<> may_send(const FlJobId& id, std::uint64_t round,
                                  const std::string& client) const;

  struct Statistics {
    std::map<FlState, std::uint64_t> jobs;
    std::uint64_t updates_accepted = 0;  ///< since the start, as the following
    std::uint64_t rounds_closed = 0;
  };
  [[nodiscard]] Statistics statistics() const;

  // --- Commands: only within one of the coordinator's, files pinned.

  [[nodiscard]] FlJobView create(Writer& writer, std::string owner, FlTerms terms,
                                 std::optional<fl::PrivacyPlan> plan);

  /// The first global model; opens round 1.
  [[nodiscard]] Result<FlJobView> set_model(Writer& writer, const FlJobId& id, const FlFile& model);

  /// Takes an update that was checked. True if it was there already, the same in all.
  [[nodiscard]] Result<bool> accept(Writer& writer, const FlJobId& id, FlUpdate update);

  [[nodiscard]] Result<FlJobView> pause(Writer& writer, const FlJobId& id);
  [[nodiscard]] Result<FlJobView> resume(Writer& writer, const FlJobId& id);

  /// With its models, updates, rounds and tokens.
  [[nodiscard]] Result<> erase(Writer& writer, const FlJobId& id);

 private:
  using UpdateKey = std::pair<std::uint64_t, std::string>;  // round, client

  struct Entry {
    std::shared_ptr<const FlJob> job;
    std::shared_ptr<const fl::PrivacyPlan> plan;
    std::map<UpdateKey, FlUpdate> updates;  // those that wait, and those that may come again
    std::uint64_t accepted = 0;             // of these, those that wait
    bool closing = false;
    std::optional<Time> retry_at;  // a round is due, but could not be closed just now
    std::uint64_t commit = 0;
  };

  struct Closing;
  struct Aggregated;

  FlJobs(Coordinator& coordinator, const store::Backend& backend, asio::io_context& io,
         FlOptions options)
      : coordinator_(coordinator),
        backend_(backend),
        io_(io),
        options_(options),
        ids_(coordinator.random()),
        timer_(io.get_executor()) {}

  [[nodiscard]] Result<> load();
  [[nodiscard]] Result<> restore(FlJob job);
  [[nodiscard]] Result<> restore(const FlJobId& id, FlUpdate update);

  [[nodiscard]] static FlJobView view(const Entry& entry);
  [[nodiscard]] static Result<> check(const Entry& entry, const UpdateKey& key);
  [[nodiscard]] Result<Entry*> entry_of(const FlJobId& id);

  // Changes, on the writer and under the lock.
  static void put(Writer& writer, Entry& entry, FlJob job);
  static void put_update(Writer& writer, Entry& entry, FlUpdate update);
  static void announce(Writer& writer, const FlJob& job, std::uint64_t round,
                       std::string_view state, std::string metrics = {});

  // Rounds, likewise (fl_rounds.cpp).
  void open_next_round(Writer& writer, const Entry& entry, FlJob& job) const;
  void advance(Writer& writer, Entry& entry);
  void time_out(Writer& writer, Entry& entry);
  void start_closing(Writer& writer, Entry& entry);
  [[nodiscard]] Closing plan_closing(const Entry& entry);
  [[nodiscard]] static Result<Aggregated> aggregate(const fl::Round& round, Contents& contents,
                                                    Random& random, std::size_t threads);
  static void fail_closing(Writer& writer, Entry& entry, const Error& error);
  void publish(Writer& writer, Entry& entry, const Closing& closing, const Aggregated& aggregated);
  static void spend_updates(Writer& writer, Entry& entry, const Closing& closing);
  void drop_old_models(Writer& writer, Entry& entry, FlJob& job) const;
  void arm_timer(Time now);

  // On the writer.
  void advance(Writer& writer);
  void finish_closing(Writer& writer, const Closing& closing, const Result<Aggregated>& aggregated);

  [[nodiscard]] Async<void> close(Closing closing);
  [[nodiscard]] Async<void> tick();

  Coordinator& coordinator_;
  const store::Backend& backend_;
  asio::io_context& io_;
  const FlOptions options_;

  mutable std::shared_mutex mutex_;  // exclusive: the writer only
  std::map<FlJobId, Entry> entries_;
  std::uint64_t updates_accepted_ = 0;
  std::uint64_t rounds_closed_ = 0;

  // --- The writer's own.
  UuidSource ids_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer_;
};

}  // namespace vcp::coordinator
