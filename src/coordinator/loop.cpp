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
constexpr std::size_t kSweepBatch = 10'000;

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

/// Reads every record of a table; stops at the first that is damaged.
template <class Decode, class Use>
Result<> load_table(const store::Backend& backend, Table table, Decode decode, Use use) {
  Result<> outcome;
  const auto visit = [&](std::string_view, std::string_view bytes) {
    auto record = decode(bytes);
    if (!record) {
      outcome = std::unexpected(record.error());
      return false;
    }
    use(std::move(*record));
    return true;
  };
  const Result<> scanned = backend.scan(table, "", "", store::Order::ascending, visit);
  return scanned ? outcome : scanned;
}

}  // namespace

Coordinator::Loop::Loop(Coordinator& coordinator, asio::io_context& io, store::Backend& backend,
                        Options options, const Observer& observer, std::uint64_t last_commit)
    : coordinator_(coordinator),
      io_(io),
      backend_(backend),
      options_(std::move(options)),
      gate_(io, last_commit),
      published_commit_(last_commit),
      core_(options_.mesh, coordinator.random_),
      ids_(coordinator.random_),
      last_commit_(last_commit),
      timer_(io.get_executor()),
      committer_(backend, observer.committed) {}

// --- Recovery

Result<> Coordinator::Loop::load() {
  std::vector<mesh::Change<TaskPtr>> tasks;
  Result<> loaded = load_table(backend_, Table::nodes, decode_node,
                               [this](mesh::Node node) { core_.restore(std::move(node)); });
  if (loaded) {
    loaded = load_table(backend_, Table::active, decode_task, [&](Task task) {
      const TaskId id = task.id;
      core_.restore(std::move(task));
      tasks.push_back({core_.find_task(id), false});
    });
  }
  if (loaded) {
    loaded = load_table(backend_, Table::tokens, decode_token,
                        [this](Token token) { coordinator_.tokens_.put(std::move(token)); });
  }
  if (loaded) {
    loaded = load_table(backend_, Table::modules, decode_module,
                        [this](Module module) { coordinator_.modules_.put(std::move(module)); });
  }
  if (loaded) {
    loaded = load_table(backend_, Table::blobs, decode_blob,
                        [this](Blob blob) { coordinator_.blobs_.put(std::move(blob)); });
  }
  if (!loaded) return loaded;

  const auto epoch = backend_.get(Table::meta, kEpochKey);
  if (!epoch) return std::unexpected(epoch.error());
  if (*epoch) {
    const auto last = decode_epoch(**epoch);
    if (!last) return std::unexpected(last.error());
    core_.restore_epoch(*last);
  }
  const auto ended = backend_.get(Table::meta, kEndedKey);
  if (!ended) return std::unexpected(ended.error());
  if (*ended) {
    const auto counts = decode_counts(**ended);
    if (!counts) return std::unexpected(counts.error());
    ended_ = *counts;
  }
  coordinator_.tasks_.apply(tasks, last_commit_);
  return {};
}

void Coordinator::Loop::start() {
  const Time now = coordinator_.clock_.now();
  core_.start(now);
  next_sweep_ = now + kSweepInterval;
  const mesh::Changes changes = core_.take_changes(last_commit_);
  coordinator_.nodes_.apply(changes.nodes, changes.removed_nodes);
  coordinator_.tasks_.apply(changes.tasks, last_commit_);
  publish_statistics();
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
  if (!std::exchange(scheduled_, true)) asio::post(io_, [this] { run(); });
}

/// One turn. `scheduled_` stays set while it runs, so there is never a second one beside it.
void Coordinator::Loop::run() {
  std::vector<Step> steps;
  {
    const std::lock_guard lock(queue_mutex_);
    steps.swap(queue_);
  }
  turn(std::move(steps));
  const std::lock_guard lock(queue_mutex_);
  scheduled_ = !queue_.empty();
  if (scheduled_) asio::post(io_, [this] { run(); });
}

// --- A turn

