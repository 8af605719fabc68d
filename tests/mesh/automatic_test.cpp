// SPDX-License-Identifier: Apache-2.0
// Tasks whose way of verification the coordinator chooses.
#include <string>
#include <vector>

#include "mesh.hpp"
#include "trust.hpp"

namespace vcp::mesh {
namespace {

TaskSpec automatic(double max_wrong, std::uint32_t ranks = 1) {
  TaskSpec spec;
  spec.verification = {.mode = VerificationMode::automatic, .max_wrong = max_wrong};
  spec.requirements.min_nodes = ranks;
  return spec;
}

class Automatic : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 4; ++i) {
      ids_.push_back("n" + std::to_string(i));
      mesh_.add_node(ids_.back(), 4);
    }
  }

  std::vector<Offer> ask_all() {
    for (const std::string& id : ids_) mesh_.wait_for_lease(id);
    return mesh_.take_all();
  }

  /// Completes a task that takes a plan, whatever that is.
  TaskPtr complete(TaskSpec spec) {
    const TaskPtr task = mesh_.submit(std::move(spec));
    for (int i = 0; i < 10 && !is_final(mesh_.task(task)->status); ++i) {
      for (const Offer& offer : ask_all()) {
        static_cast<void>(mesh_.report(offer, Outcome::ok, "x"));
      }
      mesh_.core().verified(mesh_.now(), task->id, {});
    }
    return mesh_.task(task);
  }

  Mesh mesh_;
  std::vector<std::string> ids_;
};

TEST_F(Automatic, HasNoPlanBeforeItsFirstNodeIsKnown) {
  Mesh empty;
  EXPECT_FALSE(empty.task(empty.submit(automatic(0.01)))->plan);
}

TEST_F(Automatic, PlansWithinTheBound) {
  for (const double bound : {0.04, 1e-2, 1e-3, 1e-4, 1e-9}) {
    const TaskPtr task = complete(automatic(bound));
    ASSERT_EQ(task->status, TaskStatus::completed);
    ASSERT_TRUE(task->plan);
    EXPECT_LE(task->plan->wrong, bound);
    EXPECT_NE(task->plan->verification.mode, VerificationMode::automatic);
  }
}

TEST_F(Automatic, StrangersAreCheckedMoreThanNodesThatHaveProvedThemselves) {
  const double at_first = complete(automatic(1e-2))->plan->cost;
  for (int i = 0; i < 400; ++i) complete(automatic(1e-6));
  EXPECT_LT(complete(automatic(1e-2))->plan->cost, at_first);
}

TEST_F(Automatic, ARefutedAnswerIsPlannedAnew) {
  const TaskPtr task = mesh_.submit(automatic(1e-9));
  const auto offers = ask_all();
  ASSERT_EQ(offers.size(), 1U);
  ASSERT_EQ(mesh_.task(task)->plan->verification.mode, VerificationMode::recheck);
  ASSERT_TRUE(mesh_.report(offers[0], Outcome::ok, "a lie").has_value());
  ASSERT_EQ(mesh_.task(task)->status, TaskStatus::verifying);
  Verdict refuted;
  refuted.refused.push_back({.epoch = offers[0].lease.epoch, .detail = "other bytes"});
  mesh_.core().verified(mesh_.now(), task->id, refuted);
  mesh_.pass(Duration(5'000));
  const auto again = ask_all();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_NE(again[0].lease.node, offers[0].lease.node);
  const auto record = track_record(*mesh_.node(again[0].lease.node.value));
  EXPECT_EQ(mesh_.task(task)->plan, choose_plan(record, {}, {.recheck_cost = 1}, 1e-9));
}

TEST_F(Automatic, GangsAreRechecked) {
  const TaskPtr task = mesh_.submit(automatic(1e-3, 2));
  ASSERT_EQ(ask_all().size(), 2U);
  EXPECT_EQ(mesh_.task(task)->plan->verification.mode, VerificationMode::recheck);
}

}  // namespace
}  // namespace vcp::mesh
