// SPDX-License-Identifier: Apache-2.0
#include "fetcher.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "vcp/client/backoff.hpp"

namespace vcp::agent {

namespace {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr std::size_t kMaxDownloads = 4;
constexpr int kAttempts = 4;

/// Smaller downloads say more of the latency than of the bandwidth.
constexpr std::uint64_t kMeasuredBytes = 256 * 1024;

bool may_pass(Code code) {
  return code == Code::io || code == Code::timed_out || code == Code::unavailable ||
         code == Code::rate_limited || code == Code::corrupt;
}

}  // namespace

Fetcher::Fetcher(Executor executor, Link& link, DiskCache& cache, Ledger& ledger, Random& random,
                 std::function<void(std::size_t)> given_up)
    : executor_(executor),
      link_(link),
      cache_(cache),
      ledger_(ledger),
      random_(random),
      given_up_(std::move(given_up)) {}

std::optional<Fetcher::Content> Fetcher::attach_what_is_here(Held& held) {
  if (!held.module) held.module = cache_.find(held.lease.module_id);
  if (!held.module) return Content{ContentKind::module, held.lease.module_id};
  if (!held.lease.input_blob) return std::nullopt;
  if (!held.input_blob) held.input_blob = cache_.find(*held.lease.input_blob);
  if (!held.input_blob) return Content{ContentKind::blob, *held.lease.input_blob};
  return std::nullopt;
}

void Fetcher::provide(const HeldPtr& held) {
  auto missing = attach_what_is_here(*held);
  if (!missing) {
    ledger_.ready(held);
    return;
  }
  std::unique_lock lock(mutex_);
  if (stopped_) return;
  auto [waiting, first] = waiting_.try_emplace(missing->id);
  waiting->second.push_back(held);
  if (!first) return;
  wanted_.push_back(*missing);
  if (active_ == kMaxDownloads) return;
  ++active_;
  lock.unlock();
  asio::co_spawn(executor_, work_off(), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

std::optional<Fetcher::Content> Fetcher::next() {
  std::scoped_lock lock(mutex_);
  if (wanted_.empty()) {
    --active_;
    return std::nullopt;
  }
  Content content = wanted_.front();
  wanted_.pop_front();
  return content;
}

Async<void> Fetcher::work_off() {
  while (auto content = next()) {
    auto result = co_await fetch(*content);
    done(*content, result);
  }
}

Async<Result<>> Fetcher::fetch(Content content) {
  client::Backoff backoff(random_, std::chrono::milliseconds(200), std::chrono::seconds(5));
  for (int attempt = 1;; ++attempt) {
    auto result = co_await try_fetch(content);
    if (result || !may_pass(result.error().code) || attempt == kAttempts) co_return result;
    std::unique_lock lock(mutex_);
    if (stopped_) co_return result;
    lock.unlock();
    Timer timer(executor_, backoff.next());
    co_await timer.async_wait(use_async);
  }
}

Async<Result<>> Fetcher::try_fetch(Content content) {
  auto incoming = cache_.begin(content.id);
  if (!incoming) co_return std::unexpected(std::move(incoming.error()));
  std::uint64_t bytes = 0;
  const ByteSink sink = [&file = **incoming, &bytes](std::string_view part) {
    bytes += part.size();
    return file.append(part);
  };
  auto begin = std::chrono::steady_clock::now();
  auto downloaded = co_await link_.download(content.kind, content.id, sink);
  if (!downloaded) co_return downloaded;
  measured(bytes, std::chrono::steady_clock::now() - begin);
  co_return cache_.admit(content.id, **incoming);
}

void Fetcher::done(const Content& content, const Result<>& result) {
  std::unique_lock lock(mutex_);
  auto node = waiting_.extract(content.id);
  lock.unlock();
  if (!node) return;
  if (!result) {
    spdlog::warn("cannot fetch {}: {}", content.id.to_string(), result.error().message);
  }
  // A cache too small for what a task needs is this node's affair, not the task's.
  bool no_room = !result && result.error().code == Code::no_space;
  for (const HeldPtr& held : node.mapped()) {
    if (result) {
      provide(held);
    } else {
      ledger_.abandon(held, no_room ? Status::handed_back : Status::node_error,
                      "cannot fetch " + content.id.to_string() + ": " + result.error().message);
    }
  }
  given_up_(result ? 0 : node.mapped().size());
}

std::size_t Fetcher::active() const {
  std::scoped_lock lock(mutex_);
  return active_;
}

void Fetcher::stop() {
  std::scoped_lock lock(mutex_);
  stopped_ = true;
  wanted_.clear();
  waiting_.clear();
}

void Fetcher::measured(std::uint64_t bytes, std::chrono::duration<double> time) {
  if (bytes < kMeasuredBytes || time.count() <= 0) return;
  double mbps = static_cast<double>(bytes) * 8 / 1e6 / time.count();
  std::scoped_lock lock(mutex_);
  bandwidth_mbps_ = bandwidth_mbps_ ? 0.7 * *bandwidth_mbps_ + 0.3 * mbps : mbps;
}

std::optional<double> Fetcher::bandwidth_mbps() const {
  std::scoped_lock lock(mutex_);
  return bandwidth_mbps_;
}

}  // namespace vcp::agent
