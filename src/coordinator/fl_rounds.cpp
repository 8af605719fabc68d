// SPDX-License-Identifier: Apache-2.0
// How rounds are opened and closed.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <mutex>

#include "fl_closing.hpp"
#include "vcp/base/json.hpp"

namespace vcp::coordinator {

using store::Table;

namespace {

constexpr Duration kRetryAfter{1'000};  ///< when the pool was full

/// Means over samples, each metric over the clients that reported it.
FlMetrics mean_metrics(std::span<const FlUpdate* const> updates) {
  FlMetrics sums;
  std::map<std::string, double> samples;
  for (const FlUpdate* update : updates) {
    const auto weight = static_cast<double>(update->num_samples);
    for (const auto& [name, value] : update->metrics) {
      sums[name] += weight * value;
      samples[name] += weight;
    }
  }
  for (auto& [name, sum] : sums) sum /= samples[name];
  return sums;
}

std::string render_metrics(const FlRound& round, const std::optional<double>& epsilon) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("clients", round.count);
  for (const auto& [name, value] : round.metrics) writer.member(name, value);
  if (epsilon) writer.member("epsilon_spent", *epsilon);
  writer.end_object();
  return text;
}

}  // namespace

FlRound summarize(const FlJob& job, std::span<const FlUpdate* const> updates) {
  FlRound round{.round = job.round,
                .opened_at = job.opened_at,
                .closed_at = {},
                .count = updates.size(),
                .clients = {},
                .metrics = {}};
  if (job.terms.privacy) return round;
  for (const FlUpdate* update : updates) {
    round.clients.push_back({update->client, update->num_samples, update->norm});
  }
  std::ranges::sort(round.clients, {}, &FlRound::Member::client);
  round.metrics = mean_metrics(updates);
  return round;
}

// --- Opening

/// The round that trains from the newest model, or the end of the job.
void FlJobs::open_next_round(Writer& writer, const Entry& entry, FlJob& job) const {
  job.round = job.models.back().round;
  job.opened_at = writer.now;
  job.closes_at = writer.now + Duration(job.terms.round_timeout_ms);
  job.extended = false;
  const Result<> admitted = entry.plan ? entry.plan->admit(job.rounds_done()) : Result<>();
  if (job.round <= job.terms.rounds && admitted) return announce(writer, job, job.round, "open");
  job.state = FlState::completed;
  job.reason = job.round > job.terms.rounds ? "" : admitted.error().message;
  announce(writer, job, job.rounds_done(), "completed");
}

// --- Closing in time

void FlJobs::advance(Writer& writer) {
  const std::unique_lock lock(mutex_);
  for (auto& [id, entry] : entries_) advance(writer, entry);
  arm_timer(writer.now);
}

/// Closes the round if it has all updates, and does what is due if its time is up.
void FlJobs::advance(Writer& writer, Entry& entry) {
  if (entry.job->state != FlState::running || entry.closing) return;
  if (entry.retry_at && *entry.retry_at > writer.now) return;
  if (entry.accepted >= entry.job->terms.target()) {
    start_closing(writer, entry);
  } else if (entry.job->closes_at <= writer.now) {
    time_out(writer, entry);
  }
}

void FlJobs::time_out(Writer& writer, Entry& entry) {
  if (entry.accepted >= entry.job->terms.least()) return start_closing(writer, entry);
  FlJob job = *entry.job;
  if (!job.extended) {
    job.extended = true;
    job.closes_at = writer.now + Duration(job.terms.round_timeout_ms);
    announce(writer, job, job.round, "extended");
  } else {
    job.state = FlState::paused;
    job.reason = "round " + std::to_string(job.round) + " had " + std::to_string(entry.accepted) +
                 " of at least " + std::to_string(job.terms.least()) +
                 " updates when its time was up for the second time";
    announce(writer, job, job.round, "paused");
  }
  put(writer, entry, std::move(job));
}

/// Wakes the writer when the next round's time is up.
void FlJobs::arm_timer(Time now) {
  std::optional<Time> next;
  for (const auto& [id, entry] : entries_) {
    if (entry.job->state != FlState::running || entry.closing) continue;
    const Time due = entry.retry_at.value_or(entry.job->closes_at);
    next = std::min(next.value_or(due), due);
  }
  timer_.cancel();
  if (!next) return;
  timer_.expires_after(std::max(*next - now, Duration{1}));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) asio::co_spawn(io_, tick(), asio::detached);
  });
}

