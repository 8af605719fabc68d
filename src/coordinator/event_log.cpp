// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/event_log.hpp"

#include <algorithm>
#include <iterator>

#include "vcp/base/big_endian.hpp"

namespace vcp::coordinator {

using store::Table;

namespace {

/// Events that one call may look at in search of matches.
constexpr std::size_t kMaxLooks = 10'000;

std::string key_of(std::uint64_t number) {
  std::string key;
  append_u64(key, number);
  return key;
}

}  // namespace

bool EventFilter::admits(const Event& event) const {
  const auto is_owned = [this](const std::string& by) { return !owner || *owner == by; };
  if (const auto* task = std::get_if<Event::OfTask>(&event.subject)) {
    return tasks && is_owned(task->owner);
  }
  if (const auto* round = std::get_if<Event::OfRound>(&event.subject)) {
    return rounds && is_owned(round->owner);
  }
  return nodes;
}

EventLog::EventLog(std::size_t keep) : keep_(std::max<std::size_t>(keep, 1)) {}

// --- Readers

EventLog::Page EventLog::read(std::uint64_t after, const EventFilter& filter,
                              std::size_t max) const {
  const std::shared_lock lock(mutex_);
  const std::uint64_t first = std::max(after + 1, first_);
  Page page{.events = {}, .reached = first - 1, .first = first};
  std::size_t looks = 0;
  for (std::uint64_t number = first; number <= shown_; ++number) {
    if (++looks > kMaxLooks || page.events.size() == max) break;
    const Event& event = events_[number - first_];
    if (filter.admits(event)) page.events.emplace_back(number, event);
    page.reached = number;
  }
  return page;
}

std::uint64_t EventLog::newest() const {
  const std::shared_lock lock(mutex_);
  return shown_;
}

EventLog::Subscription::Subscription(const EventLog& log, std::shared_ptr<Signal> more)
    : readers_(log.readers_), more_(std::move(more)) {
  const std::lock_guard lock(readers_->mutex);
  readers_->signals.insert(more_);
}

EventLog::Subscription::~Subscription() {
  const std::lock_guard lock(readers_->mutex);
  readers_->signals.erase(more_);
}

void EventLog::Subscription::count_dropped() { ++readers_->dropped; }

std::size_t EventLog::subscriptions() const {
  const std::lock_guard lock(readers_->mutex);
  return readers_->signals.size();
}

std::uint64_t EventLog::dropped_readers() const { return readers_->dropped; }

// --- The writer

Result<> EventLog::load(const store::Backend& backend) {
  Result<> damage;
  const auto visit = [&](std::string_view key, std::string_view bytes) {
    auto events = decode_events(bytes);
    const bool follows = key.size() == sizeof first_ &&
                         (events_.empty() || read_u64(key) == first_ + events_.size());
    if (!events || events->empty() || !follows) {
      damage = fail(Code::corrupt, "a stored list of events is damaged");
      return false;
    }
    if (events_.empty()) first_ = read_u64(key);
    records_.push_back(read_u64(key));
    add(std::move(*events));
    return true;
  };
  const Result<> scanned = backend.scan(Table::events, "", "", store::Order::ascending, visit);
  if (!scanned) return scanned;
  shown_ = first_ + events_.size() - 1;
  return damage;
}

std::uint64_t EventLog::append(store::Batch& batch, Events events) {
  const std::string record = encode(events);
  const std::unique_lock lock(mutex_);
  const std::uint64_t number = first_ + events_.size();
  batch.put(Table::events, key_of(number), record);
  records_.push_back(number);
  add(std::move(events));
  // The newest record stays in any case: the numbers go on from it.
  while (records_.size() > 1 && records_[1] <= first_) {
    batch.erase(Table::events, key_of(records_.front()));
    records_.pop_front();
  }
  return first_ + events_.size() - 1;
}

void EventLog::show(std::uint64_t newest) {
  {
    const std::unique_lock lock(mutex_);
    if (newest <= shown_) return;
    shown_ = newest;
  }
  const std::lock_guard lock(readers_->mutex);
  for (const auto& more : readers_->signals) more->set();
}

/// Adds them as the newest, and forgets as many of the oldest as are too many.
void EventLog::add(Events events) {
  std::ranges::move(events, std::back_inserter(events_));
  for (; events_.size() > keep_; ++first_) events_.pop_front();
}

}  // namespace vcp::coordinator
