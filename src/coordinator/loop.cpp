// SPDX-License-Identifier: Apache-2.0
#include "loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ranges>

namespace vcp::coordinator {

using mesh::Task;
using mesh::TaskPtr;
using store::Table;

namespace {

constexpr std::string_view kEpochKey = "epoch";
constexpr std::string_view kEndedKey = "ended";
constexpr Duration kSweepInterval{60 * 60 * 1000};
constexpr std::size_t kSweepBatch = 1'000;

std::string encode_epoch(Epoch epoch) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(std::to_underlying(epoch) >> shift));
  }
  return bytes;
}

Result<Epoch> decode_epoch(std::string_view bytes) {
  if (bytes.size() != 8) return fail(Code::corrupt, "the stored epoch counter is damaged");
  std::uint64_t epoch = 0;
  for (const char byte : bytes) epoch = epoch << 8 | static_cast<std::uint8_t>(byte);
  return Epoch{epoch};
}

/// Adds every record of a table; an error at the first that is damaged.
template <class T>
Result<> read_table(const store::Backend& backend, Table table,
                    Result<T> (*decode)(std::string_view), std::vector<T>& records) {
  Result<> damage;
  const auto visit = [&](std::string_view, std::string_view bytes) {
    Result<T> record = decode(bytes);
    if (record) {
      records.push_back(std::move(*record));
    } else {
      damage = std::unexpected(record.error());
    }
    return record.has_value();
  };
  const Result<> scanned = backend.scan(table, "", "", store::Order::ascending, visit);
  return scanned ? damage : scanned;
}

Event event_of(mesh::Transition& transition) {
  Event event{.at = transition.at, .subject = {}};
  if (const auto* task = std::get_if<mesh::Transition::OfTask>(&transition.subject)) {
    event.subject = Event::OfTask{task->task, task->status, task->spec->owner};
  } else {
    auto& node = std::get<mesh::Transition::OfNode>(transition.subject);
    event.subject = Event::OfNode{std::move(node.node), node.status};
  }
  return event;
}

/// What the store holds of all that is kept in memory.
struct Stored {
  std::vector<mesh::Node> nodes;
  std::vector<Task> active;
  std::vector<Token> tokens;
  std::vector<Module> modules;
  std::vector<Blob> blobs;
  std::vector<Circuit> circuits;
  std::optional<Epoch> last_epoch;
  EndedCounts ended;
};

Result<> read_counters(const store::Backend& backend, Stored& stored) {
  const auto epoch = backend.get(Table::meta, kEpochKey);
  if (!epoch) return std::unexpected(epoch.error());
  if (*epoch) {
    const auto last = decode_epoch(**epoch);
    if (!last) return std::unexpected(last.error());
    stored.last_epoch = *last;
  }
  const auto ended = backend.get(Table::meta, kEndedKey);
  if (!ended) return std::unexpected(ended.error());
  if (*ended) {
    const auto counts = decode_counts(**ended);
    if (!counts) return std::unexpected(counts.error());
    stored.ended = *counts;
  }
  return {};
}

Result<Stored> read_stored(const store::Backend& backend) {
  Stored stored;
  Result<> read = read_table(backend, Table::nodes, decode_node, stored.nodes);
  if (read) read = read_table(backend, Table::active, decode_task, stored.active);
  if (read) read = read_table(backend, Table::tokens, decode_token, stored.tokens);
  if (read) read = read_table(backend, Table::modules, decode_module, stored.modules);
  if (read) read = read_table(backend, Table::blobs, decode_blob, stored.blobs);
  if (read) read = read_table(backend, Table::circuits, decode_circuit, stored.circuits);
  if (read) read = read_counters(backend, stored);
  if (!read) return std::unexpected(read.error());
  return stored;
}

}  // namespace

Coordinator::Loop::Loop(Coordinator& coordinator, asio::io_context& io, store::Backend& backend,
                        Options options, const Observer& observer, std::uint64_t last_commit)
    : coordinator_(coordinator),
      io_(io),
      backend_(backend),
      options_(std::move(options)),
      gate_(io, last_commit),
      core_(options_.mesh, coordinator.random_),
      ids_(coordinator.random_),
      last_commit_(last_commit),
      timer_(io.get_executor()),
      committer_(backend, observer.committed,
                 options_.stepped ? store::Committer::Writes::when_stepped
                                  : store::Committer::Writes::on_a_thread) {}

// --- Recovery