Async<void> FlJobs::tick() {
  Coordinator::Command<bool> command = [this](Writer& writer) {
    advance(writer);
    return Result<bool>(true);
  };
  const auto advanced = co_await coordinator_.apply(std::move(command));
  if (!advanced) spdlog::error("FL rounds are not closed: {}", advanced.error().message);
}

// --- Putting a round together

void FlJobs::start_closing(Writer& writer, Entry& entry) {
  entry.closing = true;
  entry.retry_at.reset();
  announce(writer, *entry.job, entry.job->round, "aggregating");
  asio::co_spawn(io_, close(plan_closing(entry)), asio::detached);
}

FlJobs::Closing FlJobs::plan_closing(const Entry& entry) {
  const FlJob& job = *entry.job;
  Contents& contents = coordinator_.contents();
  const auto path = [&contents](const FlFile& file) { return contents.files().path(file.digest); };
  Closing closing{.job = job.id,
                  .round = {.strategy = job.terms.strategy,
                            .model = path(job.models.back().file),
                            .updates = {},
                            .state = job.optimizer.transform(path),
                            .privacy = {},
                            .next_model = contents.new_path(),
                            .next_state = contents.new_path()},
                  .updates = {}};
  if (entry.plan) closing.round.privacy = entry.plan->round(job.clip, job.terms.target_clients);
  for (const auto& [key, update] : entry.updates) {
    if (update.counted_in != 0) continue;
    closing.updates.push_back(key);
    closing.round.updates.push_back({.client_id = update.client,
                                     .file = path(update.file),
                                     .num_samples = update.num_samples,
                                     .kind = update.kind,
                                     .staleness = job.round - update.round,
                                     .base = path(job.model(update.round)->file)});
  }
  return closing;
}

/// On the pool: computes the next model, and takes the files into the content store.
Result<FlJobs::Aggregated> FlJobs::aggregate(const fl::Round& round, Contents& contents,
                                             Random& random, std::size_t threads) {
  const auto outcome = fl::close_round(round, random, fl::on_threads(threads));
  if (!outcome) return std::unexpected(outcome.error());
  const auto take = [&contents](const std::filesystem::path& path) -> Result<Aggregated::File> {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error) return fail(Code::io, "cannot read " + path.string() + ": " + error.message());
    auto pin = contents.adopt(path);
    if (!pin) return std::unexpected(pin.error());
    return Aggregated::File{.pin = std::move(*pin), .size = size};
  };
  auto model = take(round.next_model);
  if (!model) return std::unexpected(model.error());
  Aggregated aggregated{
      .model = std::move(*model), .optimizer = {}, .next_clip = outcome->next_clip};
  if (!outcome->has_state) return aggregated;
  auto optimizer = take(round.next_state);
  if (!optimizer) return std::unexpected(optimizer.error());
  aggregated.optimizer.emplace(std::move(*optimizer));
  return aggregated;
}

Async<void> FlJobs::close(Closing closing) {
  std::move_only_function<Result<Aggregated>()> work =
      [&round = closing.round, &contents = coordinator_.contents(), &random = coordinator_.random(),
       threads = options_.threads] { return aggregate(round, contents, random, threads); };
  Result<Aggregated> aggregated = co_await coordinator_.pool().run(std::move(work));
  Coordinator::Command<bool> finish = [this, &closing, &aggregated](Writer& writer) {
    finish_closing(writer, closing, aggregated);
    return Result<bool>(true);
  };
  const auto finished = co_await coordinator_.apply(std::move(finish));
  if (!finished) spdlog::error("an FL round was not closed: {}", finished.error().message);
}

void FlJobs::finish_closing(Writer& writer, const Closing& closing,
                            const Result<Aggregated>& aggregated) {
  const std::unique_lock lock(mutex_);
  const Result<Entry*> found = entry_of(closing.job);
  if (!found) return;  // deleted meanwhile
  Entry& entry = **found;
  entry.closing = false;
  if (aggregated) {
    publish(writer, entry, closing, *aggregated);
  } else {
    fail_closing(writer, entry, aggregated.error());
  }
  advance(writer, entry);
  arm_timer(writer.now);
}

