// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/async_result.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"
#include "vcp/coordinator/catalog.hpp"
#include "vcp/coordinator/contents.hpp"
#include "vcp/coordinator/event_log.hpp"
#include "vcp/coordinator/pool.hpp"
#include "vcp/coordinator/proofs.hpp"
#include "vcp/coordinator/receipt_log.hpp"
#include "vcp/coordinator/records.hpp"
#include "vcp/coordinator/views.hpp"
#include "vcp/mesh/core.hpp"
#include "vcp/store/committer.hpp"

namespace vcp::coordinator {

/// Runs a rank of a task again in this process, on the calling thread; an error if that could not
/// be done at all. Of the report, what says who ran it stays empty.
using Rerun = std::function<Result<mesh::Report>(const mesh::Task& task, std::uint32_t rank)>;

struct Options {
  mesh::Settings mesh;
  std::size_t max_queued_commands = 100'000;
  std::size_t keep_ended_in_memory = 10'000;
  std::optional<Duration> keep_ended_for = {};         ///< none: for ever
  std::optional<std::uint64_t> keep_ended_tasks = {};  ///< none: any number
  std::size_t keep_events = 100'000;
  std::size_t pool_threads = 2;
  std::size_t max_pool_queue = 1'000;
  Duration keep_answers{24 * 60 * 60 * 1000};  ///< of requests with an Idempotency-Key
  Rerun rerun = {};                            ///< for the verification mode `recheck`
  ReceiptLog::Options receipts = {};           ///< with at least one key
  std::shared_ptr<const zk::ReceiptVerifiers> receipt_verifiers =
      zk::ReceiptVerifiers::make().value();
  bool stepped = false;  ///< for simulations: no thread and no timer, but `Coordinator::Steps`
};

/// Told what is measured, on whatever thread it happens.
struct Observer {
  std::function<void(const store::Committer::Sample&)> committed = [](const auto&) {};
  ObserveCopy copied_out = [](const CopyOut&) {};
  ObserveProofs verified_proofs = [](std::size_t, std::size_t, double) {};
};

/// An Idempotency-Key and what it stands for.
struct Once {
  std::string owner;
  std::string key;
  Digest request;  ///< of the method, path and body
};

/// An answer, and whether it is the first one once more.
struct Created {
  Answer answer;
  bool replayed = false;
};

struct Statistics {
  mesh::Counts active;
  EndedCounts ended;
};

/// Runs the core: the queue of commands, the single writer, the views that readers copy from, and
/// the rule that no answer leaves before what it shows is on disk.
class Coordinator {
 public:
  /// What a command works on. Only within the command.
  class Writer {
   public:
    mesh::Core& core;
    const Time now;
    const std::uint64_t commit;
    store::Batch& batch;
    Coordinator& coordinator;

    void put_token(Token token);
    void erase_token(const TokenId& id);
    void put_module(Module module);
    void erase_module(const Module& module);
    void put_blob(Blob blob);
    void erase_blob(const Blob& blob);
    void put_circuit(Circuit circuit);
    [[nodiscard]] TokenId next_token_id();

    /// As Core::report and Core::cancel, but also for tasks that ended long ago.
    [[nodiscard]] Result<mesh::TaskPtr> report(const mesh::Report& report);
    [[nodiscard]] Result<mesh::TaskPtr> cancel(const TaskId& id);

    /// As Core::submit and counting the reference to a large input.
    [[nodiscard]] Result<mesh::TaskPtr> submit(mesh::TaskSpec spec);

    /// Tells those who follow events, once this commit is durable.
    void announce(Event::OfRound round);

    /// One reference to content fewer; the file goes when that is durable and nothing needs it.
    void release(const Digest& digest);
  };

  template <class T>
  using Command = std::move_only_function<Result<T>(Writer&)>;

  /// Renders the answer to a creation; called once placement is done, still before the commit.
  using Render = std::move_only_function<Answer()>;

  /// Loads everything from the store. `clock`, `random`, `backend` and `files` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Coordinator>> open(
      asio::io_context& io, store::Backend& backend, store::ContentStore& files, const Clock& clock,
      Random& random, Options options, Observer observer);

  ~Coordinator();

  // --- Writing. Commands run one after the other; the caller resumes once everything that the
  // command did or saw is durable. `unavailable` if the queue is full, or if the store has failed.

  template <class T>
  [[nodiscard]] Async<Result<T>> apply(Command<T> command);

  /// A command that makes something; with `once` a repetition gives the first answer again.
  struct Creation {
    std::optional<Once> once;
    Command<Render> command;
  };
  [[nodiscard]] Async<Result<Created>> create(std::optional<Once> once, Command<Render> command);

  /// Several of them, in order, in one go; an outcome each.
  [[nodiscard]] Async<Result<std::vector<Result<Created>>>> create_all(
      std::vector<Creation> creations);

  // --- Waiting.

