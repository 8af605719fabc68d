// SPDX-License-Identifier: Apache-2.0
#include "sweeper.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/assert.hpp>

namespace vcp::http {
namespace {

std::int64_t wall_seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// Whether the client has closed its side, or the connection is broken.
bool is_gone(int descriptor) {
  pollfd poll_one{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
  return ::poll(&poll_one, 1, 0) > 0;
}

/// Ends the reads of a connection alone, so that it can still say why.
void expire(Watch& watch, int descriptor) {
  watch.read_by = Watch::kNever;
  watch.expired = true;
  ::shutdown(descriptor, SHUT_RD);
}

}  // namespace

Sweeper::Sweeper(Executor executor, std::chrono::milliseconds period)
    : period_(period), wall_seconds_(wall_seconds_now()), timer_(executor) {}

void Sweeper::start() { arm(); }

void Sweeper::stop() {
  const std::scoped_lock lock(timer_mutex_);
  stopped_ = true;
  timer_.cancel();
}

void Sweeper::arm() {
  const std::scoped_lock lock(timer_mutex_);
  if (stopped_) return;
  timer_.expires_after(period_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return;
    self->sweep();
    self->arm();
  });
}

void Sweeper::join(Watch& watch) {
  const std::scoped_lock lock(mutex_);
  watch.index_ = watches_.size();
  watches_.push_back(&watch);
}

void Sweeper::leave(Watch& watch) {
  const std::scoped_lock lock(mutex_);
  BOOST_ASSERT(watches_[watch.index_] == &watch);
  watches_[watch.index_] = watches_.back();
  watches_[watch.index_]->index_ = watch.index_;
  watches_.pop_back();
}

std::size_t Sweeper::size() const {
  const std::scoped_lock lock(mutex_);
  return watches_.size();
}

void Sweeper::sweep() {
  wall_seconds_ = wall_seconds_now();
  const std::int64_t now = steady_ms();
  const std::scoped_lock lock(mutex_);
  for (Watch* watch : watches_) {
    if (watch->write_by <= now) {
      watch->write_by = Watch::kNever;
      ::shutdown(watch->descriptor_, SHUT_RDWR);
    } else if (watch->read_by <= now) {
      expire(*watch, watch->descriptor_);
    }
    if (watch->endless && is_gone(watch->descriptor_)) watch->closing.set();
  }
}

void Sweeper::drain() {
  const std::scoped_lock lock(mutex_);
  for (Watch* watch : watches_) {
    if (watch->idle) ::shutdown(watch->descriptor_, SHUT_RD);
    watch->closing.set();
  }
}

void Sweeper::shutdown_all() {
  const std::scoped_lock lock(mutex_);
  for (Watch* watch : watches_) {
    ::shutdown(watch->descriptor_, SHUT_RDWR);
    watch->closing.set();
  }
}

}  // namespace vcp::http