Result<> Coordinator::Loop::load() {
  Result<Stored> stored = read_stored(backend_);
  if (!stored) return std::unexpected(stored.error());
  std::vector<mesh::NodePtr> nodes;
  for (mesh::Node& node : stored->nodes) {
    const NodeId id = node.id();
    core_.restore(std::move(node));
    nodes.push_back(core_.find_node(id));
  }
  std::vector<TaskPtr> tasks;
  for (Task& task : stored->active) {
    const TaskId id = task.id;
    core_.restore(std::move(task));
    tasks.push_back(core_.find_task(id));
  }
  if (stored->last_epoch) core_.restore_epoch(*stored->last_epoch);
  if (const Result<> loaded = coordinator_.events_.load(backend_); !loaded) return loaded;
  if (const Result<> loaded = coordinator_.receipts_.load(); !loaded) return loaded;
  ended_ = stored->ended;
  coordinator_.nodes_.assign(std::move(nodes));
  coordinator_.tasks_.assign(tasks);
  coordinator_.tokens_.assign(std::move(stored->tokens));
  coordinator_.modules_.assign(std::move(stored->modules));
  coordinator_.blobs_.assign(std::move(stored->blobs));
  coordinator_.circuits_.assign(std::move(stored->circuits));
  return {};
}

void Coordinator::Loop::start() {
  const Time now = coordinator_.clock_.now();
  core_.start(now);
  next_sweep_ = now + kSweepInterval;
  const mesh::Changes changes = core_.take_changes(last_commit_);
  coordinator_.nodes_.apply(changes.nodes, changes.removed_nodes);
  coordinator_.tasks_.apply(changes.tasks, last_commit_);
  for (const TaskPtr& task : changes.to_verify) verify(task);
  publish({core_.counts(), ended_});
  wake();
}

// --- The queue

void Coordinator::Loop::enqueue(Step step) {
  {
    const std::lock_guard lock(queue_mutex_);
    if (queue_.size() < options_.max_queued_commands) {
      queue_.push_back(std::move(step));
      if (std::exchange(scheduled_, true)) return;
      asio::post(io_, [this] { run(); });
      return;
    }
  }
  asio::post(io_, [step = std::move(step)]() mutable {
    step(fail(Code::unavailable, "the server is busy: try again soon"));
  });
}

std::size_t Coordinator::Loop::queued() const {
  const std::lock_guard lock(queue_mutex_);
  return queue_.size();
}

void Coordinator::Loop::wake() {
  const std::lock_guard lock(queue_mutex_);
  woken_ = true;
  if (!std::exchange(scheduled_, true)) asio::post(io_, [this] { run(); });
}

/// One turn. `scheduled_` stays set while it runs, so there is never a second one beside it.
void Coordinator::Loop::run() {
  std::vector<Step> steps;
  {
    const std::lock_guard lock(queue_mutex_);
    steps.swap(queue_);
    woken_ = false;
  }
  turn(std::move(steps));
  const std::lock_guard lock(queue_mutex_);
  scheduled_ = woken_ || !queue_.empty();
  if (scheduled_) asio::post(io_, [this] { run(); });
}

// --- A turn

void Coordinator::Loop::turn(std::vector<Step> steps) {
  if (const auto failure = gate_.failure()) return refuse(std::move(steps), *failure);
  const Time now = coordinator_.clock_.now();
  const std::uint64_t commit = last_commit_ + 1;
  store::Batch batch;
  Turn turn{.writer = {core_, now, commit, batch, coordinator_}};
  gate_.begin(commit);

  core_.advance(now);
  for (Step& step : steps) step(&turn);
  if (closing_ && !closed_) close(turn);
  core_.place(now);
  for (auto& action : turn.after_placement) action();

  mesh::Changes changes = core_.take_changes(commit);
  for (const Digest& content : changes.dropped_contents) turn.writer.release(content);
  record(turn, changes);
  sign_log(turn);
  record_events(turn, std::move(changes.transitions));
  coordinator_.nodes_.apply(changes.nodes, changes.removed_nodes);
  coordinator_.tasks_.apply(changes.tasks, gate_.durable());
  resume_polls(turn, std::move(changes.polls));
  resume_watches(turn, changes);
  for (const TaskPtr& task : changes.to_verify) verify(task);

  if (batch.empty()) {
    gate_.abandon();
  } else {
    last_commit_ = commit;
    committer_.commit(commit, std::move(batch), [this, commit](const Result<>& outcome) {
      gate_.reached(commit, outcome);
      if (!outcome) wake();  // for those who wait, and to hide what is lost
    });
  }
  gate_.wait(last_commit_, std::move(turn.when_durable));
  publish({core_.counts(), ended_});
  coordinator_.contents_.forget(gate_.durable());
  forget_answers();
  if (now >= next_sweep_) {
    next_sweep_ = now + kSweepInterval;
    sweep_answers("");
    sweep_again_ = true;
    swept_to_.clear();
  }
  sweep_ended(now);
  arm_timer();
}

