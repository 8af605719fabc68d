// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/agent.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <mutex>
#include <utility>

#include "breaker.hpp"
#include "disk_cache.hpp"
#include "fetcher.hpp"
#include "ledger.hpp"
#include "look_ahead.hpp"
#include "vcp/client/backoff.hpp"
#include "wakeup.hpp"
#include "workers.hpp"

namespace vcp::agent {

namespace {

using client::Backoff;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

constexpr seconds kWatchInterval{2};
constexpr milliseconds kShortestHeartbeat{200};

/// A lease that was to start soon and has waited for this long was misjudged: others may have it.
constexpr seconds kLongestWaiting{5};

/// What one request hands in.
constexpr std::size_t kMaxReports = 1024;
constexpr std::size_t kMaxReportBytes = 4 << 20;

/// How long results wait for more that are about to be there.
constexpr milliseconds kGatherTime{1};

/// How long results may still be handed in after the grace.
constexpr seconds kReportGrace{5};

/// Below this, averaged over about half a minute, a machine is idle.
constexpr double kIdleCpuPercent = 25;
constexpr double kIdleNewestWeight = 0.07;

/// The coordinator does not know the node (any more).
bool is_unknown(const Error& error) {
  return error.code == Code::unauthenticated || error.code == Code::not_found;
}

/// A registration that fails so will not succeed later.
bool is_final(const Error& error) {
  return error.code == Code::unauthenticated || error.code == Code::forbidden ||
         error.code == Code::conflict || error.code == Code::invalid ||
         error.code == Code::malformed || error.code == Code::not_found;
}

}  // namespace

class Agent::Impl {
 public:
  Impl(asio::io_context& io, AgentOptions options, Link& link, Execute execute, Machine& machine,
       const Clock& clock, Random& random, std::unique_ptr<DiskCache> cache);
  ~Impl() { ledger_.shut_down(); }

  Async<Result<>> run();
  void stop();
  AgentSummary summary() const;

 private:
  enum class Stage : std::uint8_t { running, draining, stopped };

  // The loops, one coroutine each, and what they are made of.
  void start(Async<void> loop);
  Async<void> poll();
  Async<void> hand_in();
  Async<void> keep_in_touch();
  Async<void> watch();

  Async<Result<>> register_node();
  Async<void> register_again();
  Async<void> drain();
  Async<void> pause(milliseconds time);

  std::uint32_t admitted() const;
  void accept(std::vector<Lease> leases);
  void settle(std::vector<Report>& reports, const std::vector<Settlement>& settlements);
  Heartbeat make_heartbeat() const;
  void apply(const HeartbeatReply& reply);
  milliseconds heartbeat_wait() const;
  void look_at_machine();
  void look_at_schedule(const Sample& sample);
  void set_paused(std::string reason);
  void run_finished(Status status, bool first);
  void given_up(std::size_t leases);
  void lost_registration();

  const Executor executor_;
  const AgentOptions options_;
  Link& link_;
  Machine& machine_;
  const Clock& clock_;
  Random& random_;
  const std::unique_ptr<DiskCache> cache_;
  Ledger ledger_;
  Fetcher fetcher_;

  std::atomic<Stage> stage_{Stage::running};
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> registered_{false};
  std::atomic<int> loops_{0};
  std::atomic<std::uint64_t> reported_{0};

  Wakeup stop_wakeup_;     // stop() was called, or the node was refused
  Wakeup room_wakeup_;     // there may be room for leases
  Wakeup report_wakeup_;   // there are finished results
  Wakeup touch_wakeup_;    // a heartbeat is due now
  Wakeup watch_wakeup_;    // the watch should look at its stage
  Wakeup settled_wakeup_;  // something ended, for the drain

  mutable std::mutex mutex_;  // guards what follows
  Breaker breaker_;
  Sample sample_;
  double others_cpu_percent_;
  std::optional<double> latency_ms_;
  std::optional<milliseconds> lease_time_;
  std::string paused_;
  std::optional<Error> refused_;

