// SPDX-License-Identifier: Apache-2.0
// What is asked of jobs. fl_rounds.cpp opens and closes their rounds.
#include "vcp/coordinator/fl_jobs.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <mutex>

#include "fl_closing.hpp"

namespace vcp::coordinator {

using store::Table;

namespace {

std::string quoted_round(std::uint64_t round) { return "round " + std::to_string(round); }

/// Whether the job has begun and has not ended.
Result<> check_under_way(const FlJob& job) {
  if (job.state == FlState::waiting) return fail(Code::conflict, "the job has no model yet");
  if (job.state == FlState::completed) return fail(Code::conflict, "the job is completed");
  return {};
}

}  // namespace

std::optional<double> FlJobView::epsilon_after(std::uint64_t round) const {
  if (!plan) return std::nullopt;
  return round == 0 ? 0.0 : plan->epsilon_after(round);
}

// --- Recovery

Result<std::unique_ptr<FlJobs>> FlJobs::open(Coordinator& coordinator,
                                             const store::Backend& backend, asio::io_context& io,
                                             FlOptions options) {
  std::unique_ptr<FlJobs> jobs(new FlJobs(coordinator, backend, io, options));
  if (const Result<> loaded = jobs->load(); !loaded) return std::unexpected(loaded.error());
  asio::co_spawn(io, jobs->tick(), asio::detached);
  return jobs;
}

Result<> FlJobs::load() {
  Result<> restored;
  const auto visit_job = [&](std::string_view, std::string_view bytes) {
    Result<FlJob> job = decode_fl_job(bytes);
    restored = job ? restore(std::move(*job)) : std::unexpected(job.error());
    return restored.has_value();
  };
  const auto visit_update = [&](std::string_view key, std::string_view bytes) {
    Result<FlUpdate> update = decode_fl_update(bytes);
    FlJobId id;
    std::ranges::copy(key.substr(0, id.bytes.size()), id.bytes.begin());
    restored = update ? restore(id, std::move(*update)) : std::unexpected(update.error());
    return restored.has_value();
  };
  Result<> scanned = backend_.scan(Table::fl_jobs, "", "", store::Order::ascending, visit_job);
  if (scanned && restored) {
    scanned = backend_.scan(Table::fl_updates, "", "", store::Order::ascending, visit_update);
  }
  return scanned ? restored : scanned;
}

Result<> FlJobs::restore(FlJob job) {
  Entry entry;
  if (job.terms.privacy) {
    auto plan = fl::PrivacyPlan::make(*job.terms.privacy, job.terms.strategy, job.terms.rounds);
    if (!plan) return fail(Code::corrupt, "a stored FL job is damaged: " + plan.error().message);
    entry.plan = std::make_shared<const fl::PrivacyPlan>(std::move(*plan));
  }
  const FlJobId id = job.id;
  entry.job = std::make_shared<const FlJob>(std::move(job));
  entries_.emplace(id, std::move(entry));
  return {};
}

Result<> FlJobs::restore(const FlJobId& id, FlUpdate update) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return fail(Code::corrupt, "a stored FL update has no job");
  Entry& entry = found->second;
  if (!entry.job->model(update.round)) return fail(Code::corrupt, "an FL update has no model");
  if (update.counted_in == 0) ++entry.accepted;
  UpdateKey key{update.round, update.client};
  entry.updates.emplace(std::move(key), std::move(update));
  return {};
}

// --- Reading

FlJobView FlJobs::view(const Entry& entry) {
  return {.job = entry.job,
          .plan = entry.plan,
          .accepted = entry.accepted,
          .closing = entry.closing,
          .commit = entry.commit};
}

std::optional<FlJobView> FlJobs::find(const FlJobId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  return view(found->second);
}

std::vector<FlJobView> FlJobs::list(const std::optional<std::string>& owner,
                                    std::optional<FlState> state,
                                    const std::optional<FlJobId>& before, std::size_t limit) const {
  std::vector<FlJobView> page;
  const std::shared_lock lock(mutex_);
  auto at = before ? entries_.lower_bound(*before) : entries_.end();
  while (at != entries_.begin() && page.size() < limit) {
    --at;
    const FlJob& job = *at->second.job;
    if (owner && job.owner != *owner) continue;
    if (!state || job.state == *state) page.push_back(view(at->second));
  }
  return page;
}