/// What a turn is once the store has failed: all who wait hear of it.
void Coordinator::Loop::refuse(std::vector<Step> steps, const Error& failure) {
  if (!std::exchange(rolled_back_, true)) roll_back();
  for (Step& step : steps) step(std::unexpected(failure));
  for (auto& [id, resume] : std::exchange(polls_, {})) resume(std::unexpected(failure));
  for (auto& [id, watch] : std::exchange(watches_, {})) watch.resume(std::unexpected(failure));
}

/// Shows readers what is on disk, so that they may go on without the writer.
void Coordinator::Loop::roll_back() {
  Result<Stored> stored = read_stored(backend_);
  if (!stored) {
    spdlog::error("nothing can be read any more: {}", stored.error().message);
    gate_.roll_back();
    return;
  }
  // A record in memory that a durable commit wrote is as good, and knows of renewals.
  const auto shown = [this](auto current, auto& on_disk) {
    using Record = std::remove_reference_t<decltype(on_disk)>;
    if (current && gate_.passed(current->commit)) return current;
    return std::make_shared<const Record>(std::move(on_disk));
  };
  std::vector<mesh::NodePtr> nodes;
  for (mesh::Node& node : stored->nodes) {
    nodes.push_back(shown(coordinator_.nodes_.find(node.id()), node));
  }
  std::vector<TaskPtr> tasks;
  Statistics statistics{.active = {}, .ended = stored->ended};
  for (const mesh::NodePtr& node : nodes) statistics.active.add(mesh::Counts::of(*node));
  for (Task& task : stored->active) {
    tasks.push_back(shown(core_.find_task(task.id), task));
    switch (tasks.back()->status) {
      case mesh::TaskStatus::pending:
        ++statistics.active.pending;
        break;
      case mesh::TaskStatus::verifying:
        ++statistics.active.verifying;
        break;
      default:
        ++statistics.active.running;
    }
  }
  coordinator_.nodes_.assign(std::move(nodes));
  coordinator_.tasks_.assign(tasks);
  coordinator_.tokens_.assign(std::move(stored->tokens));
  coordinator_.modules_.assign(std::move(stored->modules));
  coordinator_.blobs_.assign(std::move(stored->blobs));
  coordinator_.circuits_.assign(std::move(stored->circuits));
  publish(statistics);
  gate_.roll_back();
}

/// Puts into the batch what the store must hear of.
void Coordinator::Loop::record(Turn& turn, mesh::Changes& changes) {
  store::Batch& batch = turn.writer.batch;
  for (const NodeId& id : changes.removed_nodes) batch.erase(Table::nodes, id.value);
  for (const auto& [node, durable] : changes.nodes) {
    if (durable) batch.put(Table::nodes, node->id().value, encode(*node));
  }
  for (const auto& [task, durable] : changes.tasks) {
    if (!durable) continue;
    if (is_final(task->status)) {
      if (task->status == mesh::TaskStatus::completed) {
        task->receipt = coordinator_.receipts_.issue(batch, *task);
      }
      record_ended(turn, *task);
    } else {
      batch.put(Table::active, std::string(task->id.view()), encode(*task));
    }
  }
  coordinator_.receipts_.append(batch);
  if (changes.last_epoch) {
    batch.put(Table::meta, std::string(kEpochKey), encode_epoch(*changes.last_epoch));
  }
}

void Coordinator::Loop::record_ended(Turn& turn, const Task& task) {
  store::Batch& batch = turn.writer.batch;
  const std::string id(task.id.view());
  const std::string owned = owned_key(task.spec->owner, id);
  batch.erase(Table::active, id);
  batch.put(Table::finished, id, encode(task));
  batch.put(Table::by_owner, owned, "");
  switch (task.status) {
    case mesh::TaskStatus::completed:
      ++ended_.completed;
      if (const mesh::Evidence* proof = task.evidence()) {
        batch.put(Table::proofs, proof_key(proof->id, owned), "");
      }
      break;
    case mesh::TaskStatus::failed:
      ++ended_.failed;
      batch.put(Table::dead, owned, "");
      break;
    default:
      ++ended_.cancelled;
  }
  record_counts(turn);
}

