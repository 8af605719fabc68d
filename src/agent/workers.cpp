// SPDX-License-Identifier: Apache-2.0
#include "workers.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

namespace vcp::agent {

namespace {

/// The niceness of a thread that runs tasks: a third of the weight of a thread of niceness 0.
constexpr int kNiceness = 5;

void rest(const std::stop_token& stop, Load::Seconds time) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [] { return false; });
}

Report run(const Execute& execute, const Held& held) {
  Job job{.lease = held.lease,
          .module = held.module->bytes(),
          .input = held.input(),
          .stop = held.stop.get_token()};
  Report report = execute(job);
  report.task_id = held.lease.task_id;
  report.epoch = held.lease.epoch;
  report.rank = held.lease.rank;
  return report;
}

}  // namespace

Workers::Workers(Options options, Ledger& ledger, Execute execute, OnFinished on_finished)
    : options_(options),
      ledger_(ledger),
      execute_(std::move(execute)),
      on_finished_(std::move(on_finished)) {
  for (std::uint32_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

void Workers::work(const std::stop_token& stop) {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);  // this thread only
  while (HeldPtr held = ledger_.take()) {
    auto begin = Held::Clock::now();
    Report report = run(execute_, *held);
    Load::Seconds busy = Held::Clock::now() - begin;
    Status status = report.status;
    bool first = ledger_.finish(held, std::move(report), busy * (1 + options_.rest));
    on_finished_(status, first);
    if (options_.rest > 0) rest(stop, busy * options_.rest);
  }
}

}  // namespace vcp::agent