  Workers workers_;  // last: its threads use the rest
};

Agent::Impl::Impl(asio::io_context& io, AgentOptions options, Link& link, Execute execute,
                  Machine& machine, const Clock& clock, Random& random,
                  std::unique_ptr<DiskCache> cache)
    : executor_(io.get_executor()),
      options_(std::move(options)),
      link_(link),
      machine_(machine),
      clock_(clock),
      random_(random),
      cache_(std::move(cache)),
      ledger_({.slots = options_.registration.slots,
               .threads = options_.threads,
               .memory_mb = options_.memory_mb}),
      fetcher_(executor_, link_, *cache_, ledger_, random_,
               [this](std::size_t leases) { given_up(leases); }),
      stop_wakeup_(executor_),
      room_wakeup_(executor_),
      report_wakeup_(executor_),
      touch_wakeup_(executor_),
      watch_wakeup_(executor_),
      settled_wakeup_(executor_),
      breaker_({.max_temperature_c = options_.registration.max_temperature_c.value_or(
                    BreakerLimits().max_temperature_c),
                .max_consecutive_errors = options_.registration.max_consecutive_errors.value_or(
                    BreakerLimits().max_consecutive_errors)}),
      others_cpu_percent_(100),
      workers_({.threads = options_.threads, .rest = options_.rest}, ledger_, std::move(execute),
               [this](Status status, bool first) { run_finished(status, first); }) {}

Async<Result<>> Agent::Impl::run() {
  auto registered = co_await register_node();
  if (!registered) co_return registered;
  if (stop_requested_) co_return Result<>();
  start(watch());
  start(keep_in_touch());
  start(poll());
  start(hand_in());
  while (!stop_requested_) co_await stop_wakeup_.wait(std::chrono::minutes(1));
  co_await drain();
  std::scoped_lock lock(mutex_);
  if (refused_) co_return std::unexpected(*refused_);
  co_return Result<>();
}

void Agent::Impl::start(Async<void> loop) {
  ++loops_;
  asio::co_spawn(executor_, std::move(loop), [this](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
    --loops_;
    settled_wakeup_.notify();
  });
}

void Agent::Impl::stop() {
  stop_requested_ = true;
  stop_wakeup_.notify();
  touch_wakeup_.notify();
}

Async<void> Agent::Impl::pause(milliseconds time) {
  Timer timer(executor_, time);
  co_await timer.async_wait(use_async);
}

// Registration

Async<Result<>> Agent::Impl::register_node() {
  Backoff backoff(random_, milliseconds(200), seconds(5));
  while (!stop_requested_) {
    auto registered = co_await link_.register_node(options_.registration);
    if (registered) {
      registered_ = true;
      spdlog::info("registered as {}", options_.registration.node_id);
      co_return registered;
    }
    if (is_final(registered.error())) co_return registered;
    spdlog::warn("cannot register, will try again: {}", registered.error().message);
    co_await touch_wakeup_.wait(backoff.next());
  }
  co_return Result<>();
}

/// Epochs from before are stale after a registration, so what is held is dropped first.
Async<void> Agent::Impl::register_again() {
  spdlog::warn("the coordinator does not know this node any more: registering again");
  ledger_.cancel_all();
  auto registered = co_await register_node();
  if (!registered) {
    std::unique_lock lock(mutex_);
    refused_ = std::move(registered.error());
    lock.unlock();
    stop();
  }
  room_wakeup_.notify();
}

void Agent::Impl::lost_registration() {
  registered_ = false;
  touch_wakeup_.notify();
}

// Leases

std::uint32_t Agent::Impl::admitted() const {
  Load load = ledger_.load();
  std::scoped_lock lock(mutex_);
  if (!paused_.empty()) return 0;
  auto unfinished = static_cast<std::uint32_t>(load.running.size()) + load.waiting;
  return breaker_.admits(leases_to_ask_for(load), unfinished, clock_.now());
}

Async<void> Agent::Impl::poll() {
  Backoff backoff(random_, milliseconds(100), seconds(2));
  while (stage_ == Stage::running) {
    std::uint32_t wanted = registered_ ? admitted() : 0;
    if (wanted == 0) {
      co_await room_wakeup_.wait(seconds(1));
      continue;
    }
    auto leases = co_await link_.lease(wanted, options_.poll_wait);
    if (leases) {
      backoff.reset();
      accept(std::move(*leases));
    } else if (stage_ == Stage::running) {
      if (is_unknown(leases.error())) lost_registration();
      spdlog::debug("no leases: {}", leases.error().message);
      co_await pause(backoff.next());
    }
  }
}

void Agent::Impl::accept(std::vector<Lease> leases) {
  auto now = clock_.now();
  std::optional<milliseconds> shortest;
  for (Lease& lease : leases) {
    milliseconds time = lease.deadline - now;
    // One that is over already tells only that the clocks differ.
    if (time.count() > 0) shortest = std::min(shortest.value_or(time), time);
    if (auto held = ledger_.accept(std::move(lease))) fetcher_.provide(held);
  }
  if (!summary().paused.empty()) ledger_.hand_back_not_begun();  // asked for before the pause
  if (ledger_.has_finished()) report_wakeup_.notify();           // what was handed back at once
  if (!shortest) return;
  auto before = heartbeat_wait();
  {
    std::scoped_lock lock(mutex_);
    lease_time_ = shortest;
  }
  if (heartbeat_wait() < before) touch_wakeup_.notify();
}

// Results

void Agent::Impl::run_finished(Status status, bool first) {
  if (status != Status::cancelled) {
    std::scoped_lock lock(mutex_);
    status == Status::node_error ? breaker_.failed(clock_.now()) : breaker_.succeeded();
  }
  if (first) report_wakeup_.notify();
  if (stage_ != Stage::running) settled_wakeup_.notify();
}

/// Content that cannot be had is an error of the node, be it only that its disk is full.
void Agent::Impl::given_up(std::size_t leases) {
  {
    std::scoped_lock lock(mutex_);
    for (; leases > 0; --leases) breaker_.failed(clock_.now());
  }
  report_wakeup_.notify();
  settled_wakeup_.notify();
}

Async<void> Agent::Impl::hand_in() {
  Backoff backoff(random_, milliseconds(100), seconds(2));
  std::vector<Report> reports;
  while (true) {
    if (ledger_.more_to_finish_soon()) co_await pause(kGatherTime);
    if (reports.empty()) reports = ledger_.take_finished(kMaxReports, kMaxReportBytes);
    if (reports.empty()) {
      if (stage_ == Stage::stopped) break;
      co_await report_wakeup_.wait(seconds(5));
      continue;
    }
    room_wakeup_.notify();  // their threads are free
    auto settlements = co_await link_.report(reports);
    if (settlements) {
      settle(reports, *settlements);
      room_wakeup_.notify();
      settled_wakeup_.notify();
    } else if (is_unknown(settlements.error())) {
      lost_registration();
    } else {
      spdlog::warn("results not handed in, will try again: {}", settlements.error().message);
    }
    if (reports.empty()) {
      backoff.reset();
    } else {
      if (stage_ == Stage::stopped) break;
      co_await pause(backoff.next());
    }
  }
}

/// Leaves in `reports` what has to be sent again.
void Agent::Impl::settle(std::vector<Report>& reports, const std::vector<Settlement>& settlements) {
  std::vector<Report> again;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    Report& report = reports[i];
    Settlement settlement = i < settlements.size() ? settlements[i] : Settlement::deferred;
    if (settlement == Settlement::deferred) {
      again.push_back(std::move(report));
      continue;
    }
    ledger_.settle(report.epoch);
    if (settlement == Settlement::accepted) ++reported_;
    if (settlement == Settlement::refused) {
      spdlog::error("the result of {} was refused", report.task_id);
    }
  }
  reports = std::move(again);
}