std::optional<FlRound> FlJobs::open_round(const FlJobId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  std::vector<const FlUpdate*> waiting;
  for (const auto& [key, update] : found->second.updates) {
    if (update.counted_in == 0) waiting.push_back(&update);
  }
  return summarize(*found->second.job, waiting);
}

Result<std::optional<FlRound>> FlJobs::closed_round(const FlJobId& id, std::uint64_t round) const {
  const auto stored = backend_.get(Table::fl_rounds, fl_round_key(id, round));
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return std::nullopt;
  return decode_fl_round(**stored);
}

Result<> FlJobs::may_send(const FlJobId& id, std::uint64_t round, const std::string& client) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return fail(Code::not_found, "there is no such FL job");
  const UpdateKey key{round, client};
  if (found->second.updates.contains(key)) return {};
  return check(found->second, key);
}

FlJobs::Statistics FlJobs::statistics() const {
  const std::shared_lock lock(mutex_);
  Statistics statistics{
      .jobs = {}, .updates_accepted = updates_accepted_, .rounds_closed = rounds_closed_};
  for (const auto& [id, entry] : entries_) ++statistics.jobs[entry.job->state];
  return statistics;
}

/// Whether an update that is not there yet may be taken.
Result<> FlJobs::check(const Entry& entry, const UpdateKey& key) {
  const FlJob& job = *entry.job;
  const std::uint64_t round = key.first;
  if (const Result<> begun = check_under_way(job); !begun) return begun;
  if (round > job.round) return fail(Code::conflict, quoted_round(round) + " is not open yet");
  const bool stale = round < job.round;
  if (stale && !job.terms.takes_stale_updates()) {
    return fail(Code::conflict, quoted_round(round) + " is closed");
  }
  if (!job.model(round)) {
    return fail(Code::conflict, "the model of " + quoted_round(round) + " is not kept any more");
  }
  if (job.state == FlState::paused) return fail(Code::conflict, "the job is paused");
  if (job.terms.takes_stale_updates()) {
    // What comes while a buffer is being put together goes into the next one.
    if (entry.accepted < 2 * job.terms.target()) return {};
    return fail(Code::unavailable, "the updates that wait are being put together");
  }
  if (entry.closing) return fail(Code::conflict, quoted_round(round) + " is being closed");
  if (entry.accepted < job.terms.target()) return {};
  return fail(Code::conflict, quoted_round(round) + " has all of its clients");
}

// --- Commands

FlJobView FlJobs::create(Writer& writer, std::string owner, FlTerms terms,
                         std::optional<fl::PrivacyPlan> plan) {
  FlJob job{.id = ids_.next<FlJobId>(writer.now),
            .owner = std::move(owner),
            .terms = std::move(terms),
            .created_at = writer.now,
            .updated_at = writer.now,
            .clip = plan ? plan->first_clip() : 0,
            .models = {}};
  const std::unique_lock lock(mutex_);
  Entry& entry = entries_[job.id];
  if (plan) entry.plan = std::make_shared<const fl::PrivacyPlan>(std::move(*plan));
  put(writer, entry, std::move(job));
  return view(entry);
}

Result<FlJobView> FlJobs::set_model(Writer& writer, const FlJobId& id, const FlFile& model) {
  const std::unique_lock lock(mutex_);
  const Result<Entry*> entry = entry_of(id);
  if (!entry) return std::unexpected(entry.error());
  FlJob job = *(*entry)->job;
  if (job.state != FlState::waiting) return fail(Code::conflict, "the job has its first model");
  coordinator_.contents().refer(writer.batch, writer.commit, model.digest, model.size);
  job.models.push_back({.round = 1, .file = model});
  job.state = FlState::running;
  open_next_round(writer, **entry, job);
  put(writer, **entry, std::move(job));
  arm_timer(writer.now);
  return view(**entry);
}

