// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <algorithm>

#include "program.hpp"

namespace vcp::sim {

using coordinator::Coordinator;
using mesh::LeaseName;
using mesh::NodePtr;
using mesh::Offer;
using mesh::Outcome;
using mesh::TaskPtr;
using Writer = Coordinator::Writer;

namespace {

constexpr Duration kPatience{5'000};
constexpr Duration kPollWait{10'000};
constexpr Duration kBeat{3'000};
constexpr int kTries = 5;

}  // namespace

Machine::Machine(const Stage& stage, mesh::Registration registration, Character character)
    : stage_(stage), registration_(std::move(registration)), character_(character) {}

template <class... Args>
auto Machine::mine(std::function<void(Args...)> action) {
  return [this, life = life_, action = std::move(action)](Args... args) {
    if (life != life_) return;
    if (frozen_until_ <= stage_.schedule.now()) return action(std::move(args)...);
    stage_.schedule.at(frozen_until_, [this, life, action, args...] {
      if (life == life_) action(args...);
    });
  };
}

void Machine::later(Duration delay, std::function<void()> action) {
  stage_.schedule.after(delay, mine(std::move(action)));
}

// --- Its life

void Machine::switch_on() {
  if (std::exchange(on_, true)) return;
  sign_up();
}

void Machine::switch_off() {
  ++life_;
  on_ = signed_up_ = asking_ = false;
  runs_.clear();
}

void Machine::freeze(Duration time) { frozen_until_ = stage_.schedule.now() + time; }

void Machine::sign_up() {
  signed_up_ = false;
  const auto command = [registration = registration_, again = known_](Coordinator& server) {
    return server.apply<NodePtr>([=](Writer& writer) mutable {
      return writer.core.register_node(writer.now, std::move(registration), again);
    });
  };
  const std::function<void(Result<NodePtr>)> then = [this](const Result<NodePtr>& answer) {
    if (answer) {
      known_ = signed_up_ = true;
      runs_.clear();
      beat();
      return ask();
    }
    if (answer.error().code == Code::conflict) known_ = true;
    if (answer.error().code == Code::not_found) known_ = false;
    later(stage_.up_to(1'000), [this] { sign_up(); });
  };
  stage_.network.call<NodePtr>({.operation = command}, kPatience, mine(then));
}

void Machine::beat() {
  if (!signed_up_) return;
  std::vector<LeaseName> leases;
  for (const auto& [epoch, run] : runs_) {
    if (run.told) leases.push_back({run.offer.task->id, epoch, stage_.random.uniform()});
  }
  const auto command = [id = id(), telemetry = measure(), leases](Coordinator& server) {
    return server.apply<mesh::HeartbeatReply>(
        [=](Writer& writer) { return writer.core.heartbeat(writer.now, id, telemetry, leases); });
  };
  using Reply = Result<mesh::HeartbeatReply>;
  const std::function<void(Reply)> then = [this](const Reply& reply) {
    if (!reply) {
      if (reply.error().code == Code::not_found && signed_up_) sign_up();
      return;
    }
    for (const LeaseName& cancelled : reply->cancelled) {
      if (!stage_.chance(character_.silent)) runs_.erase(cancelled.epoch);
    }
  };
  stage_.network.call<mesh::HeartbeatReply>({.operation = command}, kPatience, mine(then));
  later(kBeat, [this] { beat(); });
}

mesh::Telemetry Machine::measure() const {
  const bool hot = character_.overheats && stage_.chance(0.2);
  return {.avg_latency_ms = 1 + 50 * stage_.random.uniform(),
          .cpu_usage_percent = 100 * stage_.random.uniform(),
          .memory_usage_percent = 50,
          .temperature_c = hot ? 95 : 50};
}

// --- Work

void Machine::ask() {
  if (!signed_up_ || asking_ || runs_.size() >= registration_.slots) return;
  asking_ = true;
  using Offers = std::vector<Offer>;
  const auto free = static_cast<std::uint32_t>(registration_.slots - runs_.size());
  const Network::Request<Offers> request{
      .operation = [id = id(),
                    free](Coordinator& server) { return server.lease(id, free, kPollWait); },
      .arrives = [this] { stage_.promises.asked(id()); },
      .answered =
          [this](const Result<Offers>& offers) {
            stage_.promises.answered(id());
            if (offers) stage_.promises.offered(*offers);
          }};
  const std::function<void(Result<Offers>)> then = [this](const Result<Offers>& offers) {
    asking_ = false;
    if (offers) {
      for (const Offer& offer : *offers) begin(offer);
    } else if (offers.error().code == Code::not_found) {
      return sign_up();
    }
    later(stage_.up_to(offers ? 10 : 1'000), [this] { ask(); });
  };
  stage_.network.call<Offers>(request, kPollWait + kPatience, mine(then));
}

void Machine::begin(const Offer& offer) {
  const Epoch epoch = offer.lease.epoch;
  const bool told = !stage_.chance(character_.silent);
  runs_.insert_or_assign(epoch, Run{.offer = offer, .told = told});
  if (character_.forges) forge(offer);
  const std::uint64_t limit = offer.task->spec->requirements.max_execution_time_sec * 1'000;
  Duration takes = stage_.up_to(stage_.chance(0.1) ? limit : 2'000);
  if (!told) takes = stage_.up_to(2 * limit);
  if (stage_.chance(character_.dawdles)) takes = Duration(limit) + stage_.up_to(100'000);
  later(takes, [this, epoch] { finish(epoch); });
}

void Machine::finish(Epoch epoch) {
  const auto run = runs_.find(epoch);
  if (run == runs_.end()) return;
  tell(answer(run->second.offer), kTries);
}

mesh::Report Machine::answer(const Offer& offer) {
  mesh::Report report = run_program(*offer.task, offer.lease.rank);
  if (stage_.chance(character_.fails)) {
    constexpr std::array kFaults{Outcome::node_error, Outcome::handed_back, Outcome::timeout};
    report = with_output(std::move(report), "");
    report.outcome = kFaults[stage_.random.below(kFaults.size())];
  } else if (stage_.chance(character_.how_often)) {
    report.outcome = Outcome::ok;
    const std::string of_task = offer.task->spec->input.bytes + std::to_string(offer.lease.rank);
    switch (character_.lies) {
      case Character::Lies::never:
        break;
      case Character::Lies::always_so:
        report = with_output(std::move(report), "lie of " + id().value);
        break;
      case Character::Lies::at_random:
        report = with_output(std::move(report), "lie " + std::to_string(stage_.random.next()));
        break;
      case Character::Lies::in_league:
        report = with_output(std::move(report), "league lie on " + of_task);
        break;
    }
  }
  report.task = offer.task->id;
  report.node = id();
  report.epoch = offer.lease.epoch;
  report.rank = offer.lease.rank;
  return report;
}

/// Tells results of leases that are other nodes', or nobody's.
void Machine::forge(const Offer& offer) {
  mesh::Report report = answer(offer);
  report.outcome = Outcome::ok;
  const std::uint64_t epoch = std::to_underlying(offer.lease.epoch);
  report.epoch = Epoch{epoch + 3 - stage_.random.below(6)};
  if (report.epoch == offer.lease.epoch) report.rank = offer.lease.rank + 1;
  tell(report, 1);
}

void Machine::tell(const mesh::Report& report, int tries) {
  const Network::Request<TaskPtr> request{
      .operation =
          [report](Coordinator& server) {
            return server.apply<TaskPtr>(
                [report](Writer& writer) { return writer.report(report); });
          },
      .answered =
          [this, report](const Result<TaskPtr>& taken) {
            if (!taken) return;
            stage_.promises.took_report(report);
            stage_.promises.showed(**taken);
          }};
  const std::function<void(Result<TaskPtr>)> then = [=, this](const Result<TaskPtr>& taken) {
    const bool unheard =
        !taken && (taken.error().code == Code::timed_out || taken.error().code == Code::io);
    if (unheard && tries > 1) return later(Duration(500), [=, this] { tell(report, tries - 1); });
    runs_.erase(report.epoch);
    ask();
  };
  stage_.network.call<TaskPtr>(request, kPatience, mine(then));
}

}  // namespace vcp::sim
