// SPDX-License-Identifier: Apache-2.0
#include "ledger.hpp"

#include <algorithm>
#include <utility>

namespace vcp::agent {

namespace {

/// The weight of the newest task in what a task takes of late.
constexpr double kNewestWeight = 0.2;

/// Tasks as short as this end by the dozen while a request is on its way.
constexpr Load::Seconds kShortTask{2e-4};

/// The part of the slots that is many.
constexpr std::size_t kManyDivisor = 4;

std::optional<double> progress_of(const Held& held, Held::Clock::time_point now) {
  if (held.state == Held::State::finished) return 1;
  if (held.state != Held::State::running || held.lease.max_execution_time.count() <= 0) {
    return std::nullopt;
  }
  Load::Seconds elapsed = now - held.since;
  return std::clamp(elapsed / Load::Seconds(held.lease.max_execution_time), 0.0, 1.0);
}

}  // namespace

void Ledger::enter(Held& held, Held::State state) {
  held.state = state;
  held.since = Held::Clock::now();
}

HeldPtr Ledger::accept(Lease lease) {
  auto held = std::make_shared<Held>();
  held->lease = std::move(lease);
  std::scoped_lock lock(mutex_);
  enter(*held, Held::State::fetching);
  held_.insert_or_assign(held->lease.epoch, held);
  if (closed_) {
    end(held, Status::handed_back, "the node stops");
  } else if (held->lease.wants_proof) {
    end(held, Status::handed_back, "this node makes no proofs");
  } else if (held->lease.limits.memory_mb > bounds_.memory_mb) {
    end(held, Status::handed_back, "needs more memory than this node gives to tasks");
  } else {
    return held;
  }
  return nullptr;
}

void Ledger::ready(const HeldPtr& held) {
  std::scoped_lock lock(mutex_);
  if (held->state != Held::State::fetching || held->discarded) return;
  enter(*held, Held::State::waiting);
  waiting_.push_back(held);
  startable_.notify_one();
}

void Ledger::abandon(const HeldPtr& held, Status status, std::string detail) {
  std::scoped_lock lock(mutex_);
  if (held->state != Held::State::fetching || held->discarded) return;
  end(held, status, std::move(detail));
}

bool Ledger::can_start() const {
  return !waiting_.empty() &&
         running_memory_mb_ + waiting_.front()->lease.limits.memory_mb <= bounds_.memory_mb;
}

HeldPtr Ledger::take() {
  std::unique_lock lock(mutex_);
  startable_.wait(lock, [this] { return shut_down_ || can_start(); });
  if (shut_down_) return nullptr;
  auto held = std::move(waiting_.front());
  waiting_.pop_front();
  enter(*held, Held::State::running);
  running_.push_back(held);
  running_memory_mb_ += held->lease.limits.memory_mb;
  return held;
}

bool Ledger::finish(const HeldPtr& held, Report report, Load::Seconds thread_time) {
  std::scoped_lock lock(mutex_);
  std::erase(running_, held);
  running_memory_mb_ -= held->lease.limits.memory_mb;
  startable_.notify_one();
  double previous = per_task_.value_or(thread_time).count();
  per_task_ = Load::Seconds(previous + kNewestWeight * (thread_time.count() - previous));
  if (held->discarded) return false;
  if (held->hand_back && report.status == Status::cancelled) {
    end(held, Status::handed_back, "the node stops");
  } else {
    enter(*held, Held::State::finished);
    held->report = std::move(report);
    finished_.push_back(held);
  }
  return finished_.size() == 1;
}

void Ledger::end(const HeldPtr& held, Status status, std::string detail) {
  enter(*held, Held::State::finished);
  held->report = Report{.task_id = held->lease.task_id,
                        .epoch = held->lease.epoch,
                        .rank = held->lease.rank,
                        .status = status,
                        .detail = std::move(detail)};
  finished_.push_back(held);
}

std::vector<Report> Ledger::take_finished(std::size_t max_count, std::size_t max_bytes) {
  std::vector<Report> reports;
  std::size_t bytes = 0;
  std::scoped_lock lock(mutex_);
  while (!finished_.empty() && reports.size() < max_count) {
    Report& next = *finished_.front()->report;
    bytes += next.output.size() + next.log.size();
    if (!reports.empty() && bytes > max_bytes) break;
    reports.push_back(std::move(next));
    finished_.front()->report.reset();
    finished_.pop_front();
  }
  return reports;
}

bool Ledger::more_to_finish_soon() const {
  std::scoped_lock lock(mutex_);
  return !waiting_.empty() && per_task_ && *per_task_ <= kShortTask &&
         finished_.size() < bounds_.slots / kManyDivisor;
}

void Ledger::settle(Epoch epoch) {
  std::scoped_lock lock(mutex_);
  held_.erase(epoch);
}

void Ledger::cancel(Epoch epoch) {
  std::scoped_lock lock(mutex_);
  auto found = held_.find(epoch);
  // The answer to a result on its way settles it.
  if (found == held_.end() || found->second->state == Held::State::finished) return;
  auto held = found->second;
  discard(held);
}

void Ledger::cancel_all() {
  std::scoped_lock lock(mutex_);
  auto all = std::exchange(held_, {});
  finished_.clear();
  for (auto& [epoch, held] : all) {
    if (held->state != Held::State::finished) discard(held);
  }
}

void Ledger::discard(const HeldPtr& held) {
  held->discarded = true;
  held->stop.request_stop();
  if (held->state == Held::State::waiting) drop_waiting(held);
  held_.erase(held->lease.epoch);
}

void Ledger::drop_waiting(const HeldPtr& held) {
  std::erase(waiting_, held);
  startable_.notify_one();  // what stood behind it may fit
}

void Ledger::hand_back_not_begun() {
  std::scoped_lock lock(mutex_);
  std::vector<HeldPtr> leases;
  for (const auto& [epoch, held] : held_) {
    bool begun = held->state == Held::State::running || held->state == Held::State::finished;
    if (!begun) leases.push_back(held);
  }
  hand_back(leases);
}

void Ledger::hand_back_ready_before(Held::Clock::time_point time) {
  std::scoped_lock lock(mutex_);
  std::vector<HeldPtr> leases;
  for (const HeldPtr& held : waiting_) {
    if (held->since < time) leases.push_back(held);
  }
  hand_back(leases);
}

void Ledger::hand_back(const std::vector<HeldPtr>& leases) {
  for (const HeldPtr& held : leases) {
    if (held->state == Held::State::waiting) drop_waiting(held);
    end(held, Status::handed_back, "the node does not come to it");
  }
}

void Ledger::hand_back_running() {
  std::scoped_lock lock(mutex_);
  for (const auto& held : running_) {
    held->hand_back = true;
    held->stop.request_stop();
  }
}

void Ledger::close() {
  std::scoped_lock lock(mutex_);
  closed_ = true;
}

void Ledger::shut_down() {
  std::scoped_lock lock(mutex_);
  shut_down_ = true;
  startable_.notify_all();
}

Load Ledger::load() const {
  std::scoped_lock lock(mutex_);
  Load load{.slots = bounds_.slots,
            .threads = bounds_.threads,
            .held = static_cast<std::uint32_t>(held_.size()),
            .per_task = per_task_};
  auto now = Held::Clock::now();
  for (const auto& held : running_) load.running.emplace_back(now - held->since);
  std::size_t fetching_or_waiting = 0;
  for (const auto& [epoch, held] : held_) {
    if (held->state == Held::State::fetching || held->state == Held::State::waiting) {
      ++fetching_or_waiting;
    }
  }
  load.waiting = static_cast<std::uint32_t>(fetching_or_waiting);
  return load;
}

std::vector<Renewal> Ledger::renewals() const {
  std::vector<Renewal> renewals;
  std::scoped_lock lock(mutex_);
  auto now = Held::Clock::now();
  renewals.reserve(held_.size());
  for (const auto& [epoch, held] : held_) {
    renewals.push_back({held->lease.task_id, epoch, progress_of(*held, now)});
  }
  return renewals;
}

std::size_t Ledger::size() const {
  std::scoped_lock lock(mutex_);
  return held_.size();
}

std::size_t Ledger::running() const {
  std::scoped_lock lock(mutex_);
  return running_.size();
}

bool Ledger::has_finished() const {
  std::scoped_lock lock(mutex_);
  return !finished_.empty();
}

}  // namespace vcp::agent