// Heartbeats

Async<void> Agent::Impl::keep_in_touch() {
  Backoff backoff(random_, milliseconds(200), seconds(5));
  while (stage_ != Stage::stopped) {
    if (!registered_) {
      co_await register_again();
      if (!registered_) break;
    }
    Heartbeat beat = make_heartbeat();
    auto begin = Steady::now();
    auto reply = co_await link_.heartbeat(beat);
    if (reply) {
      std::chrono::duration<double, std::milli> latency = Steady::now() - begin;
      {
        std::scoped_lock lock(mutex_);
        latency_ms_ = latency_ms_ ? 0.7 * *latency_ms_ + 0.3 * latency.count() : latency.count();
      }
      apply(*reply);
      backoff.reset();
      co_await touch_wakeup_.wait(heartbeat_wait());
    } else if (is_unknown(reply.error())) {
      lost_registration();
    } else {
      spdlog::warn("no heartbeat: {}", reply.error().message);
      auto wait = std::min(heartbeat_wait(), backoff.next());
      co_await touch_wakeup_.wait(wait);
    }
  }
}

Heartbeat Agent::Impl::make_heartbeat() const {
  Heartbeat beat{.leases = ledger_.renewals()};
  auto measured = fetcher_.bandwidth_mbps();
  std::scoped_lock lock(mutex_);
  double configured = options_.registration.bandwidth_mbps;
  beat.telemetry = {.bandwidth_mbps = measured ? std::min(*measured, configured) : configured,
                    .avg_latency_ms = latency_ms_,
                    .cpu_usage_percent = sample_.cpu_percent,
                    .memory_usage_percent = sample_.memory_percent,
                    .temperature_c = sample_.temperature_c,
                    .power_watts = sample_.power_watts};
  return beat;
}

void Agent::Impl::apply(const HeartbeatReply& reply) {
  for (const auto& [task_id, epoch] : reply.cancelled) {
    spdlog::debug("lease {} of {} was taken back", std::to_underlying(epoch), task_id);
    ledger_.cancel(epoch);
  }
  if (!reply.cancelled.empty()) room_wakeup_.notify();
}