Result<bool> FlJobs::accept(Writer& writer, const FlJobId& id, FlUpdate update) {
  const std::unique_lock lock(mutex_);
  const Result<Entry*> found = entry_of(id);
  if (!found) return std::unexpected(found.error());
  Entry& entry = **found;
  const UpdateKey key{update.round, update.client};
  if (const auto known = entry.updates.find(key); known != entry.updates.end()) {
    const FlUpdate& first = known->second;
    if (first.file == update.file && first.num_samples == update.num_samples &&
        first.kind == update.kind) {
      return true;
    }
    return fail(Code::conflict,
                "this client has sent another update for " + quoted_round(update.round));
  }
  if (const Result<> checked = check(entry, key); !checked) return std::unexpected(checked.error());
  coordinator_.contents().refer(writer.batch, writer.commit, update.file.digest, update.file.size);
  put_update(writer, entry, std::move(update));
  ++entry.accepted;
  ++updates_accepted_;
  advance(writer, entry);
  return false;
}

Result<FlJobView> FlJobs::pause(Writer& writer, const FlJobId& id) {
  const std::unique_lock lock(mutex_);
  const Result<Entry*> entry = entry_of(id);
  if (!entry) return std::unexpected(entry.error());
  FlJob job = *(*entry)->job;
  if (const Result<> begun = check_under_way(job); !begun) return std::unexpected(begun.error());
  if (job.state == FlState::running) {
    job.state = FlState::paused;
    job.reason = "paused on request";
    announce(writer, job, job.round, "paused");
    put(writer, **entry, std::move(job));
  }
  return view(**entry);
}

Result<FlJobView> FlJobs::resume(Writer& writer, const FlJobId& id) {
  const std::unique_lock lock(mutex_);
  const Result<Entry*> entry = entry_of(id);
  if (!entry) return std::unexpected(entry.error());
  FlJob job = *(*entry)->job;
  if (const Result<> begun = check_under_way(job); !begun) return std::unexpected(begun.error());
  if (job.state == FlState::paused) {
    job.state = FlState::running;
    job.reason.clear();
    job.extended = false;
    job.closes_at = writer.now + Duration(job.terms.round_timeout_ms);
    (*entry)->retry_at.reset();
    announce(writer, job, job.round, "resumed");
    put(writer, **entry, std::move(job));
    advance(writer, **entry);
    arm_timer(writer.now);
  }
  return view(**entry);
}

Result<> FlJobs::erase(Writer& writer, const FlJobId& id) {
  const std::unique_lock lock(mutex_);
  const Result<Entry*> found = entry_of(id);
  if (!found) return std::unexpected(found.error());
  const Entry& entry = **found;
  const FlJob& job = *entry.job;
  for (const FlModel& model : job.models) writer.release(model.file.digest);
  if (job.optimizer) writer.release(job.optimizer->digest);
  for (const auto& [key, update] : entry.updates) {
    if (update.counted_in == 0) writer.release(update.file.digest);
    writer.batch.erase(Table::fl_updates, fl_update_key(id, update));
  }
  for (std::uint64_t round = 1; round <= job.rounds_done(); ++round) {
    writer.batch.erase(Table::fl_rounds, fl_round_key(id, round));
  }
  for (const auto& token : coordinator_.tokens().all()) {
    if (token->fl && token->fl->job == id) writer.erase_token(token->id);
  }
  writer.batch.erase(Table::fl_jobs, id.view());
  announce(writer, job, job.round, "deleted");
  entries_.erase(id);
  return {};
}

// --- Changes

Result<FlJobs::Entry*> FlJobs::entry_of(const FlJobId& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return fail(Code::not_found, "there is no such FL job");
  return &found->second;
}

void FlJobs::put(Writer& writer, Entry& entry, FlJob job) {
  job.updated_at = writer.now;
  writer.batch.put(Table::fl_jobs, job.id.view(), encode(job));
  entry.job = std::make_shared<const FlJob>(std::move(job));
  entry.commit = writer.commit;
}

void FlJobs::put_update(Writer& writer, Entry& entry, FlUpdate update) {
  writer.batch.put(Table::fl_updates, fl_update_key(entry.job->id, update), encode(update));
  UpdateKey key{update.round, update.client};
  entry.updates.insert_or_assign(std::move(key), std::move(update));
  entry.commit = writer.commit;
}

void FlJobs::announce(Writer& writer, const FlJob& job, std::uint64_t round, std::string_view state,
                      std::string metrics) {
  writer.announce({.job = job.id.to_string(),
                   .round = round,
                   .state = std::string(state),
                   .owner = job.owner,
                   .metrics = std::move(metrics)});
}

}  // namespace vcp::coordinator
