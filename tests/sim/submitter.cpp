// SPDX-License-Identifier: Apache-2.0
#include "submitter.hpp"

#include <array>

namespace vcp::sim {

using coordinator::Coordinator;
using coordinator::Created;
using mesh::Strategy;
using mesh::TaskPtr;
using mesh::TaskSpec;
using mesh::VerificationMode;
using Writer = Coordinator::Writer;

namespace {

constexpr Duration kPatience{3'000};
constexpr int kTries = 20;

Async<Result<Created>> create(Coordinator& server, const TaskSpec& spec) {
  const coordinator::Once once{
      .owner = spec.owner, .key = spec.input.bytes, .request = sha256(spec.input.bytes)};
  return server.create(once, [spec](Writer& writer) -> Result<Coordinator::Render> {
    const auto task = writer.submit(spec);
    if (!task) return std::unexpected(task.error());
    const std::string id = (*task)->id.to_string();
    return [id] { return coordinator::Answer{.status = 201, .body = "", .subject = id}; };
  });
}

}  // namespace

Submitter::Submitter(const Stage& stage, std::string owner, const Tastes& tastes)
    : stage_(stage), owner_(std::move(owner)), tastes_(tastes) {}

void Submitter::go_on() {
  if (stopped_) return;
  submit(make_spec(owner_ + "/" + std::to_string(++made_)), kTries);
  stage_.schedule.after(stage_.up_to(static_cast<std::uint64_t>(tastes_.pause.count())),
                        [this] { go_on(); });
}

TaskSpec Submitter::make_spec(std::string key) const {
  Random& random = stage_.random;
  TaskSpec spec;
  spec.owner = owner_;
  spec.input.size = key.size();
  spec.input.bytes = std::move(key);
  spec.requirements.max_execution_time_sec = 5 + static_cast<std::uint32_t>(random.below(15));
  spec.max_retries = static_cast<std::uint32_t>(random.below(5));
  if (stage_.chance(tastes_.varied)) {
    spec.priority = static_cast<std::uint8_t>(random.below(10));
    spec.limits.memory_mb = 256U << random.below(4);
    constexpr std::array kStrategies{Strategy::weighted, Strategy::round_robin,
                                     Strategy::least_loaded, Strategy::latency_aware,
                                     Strategy::spread};
    spec.strategy = kStrategies[random.below(kStrategies.size())];
  }
  if (stage_.chance(tastes_.gangs)) {
    spec.requirements.min_nodes = 2 + static_cast<std::uint32_t>(random.below(2));
  }
  if (stage_.chance(tastes_.picky)) {
    spec.requirements.require_gpu = random.below(2) == 0;
    if (random.below(2) == 0) spec.requirements.regions = {random.below(2) == 0 ? "eu" : "us"};
  }
  if (stage_.chance(tastes_.quorums)) {
    spec.verification.mode = VerificationMode::quorum;
    spec.verification.agree = 2 + static_cast<std::uint32_t>(random.below(2));
    spec.verification.max_replicas = spec.verification.agree + 2;
    spec.verification.adaptive = random.below(2) == 0;
  } else if (stage_.chance(tastes_.automatic)) {
    spec.verification.mode = VerificationMode::automatic;
    spec.verification.max_wrong = random.below(2) == 0 ? 0.1 : 1e-4;
  } else if (stage_.chance(tastes_.rechecks)) {
    spec.verification.mode = VerificationMode::recheck;
    spec.verification.probability = random.below(2) == 0 ? 1 : 0.5;
  }
  return spec;
}

void Submitter::submit(const TaskSpec& spec, int tries) {
  const std::string key = spec.input.bytes;
  const Network::Request<Created> request{
      .operation = [spec](Coordinator& server) { return create(server, spec); },
      .answered =
          [this, key](const Result<Created>& created) {
            if (created) {
              stage_.promises.submitted(TaskId::parse(created->answer.subject).value(), key);
            } else if (created.error().code == Code::rate_limited) {
              stage_.promises.refused_by_quota(owner_);
            }
          }};
  stage_.network.call<Created>(request, kPatience, [=, this](const Result<Created>& created) {
    if (!created) {
      const bool final_answer = created.error().code == Code::rate_limited;
      if (final_answer || tries == 1) return;
      return stage_.schedule.after(Duration(200), [=, this] { submit(spec, tries - 1); });
    }
    const TaskId id = TaskId::parse(created->answer.subject).value();
    if (stage_.chance(tastes_.cancels)) {
      stage_.schedule.after(stage_.up_to(10'000), [=, this] { cancel(id); });
    }
    if (stage_.chance(0.5)) wait_for(id);
  });
}

void Submitter::wait_for(const TaskId& id) {
  const Network::Request<TaskPtr> request{
      .operation = [id](Coordinator& server) { return server.ended(id, Duration(20'000)); },
      .answered =
          [this, id](const Result<TaskPtr>& task) {
            if (!task) return;
            stage_.promises.require(*task != nullptr, "an acknowledged task is not known");
            if (*task) stage_.promises.showed(**task);
          }};
  stage_.network.call<TaskPtr>(request, Duration(25'000), [=, this](const Result<TaskPtr>& task) {
    const bool ended = task && *task && is_final((*task)->status);
    if (!ended && !stopped_) wait_for(id);
  });
}

void Submitter::cancel(const TaskId& id) {
  const Network::Request<TaskPtr> request{
      .operation =
          [id](Coordinator& server) {
            return server.apply<TaskPtr>([id](Writer& writer) { return writer.cancel(id); });
          },
      .answered =
          [this](const Result<TaskPtr>& task) {
            if (task) stage_.promises.showed(**task);
          }};
  stage_.network.call<TaskPtr>(request, kPatience, [](const Result<TaskPtr>&) {});
}

}  // namespace vcp::sim