/// A third of the time that leases last, so that two heartbeats may be lost.
milliseconds Agent::Impl::heartbeat_wait() const {
  std::scoped_lock lock(mutex_);
  auto wait = options_.heartbeat_interval;
  if (lease_time_) wait = std::min(wait, *lease_time_ / 3);
  return std::max(wait, kShortestHeartbeat);
}

// The machine and its owner's bounds

Async<void> Agent::Impl::watch() {
  while (stage_ == Stage::running) {
    look_at_machine();
    ledger_.hand_back_ready_before(Held::Clock::now() - kLongestWaiting);
    if (ledger_.has_finished()) report_wakeup_.notify();
    co_await watch_wakeup_.wait(kWatchInterval);
  }
}

void Agent::Impl::look_at_machine() {
  Sample sample = machine_.sample(Steady::now());
  std::unique_lock lock(mutex_);
  // The counters are too coarse for two looks in a row; what they told before is kept then.
  if (!sample.cpu_percent) sample.cpu_percent = sample_.cpu_percent;
  if (!sample.power_watts) sample.power_watts = sample_.power_watts;
  double others = sample.others_cpu_percent.value_or(others_cpu_percent_);
  others_cpu_percent_ += kIdleNewestWeight * (others - others_cpu_percent_);
  sample_ = sample;
  breaker_.measured(sample.temperature_c, clock_.now());

  Moment moment{
      .time_of_day = local_time_of_day(std::chrono::floor<seconds>(clock_.now())),
      .idle = others_cpu_percent_ < kIdleCpuPercent,
      .on_mains = machine_.on_mains(),
  };
  std::string reason = breaker_.reason(clock_.now());
  lock.unlock();
  if (!options_.schedule.allows(moment)) reason = "outside of its owner's hours";
  set_paused(reason);
}

void Agent::Impl::set_paused(std::string reason) {
  std::unique_lock lock(mutex_);
  if (reason == paused_) return;
  spdlog::info("{}", reason.empty() ? "takes work" : "takes no work: " + reason);
  paused_ = std::move(reason);
  bool paused = !paused_.empty();
  lock.unlock();
  if (!paused) {
    room_wakeup_.notify();
    return;
  }
  ledger_.hand_back_not_begun();
  report_wakeup_.notify();
}

// The end

Async<void> Agent::Impl::drain() {
  stage_ = Stage::draining;
  ledger_.close();
  ledger_.hand_back_not_begun();
  fetcher_.stop();
  link_.interrupt();
  for (Wakeup* wakeup : {&room_wakeup_, &report_wakeup_, &watch_wakeup_}) wakeup->notify();

  auto until = Steady::now() + options_.grace;
  while (ledger_.running() > 0 && Steady::now() < until) {
    auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
    co_await settled_wakeup_.wait(left);
  }
  ledger_.hand_back_running();
  until = Steady::now() + kReportGrace;
  while (ledger_.size() > 0 && registered_ && Steady::now() < until) {
    co_await settled_wakeup_.wait(milliseconds(100));
  }

  stage_ = Stage::stopped;
  for (Wakeup* wakeup : {&report_wakeup_, &touch_wakeup_}) wakeup->notify();
  while (loops_ > 0 || fetcher_.active() > 0) {
    link_.interrupt();  // again: a request may have begun just after the last time
    co_await settled_wakeup_.wait(milliseconds(100));
  }

  // What was granted while the last request for leases broke off is placed again at once, instead
  // of at its deadline.
  if (!registered_) co_return;
  auto left_behind = co_await link_.register_node(options_.registration);
  if (!left_behind) spdlog::debug("leaving: {}", left_behind.error().message);
}

AgentSummary Agent::Impl::summary() const {
  AgentSummary summary{.registered = registered_,
                       .running = ledger_.running(),
                       .held = ledger_.size(),
                       .reported = reported_};
  std::scoped_lock lock(mutex_);
  summary.paused = paused_;
  return summary;
}

Result<std::unique_ptr<Agent>> Agent::create(asio::io_context& io, AgentOptions options, Link& link,
                                             Execute execute, Machine& machine, const Clock& clock,
                                             Random& random) {
  auto cache = DiskCache::open(options.cache_directory, options.cache_bytes);
  if (!cache) return std::unexpected(std::move(cache.error()));
  auto impl = std::make_unique<Impl>(io, std::move(options), link, std::move(execute), machine,
                                     clock, random, std::move(*cache));
  return std::unique_ptr<Agent>(new Agent(std::move(impl)));
}

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Agent::~Agent() = default;

Async<Result<>> Agent::run() { return impl_->run(); }
void Agent::stop() { impl_->stop(); }
AgentSummary Agent::summary() const { return impl_->summary(); }

}  // namespace vcp::agent
