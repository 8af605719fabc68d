// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/mesh/core.hpp"

namespace vcp::mesh {

/// A core with a hand on its clock. Each call is followed by what a turn of the writer does.
class Mesh {
 public:
  explicit Mesh(Settings settings = {}) : core_(settings, random_) {}

  Core& core() { return core_; }
  [[nodiscard]] Time now() const { return now_; }

  void pass(Duration time) {
    now_ += time;
    turn();
  }

  NodePtr add_node(const std::string& id, std::uint32_t slots = 1, double memory_gb = 16) {
    Registration node;
    node.id.value = id;
    node.owner = "default";
    node.region = "eu";
    node.type = NodeType::compute;
    node.capabilities = {.bandwidth_mbps = 1'000, .cpu_cores = 4, .memory_gb = memory_gb};
    node.slots = slots;
    return add_node(std::move(node));
  }

  NodePtr add_node(Registration node) {
    auto added = core_.register_node(now_, std::move(node), false);
    EXPECT_TRUE(added.has_value());
    turn();
    return *added;
  }

  TaskPtr submit(TaskSpec spec = {}) {
    const auto task = core_.submit(now_, std::move(spec));
    EXPECT_TRUE(task.has_value());
    turn();
    return *task;
  }

  /// What the node is given at once.
  std::vector<Offer> lease(const std::string& node, std::uint32_t max = 1) {
    const PollId poll{++polls_};
    EXPECT_TRUE(core_.poll(poll, NodeId{node}, max, now_).has_value());
    turn();
    pass(Duration::zero());
    return take(poll);
  }

  /// A poll that waits; `take` has its answer.
  PollId wait_for_lease(const std::string& node, std::uint32_t max = 1,
                        Duration wait = Duration(60'000)) {
    const PollId poll{++polls_};
    EXPECT_TRUE(core_.poll(poll, NodeId{node}, max, now_ + wait).has_value());
    turn();
    return poll;
  }

  std::vector<Offer> take(PollId poll) { return std::exchange(answers_[poll], {}); }
  /// What all polls were given that nobody has taken yet.
  std::vector<Offer> take_all() {
    std::vector<Offer> all;
    for (auto& [poll, offers] : std::exchange(answers_, {})) {
      all.insert(all.end(), offers.begin(), offers.end());
    }
    return all;
  }

  [[nodiscard]] bool answered(PollId poll) const { return answers_.contains(poll); }

  Result<TaskPtr> report(const Offer& offer, Outcome outcome, std::string output = "") {
    Report report;
    report.task = offer.task->id;
    report.node = offer.lease.node;
    report.epoch = offer.lease.epoch;
    report.rank = offer.lease.rank;
    report.outcome = outcome;
    report.result.output_sha256 = sha256(output);
    report.result.output.bytes = std::move(output);
    auto reported = core_.report(now_, report);
    turn();
    return reported;
  }

  Result<HeartbeatReply> beat(const std::string& node, Telemetry telemetry = {},
                              const std::vector<LeaseName>& leases = {}) {
    auto reply = core_.heartbeat(now_, NodeId{node}, telemetry, leases);
    turn();
    return reply;
  }

  /// The newest record of a task, also after its end.
  [[nodiscard]] TaskPtr task(const TaskPtr& task) const { return tasks_.at(task->id); }
  [[nodiscard]] NodePtr node(const std::string& id) const { return core_.find_node(NodeId{id}); }

  void turn() {
    core_.advance(now_);
    core_.place(now_);
    Changes changes = core_.take_changes(++commit_);
    for (const auto& change : changes.tasks) tasks_[change.record->id] = change.record;
    for (PollAnswer& answer : changes.polls) answers_[answer.poll] = std::move(answer.offers);
  }

 private:
  SeededRandom random_{1};
  Core core_;
  Time now_{Duration(1'700'000'000'000)};
  std::uint64_t polls_ = 0;
  std::uint64_t commit_ = 0;
  std::map<PollId, std::vector<Offer>> answers_;
  std::map<TaskId, TaskPtr> tasks_;
};

}  // namespace vcp::mesh