  /// Up to `max` leases for the node, as soon as there are any, or none when the time is up.
  [[nodiscard]] Async<Result<std::vector<mesh::Offer>>> lease(NodeId node, std::uint32_t max,
                                                              Duration wait);

  /// The task once it has ended, or as it is when the time is up; null if there is none.
  [[nodiscard]] Async<Result<mesh::TaskPtr>> ended(TaskId id, Duration wait);

  /// Resumes once that commit is on disk; at once if it is.
  [[nodiscard]] Async<Result<>> durable(std::uint64_t commit);

  /// As `durable`, for everything that can be read by now. Once the store has failed and what did
  /// not reach it is hidden again, that is on disk.
  [[nodiscard]] Async<Result<>> durable_now();

  /// Answers what waits for leases of that node now.
  void end_polls_of(NodeId node);

  /// Answers all that wait for leases or for tasks to end, now and from now on.
  void close();

  // --- Stepping, with `Options::stepped`: whoever runs the io_context says when the rest happens,
  // all of it on one thread, so that the same choices give the same run.

  class Steps {
   public:
    /// Writes what waits for the disk.
    void commit();

    /// Runs one piece of work of the pool; false if none waits.
    bool work();

    /// When the writer wants a turn although nobody asks for one.
    [[nodiscard]] std::optional<Time> wakes_at() const;
    void wake();

   private:
    friend class Coordinator;
    explicit Steps(Coordinator& coordinator) : coordinator_(coordinator) {}
    Coordinator& coordinator_;
  };
  [[nodiscard]] Steps steps() { return Steps(*this); }

  // --- Reading.

  [[nodiscard]] const NodeRegistry& nodes() const { return nodes_; }
  [[nodiscard]] const TaskStore& tasks() const { return tasks_; }
  [[nodiscard]] const EventLog& events() const { return events_; }
  [[nodiscard]] ReceiptLog& receipts() { return receipts_; }
  [[nodiscard]] const Catalog<Module>& modules() const { return modules_; }
  [[nodiscard]] const Catalog<Blob>& blobs() const { return blobs_; }
  [[nodiscard]] const Catalog<Circuit>& circuits() const { return circuits_; }
  [[nodiscard]] const TokenRegistry& tokens() const { return tokens_; }
  [[nodiscard]] Contents& contents() { return contents_; }
  [[nodiscard]] ProofVerifier& proofs() { return proofs_; }
  [[nodiscard]] Pool& pool() { return pool_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] Statistics statistics() const;

  /// Why nothing is written any more; nothing while all is well.
  [[nodiscard]] std::optional<Error> failure() const;

  [[nodiscard]] std::size_t queued_commands() const;
  [[nodiscard]] std::size_t queued_commits() const;

 private:
  class Loop;

  /// What one turn of the writer gathers: it runs the steps that wait, places tasks, and commits.
  struct Turn {
    Writer writer;
    std::vector<std::move_only_function<void()>> after_placement = {};
    std::vector<std::move_only_function<void(const Result<>&)>> when_durable = {};
  };

  /// Called on the writer, or with why it will not be.
  using Step = std::move_only_function<void(Result<Turn*>)>;

  Coordinator(asio::io_context& io, store::Backend& backend, store::ContentStore& files,
              const Clock& clock, Random& random, Options options, Observer observer);

  void enqueue(Step step);
  void remove_later(const Digest& digest);

  /// Decides one creation; `outcome` is complete once the turn's placement is done.
  void decide(Turn& turn, Creation creation, Result<Created>& outcome);

  template <class T, class Start>
  [[nodiscard]] static Async<T> suspend(Start start);

  const Clock& clock_;
  Random& random_;
  Pool pool_;
  NodeRegistry nodes_;
  TaskStore tasks_;
  EventLog events_;
  ReceiptLog receipts_;
  Catalog<Module> modules_;
  Catalog<Blob> blobs_;
  Catalog<Circuit> circuits_;
  TokenRegistry tokens_;
  Contents contents_;
  ProofVerifier proofs_;
  std::unique_ptr<Loop> loop_;
};

/// Suspends the calling coroutine; `start` gets what resumes it with a T, to be called later.
template <class T, class Start>
Async<T> Coordinator::suspend(Start start) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(T)>(
      [](auto handler, Start begin) {
        begin([handler = std::move(handler)](T value) mutable {
          std::move(handler)(std::move(value));
        });
      },
      use_async, std::move(start));
}

template <class T>
Async<Result<T>> Coordinator::apply(Command<T> command) {
  return suspend<Result<T>>([this, command = std::move(command)](auto resume) mutable {
    enqueue([command = std::move(command), resume = std::move(resume)](Result<Turn*> turn) mutable {
      if (!turn) return resume(std::unexpected(turn.error()));
      (*turn)->when_durable.push_back(
          [result = command((*turn)->writer),
           resume = std::move(resume)](const Result<>& durable) mutable {
            if (durable) return resume(std::move(result));
            resume(std::unexpected(durable.error()));
          });
    });
  });
}

}  // namespace vcp::coordinator
