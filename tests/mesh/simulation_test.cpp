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
    switch (random_.below(13)) {
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
      case 11:
        return verify();
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
    for (const TaskPtr& task : changes.to_verify) verifying_.push_back(task);
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
      counted.verifying += task->status == TaskStatus::verifying ? 1 : 0;
      ASSERT_EQ(!task->leases.empty(), task->status == TaskStatus::running);
      check_leases(*task);
      if (task->status == TaskStatus::completed) check_answer(*task);
      for (const Lease& lease : task->leases) {
        ++leases[lease.node];
        memory[lease.node] += task->spec->limits.memory_mb;
      }
      ASSERT_EQ(task->status == TaskStatus::failed || task->status == TaskStatus::cancelled,
                task->reason.has_value());
      if (task->reason != Outcome::no_agreement) {
        ASSERT_LE(task->failures.size(), task->spec->max_retries + 2);
      }
    }
    ASSERT_EQ(core_->counts().pending, counted.pending);
    ASSERT_EQ(core_->counts().running, counted.running);
    ASSERT_EQ(core_->counts().verifying, counted.verifying);
    ASSERT_EQ(core_->counts().all_nodes(), nodes_.size());
    for (const auto& [id, node] : nodes_) {
      ASSERT_EQ(node->leases, leases[id]);
      ASSERT_EQ(node->reserved_mb, memory[id]);
      ASSERT_LE(node->leases, node->registration.slots);
    }
  }

  /// No node has two runs of one task that are to be compared or belong to one gang.
  static void check_leases(const Task& task) {
    std::set<NodeId> nodes;
    for (const Lease& lease : task.leases) {
      ASSERT_TRUE(nodes.insert(lease.node).second) << "two runs on one node";
      ASSERT_LT(lease.rank, task.spec->requirements.min_nodes);
    }
  }

  /// What was accepted is what the task asked for: an answer to every rank, none of them disputed,
  /// and as many equal ones as it wanted, unless one that was trusted.
  static void check_answer(const Task& task) {
    const Verification& asked = task.spec->verification;
    for (std::uint32_t rank = 0; rank < task.spec->requirements.min_nodes; ++rank) {
      const Answer* accepted = task.accepted(rank);
      ASSERT_NE(accepted, nullptr);
      if (asked.mode == VerificationMode::recheck) {
        ASSERT_EQ(accepted->result->output_sha256, sha256("truth")) << "a lie passed a recheck";
      }
      if (asked.mode != VerificationMode::quorum) continue;
      const auto equal = std::ranges::count_if(task.answers, [&](const Answer& answer) {
        return answer.lease.rank == rank && answer.judgement == Judgement::accepted &&
               answer.result->output_sha256 == accepted->result->output_sha256;
      });
      ASSERT_TRUE(equal >= asked.agree || (equal == 1 && accepted->lease.trusted));
    }
    ASSERT_EQ(task.assembled != nullptr, task.spec->requirements.min_nodes > 1);
  }

  /// With good nodes and no more faults, every task comes to its end.
  void settle() {
    held_.clear();
    for (int round = 0; round < 5'000 && unfinished() > 0; ++round) {
      now_ += Duration(5'000);
      for (int i = 0; i < 12; ++i) {
        const std::string saviour = "saviour" + std::to_string(i);
        if (round == 0) register_node(saviour, false);
        static_cast<void>(core_->heartbeat(now_, NodeId{saviour}, {}, {}));
        static_cast<void>(core_->poll(PollId{++polls_}, NodeId{saviour}, 8, now_ + Duration(100)));
      }
      turn();
      turn();
      while (!held_.empty()) finish(held_.size() - 1, Outcome::ok, "truth");
      while (!verifying_.empty()) verify();
      turn();
    }
    ASSERT_EQ(unfinished(), 0U);
  }

  [[nodiscard]] std::size_t ended() const { return tasks_.size() - unfinished(); }

 private:
  /// Starts a core from the durable records, as after a crash.
  void boot() {
    Settings settings;
    settings.owners["eve"] = {.weight = 2, .max_running = 3};
    verifying_.clear();
    core_ = std::make_unique<Core>(std::move(settings), core_random_);
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
    if (random_.below(4) == 0) {
      spec.requirements.min_nodes = 1 + static_cast<std::uint32_t>(random_.below(3));
    }
    spec.verification.mode =
        std::array{VerificationMode::none, VerificationMode::none, VerificationMode::quorum,
                   VerificationMode::recheck}[random_.below(4)];
    spec.verification.adaptive = random_.below(2) == 0;
    spec.owner = std::array{"ada", "bob", "eve"}[random_.below(3)];
    ASSERT_TRUE(core_->submit(now_, std::move(spec)).has_value());
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
    const std::string answer = random_.below(5) == 0 ? "lie" : "truth";
    finish(random_.below(held_.size()), kOutcomes[random_.below(kOutcomes.size())], answer);
  }

  /// What the coordinator does with a task in verification: runs it again, puts it together.
  void verify() {
    if (verifying_.empty()) return;
    const TaskPtr task = verifying_.back();
    verifying_.pop_back();
    Verdict verdict;
    for (const Answer& answer : task->answers) {
      const bool lie =
          answer.outcome == Outcome::ok && answer.result->output_sha256 != sha256("truth");
      if (task->recheck && answer.judgement == Judgement::open && lie) {
        verdict.refused.push_back({.epoch = answer.lease.epoch, .detail = "a lie"});
      }
    }
    if (verdict.refused.empty() && task->spec->requirements.min_nodes > 1) {
      verdict.assembled = std::make_shared<const TaskResult>();
    }
    core_->verified(now_, task->id, verdict);
  }

  void finish(std::size_t which, Outcome outcome, const std::string& answer) {
    const Offer offer = held_[which];
    // Sometimes the answer is lost and the node will report again.
    if (random_.below(10) != 0) held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
    Report report;
    report.task = offer.task->id;
    report.node = offer.lease.node;
    report.epoch = offer.lease.epoch;
    report.rank = offer.lease.rank;
    report.outcome = outcome;
    report.result.output_sha256 = sha256(answer);
    const auto taken = core_->report(now_, report);
    if (!taken) return;
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
  std::vector<TaskPtr> verifying_;
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