void FlJobs::fail_closing(Writer& writer, Entry& entry, const Error& error) {
  if (error.code == Code::unavailable) {
    entry.retry_at = writer.now + kRetryAfter;
    return;
  }
  FlJob job = *entry.job;
  job.state = FlState::paused;
  job.reason = "round " + std::to_string(job.round) + " could not be closed: " + error.message;
  spdlog::warn("FL job {}: {}", job.id.to_string(), job.reason);
  announce(writer, job, job.round, "paused");
  put(writer, entry, std::move(job));
}

/// The end of a round and the beginning of the next, in one commit.
void FlJobs::publish(Writer& writer, Entry& entry, const Closing& closing,
                     const Aggregated& aggregated) {
  Contents& contents = coordinator_.contents();
  FlJob job = *entry.job;
  std::vector<const FlUpdate*> counted;
  for (const UpdateKey& key : closing.updates) counted.push_back(&entry.updates.at(key));
  FlRound round = summarize(job, counted);
  round.closed_at = writer.now;
  writer.batch.put(Table::fl_rounds, fl_round_key(job.id, round.round), encode(round));
  announce(writer, job, round.round, "closed",
           render_metrics(round, view(entry).epsilon_after(round.round)));
  spend_updates(writer, entry, closing);

  const FlFile model = aggregated.model.record();
  contents.refer(writer.batch, writer.commit, model.digest, model.size);
  job.models.push_back({.round = job.round + 1, .file = model});
  const std::optional<FlFile> before = std::exchange(job.optimizer, std::nullopt);
  if (aggregated.optimizer) {
    job.optimizer = aggregated.optimizer->record();
    contents.refer(writer.batch, writer.commit, job.optimizer->digest, job.optimizer->size);
  }
  if (before) writer.release(before->digest);
  job.clip = aggregated.next_clip.value_or(job.clip);
  drop_old_models(writer, entry, job);
  open_next_round(writer, entry, job);
  put(writer, entry, std::move(job));
  ++rounds_closed_;
}

/// The updates of a round are part of the model now. Where earlier versions are taken it is kept
/// in mind who sent what, lest it comes once more.
void FlJobs::spend_updates(Writer& writer, Entry& entry, const Closing& closing) {
  const FlJob& job = *entry.job;
  for (const UpdateKey& key : closing.updates) {
    FlUpdate update = entry.updates.at(key);
    writer.release(update.file.digest);
    --entry.accepted;
    if (job.terms.takes_stale_updates()) {
      update.counted_in = job.round;
      put_update(writer, entry, std::move(update));
    } else {
      writer.batch.erase(Table::fl_updates, fl_update_key(job.id, update));
      entry.updates.erase(key);
    }
  }
}

/// Models beyond what is kept go, but for those that updates which wait were trained from.
void FlJobs::drop_old_models(Writer& writer, Entry& entry, FlJob& job) const {
  std::uint64_t needed = job.models.back().round;
  for (const auto& [key, update] : entry.updates) {
    if (update.counted_in == 0) needed = std::min(needed, key.first);
  }
  std::size_t kept = 0;
  std::uint64_t bytes = 0;
  auto first = job.models.end();
  while (first != job.models.begin()) {
    const FlModel& model = *std::prev(first);
    bytes += model.file.size;
    const bool fits = kept < options_.keep_models && bytes <= options_.keep_model_bytes;
    if (!fits && model.round < needed) break;
    --first;
    ++kept;
  }
  for (auto model = job.models.begin(); model != first; ++model) {
    writer.release(model->file.digest);
  }
  job.models.erase(job.models.begin(), first);
  // What was trained from a model that is gone cannot come again.
  while (!entry.updates.empty() && entry.updates.begin()->first.first < job.models.front().round) {
    writer.batch.erase(Table::fl_updates, fl_update_key(job.id, entry.updates.begin()->second));
    entry.updates.erase(entry.updates.begin());
  }
}

}  // namespace vcp::coordinator
