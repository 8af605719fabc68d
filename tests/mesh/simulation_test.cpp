// SPDX-License-Identifier: Apache-2.0
// Random faults from a seed against the core, with its promises checked after every step.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/mesh/core.hpp"

namespace vcp::mesh {
namespace {

/// A world of unreliable nodes around one core, which is itself killed now and then and restored
/// from what it had made durable.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), core_random_(seed + 1) { boot(); }

  void step() {
    switch (random_.below(12)) {
      case 0:
        return add_node();
      case 1:
        return remove_or_restart_node();
      case 2:
      case 3:
      case 4:
        return submit();
      case 5:
        return beat();
      case 6:
      case 7:
        return poll();
      case 8:
      case 9:
        return report();
      case 10:
        return cancel();
      default:
        if (random_.below(20) == 0) return boot();
        now_ += Duration(static_cast<std::int64_t>(random_.below(20'000)));
    }
  }

  /// What a turn of the writer does.
  void turn() {
    core_->advance(now_);
    core_->place(now_);
    const Changes changes = core_->take_changes(++commit_);
    for (const NodeId& id : changes.removed_nodes) nodes_.erase(id);
    for (const auto& change : changes.nodes) nodes_[change.record->id()] = change.record;
    for (const auto& change : changes.tasks) {
      const TaskPtr& task = change.record;
      const auto before = tasks_.find(task->id);
      if (before != tasks_.end()) {
        ASSERT_FALSE(is_final(before->second->status)) << "an ended task changed";
      }
      tasks_[task->id] = task;
    }
    for (const PollAnswer& answer : changes.polls) {
      for (const Offer& offer : answer.offers) {
        ASSERT_TRUE(epochs_.insert(offer.lease.epoch).second) << "an epoch was given twice";
        if (random_.below(5) != 0) held_.push_back(offer);  // or the answer is lost on its way
      }
    }
    if (changes.last_epoch) stored_epoch_ = *changes.last_epoch;
  }

  void check() const {
    Counts counted;
    std::map<NodeId, std::uint32_t> leases;
    std::map<NodeId, std::uint64_t> memory;
    for (const auto& [id, task] : tasks_) {
      counted.pending += task->status == TaskStatus::pending ? 1 : 0;
      counted.running += task->status == TaskStatus::running ? 1 : 0;
      ASSERT_EQ(task->leases.size(), task->status == TaskStatus::running ? 1U : 0U);
      for (const Lease& lease : task->leases) {
        ++leases[lease.node];
        memory[lease.node] += task->spec->limits.memory_mb;
      }
      ASSERT_EQ(task->status == TaskStatus::failed || task->status == TaskStatus::cancelled,
                task->reason.has_value());
      ASSERT_LE(task->failures.size(), task->spec->max_retries + 1);
    }
    ASSERT_EQ(core_->counts().pending, counted.pending);
    ASSERT_EQ(core_->counts().running, counted.running);
    for (const auto& [id, node] : nodes_) {
      ASSERT_EQ(node->leases, leases[id]);
      ASSERT_EQ(node->reserved_mb, memory[id]);
      ASSERT_LE(node->leases, node->registration.slots);
    }
  }

  /// With one good node and no more faults, every task comes to its end.
  void settle() {
    held_.clear();
    for (int round = 0; round < 5'000 && unfinished() > 0; ++round) {
      now_ += Duration(5'000);
      register_node("saviour", core_->find_node(NodeId{"saviour"}) != nullptr && round == 0);
      static_cast<void>(core_->heartbeat(now_, NodeId{"saviour"}, {}, {}));
      static_cast<void>(core_->poll(PollId{++polls_}, NodeId{"saviour"}, 8, now_));
      turn();
      turn();
      while (!held_.empty()) finish(held_.size() - 1, Outcome::ok);
      turn();
    }
    ASSERT_EQ(unfinished(), 0U);
  }

  [[nodiscard]] std::size_t ended() const { return tasks_.size() - unfinished(); }

 private:
  /// Starts a core from the durable records, as after a crash.
  void boot() {
    core_ = std::make_unique<Core>(Settings{}, core_random_);
    for (const auto& [id, node] : nodes_) {
      Node stored = *node;
      stored.leases = 0;
      stored.reserved_mb = 0;
      core_->restore(std::move(stored));
    }
    for (const auto& [id, task] : tasks_) {
      if (!is_final(task->status)) core_->restore(*task);
    }
    core_->restore_epoch(stored_epoch_);
    core_->start(now_);
  }

  void register_node(const std::string& id, bool again) {
    Registration node;
    node.id.value = id;
    node.slots = 1 + static_cast<std::uint32_t>(random_.below(4));
    node.capabilities.memory_gb = 4;
    node.safety_policy.max_consecutive_errors = 1'000;
    static_cast<void>(core_->register_node(now_, std::move(node), again));
  }

  void add_node() { register_node("n" + std::to_string(random_.below(6)), false); }

  void remove_or_restart_node() {
    const NodeId id = any_node();
    if (random_.below(2) == 0) {
      static_cast<void>(core_->remove_node(now_, id));
    } else {
      register_node(id.value, true);
    }
  }

  void submit() {
    TaskSpec spec;
    spec.priority = static_cast<std::uint8_t>(random_.below(10));
    spec.max_retries = static_cast<std::uint32_t>(random_.below(4));
    spec.limits.memory_mb = 256U << random_.below(3);
    spec.requirements.max_execution_time_sec = 1 + static_cast<std::uint32_t>(random_.below(60));
    core_->submit(now_, std::move(spec));
  }

  void beat() {
    const NodeId id = any_node();
    std::vector<LeaseName> names;
    for (const Offer& offer : held_) {
      if (offer.lease.node == id) names.push_back({offer.task->id, offer.lease.epoch});
    }
    static_cast<void>(core_->heartbeat(now_, id, {}, names));
  }

  void poll() {
    const Time until = now_ + Duration(static_cast<std::int64_t>(random_.below(30'000)));
    const auto max = 1 + static_cast<std::uint32_t>(random_.below(4));
    static_cast<void>(core_->poll(PollId{++polls_}, any_node(), max, until));
  }

  void report() {
    if (held_.empty()) return;
    constexpr std::array kOutcomes{Outcome::ok,         Outcome::ok,          Outcome::trap,
                                   Outcome::node_error, Outcome::handed_back, Outcome::timeout};
    finish(random_.below(held_.size()), kOutcomes[random_.below(kOutcomes.size())]);
  }

  void finish(std::size_t which, Outcome outcome) {
    const Offer offer = held_[which];
    // Sometimes the answer is lost and the node will report again.
    if (random_.below(10) != 0) held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
    Report report;
    report.task = offer.task->id;
    report.node = offer.lease.node;
    report.epoch = offer.lease.epoch;
    report.outcome = outcome;
    const auto taken = core_->report(now_, report);
    if (!taken) return;
    ASSERT_TRUE(outcome != Outcome::ok || (*taken)->status == TaskStatus::completed);
  }

  void cancel() {
    if (tasks_.empty()) return;
    auto task = tasks_.begin();
    std::advance(task, static_cast<std::ptrdiff_t>(random_.below(tasks_.size())));
    static_cast<void>(core_->cancel(now_, task->first));
  }

  [[nodiscard]] NodeId any_node() {
    if (nodes_.empty()) return NodeId{"nobody"};
    auto node = nodes_.begin();
    std::advance(node, static_cast<std::ptrdiff_t>(random_.below(nodes_.size())));
    return node->first;
  }

  [[nodiscard]] std::size_t unfinished() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        tasks_, [](const auto& entry) { return !is_final(entry.second->status); }));
  }

  SeededRandom random_;
  SeededRandom core_random_;
  std::unique_ptr<Core> core_;
  Time now_{Duration(1'700'000'000'000)};
  std::uint64_t commit_ = 0;
  std::uint64_t polls_ = 0;
  std::map<NodeId, NodePtr> nodes_;
  std::map<TaskId, TaskPtr> tasks_;
  std::vector<Offer> held_;  // what nodes believe to hold
  std::set<Epoch> epochs_;
  Epoch stored_epoch_{};
};

TEST(Simulation, PromisesHoldUnderRandomFaults) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    for (int i = 0; i < 1'000; ++i) {
      world.step();
      world.turn();
      world.check();
      if (testing::Test::HasFatalFailure()) return;
    }
    world.settle();
    if (testing::Test::HasFatalFailure()) return;
    EXPECT_GT(world.ended(), 0U);
  }
}

}  // namespace
}  // namespace vcp::mesh