void Coordinator::Loop::record_counts(Turn& turn) const {
  turn.writer.batch.put(Table::meta, kEndedKey, encode(ended_));
}

/// Signs a checkpoint if one is due, and publishes it once what it covers is durable.
void Coordinator::Loop::sign_log(Turn& turn) {
  ReceiptLog& receipts = coordinator_.receipts_;
  const auto due = receipts.due();
  if (!due || *due > turn.writer.now) return;
  turn.when_durable.emplace_back(
      [&receipts, next = receipts.sign(turn.writer.now)](const Result<>& durable) mutable {
        if (durable) receipts.publish(std::move(next));
      });
}

void Coordinator::Loop::record_events(Turn& turn, std::vector<mesh::Transition> transitions) {
  Events events;
  for (mesh::Transition& transition : transitions) events.push_back(event_of(transition));
  std::ranges::move(std::exchange(announced_, {}), std::back_inserter(events));
  if (events.empty()) return;
  const std::uint64_t last = coordinator_.events_.append(turn.writer.batch, std::move(events));
  turn.when_durable.emplace_back([&log = coordinator_.events_, last](const Result<>& durable) {
    if (durable) log.show(last);
  });
}

// --- Waiting for leases

void Coordinator::Loop::poll(Turn& turn, const NodeId& node, std::uint32_t max, Duration wait,
                             PollResume resume) {
  const mesh::PollId id{++next_poll_};
  const auto opened = core_.poll(id, node, max, turn.writer.now + wait);
  if (!opened) {
    turn.when_durable.push_back([error = opened.error(), resume = std::move(resume)](
                                    const Result<>&) mutable { resume(std::unexpected(error)); });
    return;
  }
  polls_.emplace(id, std::move(resume));
}

void Coordinator::Loop::resume_polls(Turn& turn, std::vector<mesh::PollAnswer> answers) {
  for (mesh::PollAnswer& answer : answers) {
    auto poll = polls_.extract(answer.poll);
    turn.when_durable.push_back(
        [resume = std::move(poll.mapped()),
         offers = std::move(answer.offers)](const Result<>& durable) mutable {
          if (durable) return resume(std::move(offers));
          resume(std::unexpected(durable.error()));
        });
  }
}

// --- Waiting for tasks to end

void Coordinator::Loop::watch(Turn& turn, const TaskId& id, Duration wait, WatchResume resume) {
  const std::uint64_t watch = ++next_watch_;
  const Time until = turn.writer.now + wait;
  watches_.emplace(watch, Watch{id, until, std::move(resume)});
  watched_.emplace(id, watch);
  watch_ends_.emplace(until, watch);
  const TaskPtr active = core_.find_task(id);
  if (active && !is_final(active->status) && !closed_ && wait > Duration::zero()) return;
  if (active && is_final(active->status)) return;  // it ended in this turn, which will resume it
  const Result<TaskPtr> task = coordinator_.tasks_.find(id);
  if (task) return end_watch(turn, watch, *task);
  end_watch(turn, watch, nullptr);
}

void Coordinator::Loop::resume_watches(Turn& turn, const mesh::Changes& changes) {
  for (const auto& change : changes.tasks) {
    if (!is_final(change.record->status)) continue;
    for (auto found = watched_.find(change.record->id); found != watched_.end();
         found = watched_.find(change.record->id)) {
      end_watch(turn, found->second, change.record);
    }
  }
  while (!watch_ends_.empty() && watch_ends_.begin()->first <= turn.writer.now) {
    const std::uint64_t watch = watch_ends_.begin()->second;
    end_watch(turn, watch, core_.find_task(watches_.at(watch).task));
  }
}

void Coordinator::Loop::end_watch(Turn& turn, std::uint64_t watch, TaskPtr task) {
  Watch ended = std::move(watches_.extract(watch).mapped());
  watch_ends_.erase({ended.until, watch});
  const auto [first, last] = watched_.equal_range(ended.task);
  watched_.erase(
      std::ranges::find(first, last, watch, [](const auto& entry) { return entry.second; }));
  turn.when_durable.push_back(
      [resume = std::move(ended.resume), task = std::move(task)](const Result<>& durable) mutable {
        if (durable) return resume(std::move(task));
        resume(std::unexpected(durable.error()));
      });
}

void Coordinator::Loop::close() {
  closing_ = true;
  wake();
}