void Coordinator::Loop::turn(std::vector<Step> steps) {
  if (const auto failure = gate_.failure()) {
    for (Step& step : steps) step(std::unexpected(*failure));
    return;
  }
  const Time now = coordinator_.clock_.now();
  const std::uint64_t commit = last_commit_ + 1;
  store::Batch batch;
  Turn turn{.writer = {core_, now, commit, batch, coordinator_}};

  core_.advance(now);
  for (Step& step : steps) step(&turn);
  core_.place(now);
  for (auto& action : turn.after_placement) action();

  mesh::Changes changes = core_.take_changes(commit);
  record(turn, changes);
  coordinator_.nodes_.apply(changes.nodes, changes.removed_nodes);
  coordinator_.tasks_.apply(changes.tasks, gate_.durable());
  resume_polls(turn, std::move(changes.polls));
  resume_watches(turn, changes);

  if (!batch.empty()) {
    last_commit_ = commit;
    committer_.commit(commit, std::move(batch),
                      [this, commit](const Result<>& outcome) { gate_.reached(commit, outcome); });
  }
  gate_.wait(last_commit_, std::move(turn.when_durable));
  publish_statistics();
  coordinator_.contents_.forget(gate_.durable());
  if (now >= next_sweep_) sweep_answers();
  arm_timer();
}

/// Puts into the batch what the store must hear of.
void Coordinator::Loop::record(Turn& turn, const mesh::Changes& changes) {
  store::Batch& batch = turn.writer.batch;
  for (const NodeId& id : changes.removed_nodes) batch.erase(Table::nodes, id.value);
  for (const auto& [node, durable] : changes.nodes) {
    if (durable) batch.put(Table::nodes, node->id().value, encode(*node));
  }
  for (const auto& [task, durable] : changes.tasks) {
    if (!durable) continue;
    if (is_final(task->status)) {
      record_ended(turn, *task);
    } else {
      batch.put(Table::active, std::string(task->id.view()), encode(*task));
    }
  }
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
      break;
    case mesh::TaskStatus::failed:
      ++ended_.failed;
      batch.put(Table::dead, owned, "");
      break;
    default:
      ++ended_.cancelled;
  }
  batch.put(Table::meta, std::string(kEndedKey), encode(ended_));
  if (task.result && task.result->output.content) {
    coordinator_.contents_.refer(batch, turn.writer.commit, *task.result->output.content,
                                 task.result->output.size);
  }
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
    fresh_answers_.erase(fresh);
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

void Coordinator::Loop::keep_answer(Turn& turn, const Once& once, Answer answer) {
  std::string key = owned_key(once.owner, once.key);
  const AnswerRecord record{.request = once.request,
                            .expires_at = turn.writer.now + options_.keep_answers,
                            .answer = std::move(answer)};
  fresh_answers_.insert_or_assign(key, turn.writer.commit);
  turn.writer.batch.put(Table::idempotency, std::move(key), encode(record));
}

/// Looks for expired answers on the pool and erases them in a later turn.
void Coordinator::Loop::sweep_answers() {
  const Time now = coordinator_.clock_.now();
  next_sweep_ = now + kSweepInterval;
  std::erase_if(fresh_answers_, [this](const auto& entry) { return gate_.passed(entry.second); });
  coordinator_.pool_.post([this, now] {
    std::vector<std::string> expired;
    const auto visit = [&](std::string_view key, std::string_view bytes) {
      const auto record = decode_answer(bytes);
      if (record && record->expires_at <= now) expired.emplace_back(key);
      return expired.size() < kSweepBatch;
    };
    const Result<> scanned =
        backend_.scan(Table::idempotency, "", "", store::Order::ascending, visit);
    if (!scanned) spdlog::warn("cannot look for expired answers: {}", scanned.error().message);
    enqueue([expired = std::move(expired)](Result<Turn*> turn) mutable {
      if (!turn) return;
      for (std::string& key : expired) {
        (*turn)->writer.batch.erase(Table::idempotency, std::move(key));
      }
    });
  });
}

// --- After a turn

void Coordinator::Loop::publish_statistics() {
  const std::lock_guard lock(statistics_mutex_);
  statistics_ = {core_.counts(), ended_};
  published_commit_ = last_commit_;
}

Statistics Coordinator::Loop::statistics() const {
  const std::lock_guard lock(statistics_mutex_);
  return statistics_;
}

std::uint64_t Coordinator::Loop::last_commit() const {
  const std::lock_guard lock(statistics_mutex_);
  return published_commit_;
}

/// Wakes the writer when the core or a watch has something due next.
void Coordinator::Loop::arm_timer() {
  std::optional<Time> next = core_.next_event();
  if (!watch_ends_.empty() && (!next || watch_ends_.begin()->first < *next)) {
    next = watch_ends_.begin()->first;
  }
  if (!next) {
    timer_.cancel();
    return;
  }
  const Time now = coordinator_.clock_.now();
  timer_.expires_after(std::max(*next - now, Duration{1}));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) wake();
  });
}

}  // namespace vcp::coordinator