void Coordinator::Loop::close(Turn& turn) {
  closed_ = true;
  core_.close_polls();
  while (!watches_.empty()) {
    const std::uint64_t watch = watches_.begin()->first;
    end_watch(turn, watch, core_.find_task(watches_.at(watch).task));
  }
}

// --- Answers to be given once

Result<std::optional<Answer>> Coordinator::Loop::find_answer(const Turn& turn, const Once& once) {
  const std::string key = owned_key(once.owner, once.key);
  if (const auto fresh = fresh_answers_.find(key); fresh != fresh_answers_.end()) {
    if (!gate_.passed(fresh->second)) {
      return fail(Code::conflict, "a request with this Idempotency-Key is being answered");
    }
  }
  const auto stored = backend_.get(Table::idempotency, key);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return std::nullopt;
  const auto record = decode_answer(**stored);
  if (!record) return std::unexpected(record.error());
  if (record->expires_at <= turn.writer.now) return std::nullopt;
  if (record->request != once.request) {
    return fail(Code::invalid, "this Idempotency-Key was used for another request");
  }
  return record->answer;
}

void Coordinator::Loop::claim(Turn& turn, const Once& once) {
  std::string key = owned_key(once.owner, once.key);
  claims_.emplace_back(turn.writer.commit, key);
  fresh_answers_.insert_or_assign(std::move(key), turn.writer.commit);
}

/// Those that can be read back from the store.
void Coordinator::Loop::forget_answers() {
  for (; !claims_.empty() && gate_.passed(claims_.front().first); claims_.pop_front()) {
    const auto fresh = fresh_answers_.find(claims_.front().second);
    const bool latest = fresh != fresh_answers_.end() && fresh->second == claims_.front().first;
    if (latest) fresh_answers_.erase(fresh);
  }
}

void Coordinator::Loop::keep_answer(Turn& turn, const Once& once, Answer answer) {
  const AnswerRecord record{.request = once.request,
                            .expires_at = turn.writer.now + options_.keep_answers,
                            .answer = std::move(answer)};
  turn.writer.batch.put(Table::idempotency, owned_key(once.owner, once.key), encode(record));
}

/// Looks for expired answers from the key `first` on, on the pool; erases them in a later turn.
void Coordinator::Loop::sweep_answers(std::string first) {
  const Time now = coordinator_.clock_.now();
  coordinator_.pool_.post([this, now, first = std::move(first)] {
    std::vector<std::string> expired;
    const auto visit = [&](std::string_view key, std::string_view bytes) {
      const auto record = decode_answer(bytes);
      if (record && record->expires_at <= now) expired.emplace_back(key);
      return expired.size() < kSweepBatch;
    };
    const Result<> scanned =
        backend_.scan(Table::idempotency, first, "", store::Order::ascending, visit);
    if (!scanned) spdlog::warn("cannot look for expired answers: {}", scanned.error().message);
    enqueue([this, expired = std::move(expired)](Result<Turn*> turn) {
      if (turn) erase_expired(**turn, expired);
    });
  });
}

void Coordinator::Loop::erase_expired(Turn& turn, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    // The key may have been used again meanwhile.
    const auto stored = backend_.get(Table::idempotency, key);
    if (fresh_answers_.contains(key) || !stored || !*stored) continue;
    const auto record = decode_answer(**stored);
    if (record && record->expires_at <= turn.writer.now) {
      turn.writer.batch.erase(Table::idempotency, key);
    }
  }
  if (keys.size() == kSweepBatch) sweep_answers(keys.back() + '\0');
}

// --- After a turn

void Coordinator::Loop::publish(const Statistics& statistics) {
  const std::lock_guard lock(statistics_mutex_);
  statistics_ = statistics;
}

Statistics Coordinator::Loop::statistics() const {
  const std::lock_guard lock(statistics_mutex_);
  return statistics_;
}

/// Wakes the writer when the core or a watch has something due next.
void Coordinator::Loop::arm_timer() {
  wakes_at_ = core_.next_event();
  if (!watch_ends_.empty() && (!wakes_at_ || watch_ends_.begin()->first < *wakes_at_)) {
    wakes_at_ = watch_ends_.begin()->first;
  }
  const auto due = coordinator_.receipts_.due();
  if (due && (!wakes_at_ || *due < *wakes_at_)) wakes_at_ = due;
  if (options_.stepped) return;
  if (!wakes_at_) {
    timer_.cancel();
    return;
  }
  const Time now = coordinator_.clock_.now();
  timer_.expires_after(std::max(*wakes_at_ - now, Duration{1}));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) wake();
  });
}

}  // namespace vcp::coordinator
