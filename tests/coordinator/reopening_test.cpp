// SPDX-License-Identifier: Apache-2.0
// What a restart finds again.
#include "fixture.hpp"

namespace vcp::coordinator {
namespace {

using mesh::TaskPtr;
using mesh::TaskStatus;
using store::Table;

class Reopening : public CoordinatorTest {
 protected:
  template <class Change>
  void change(Change change) {
    Coordinator::Command<int> command = [change](Writer& writer) {
      change(writer);
      return 0;
    };
    ASSERT_TRUE(await(coordinator_->apply<int>(std::move(command))).has_value());
  }

  void put(Table table, std::string_view key, std::string_view value) {
    store::Batch batch;
    batch.put(table, key, value);
    ASSERT_TRUE(backend_.commit(batch).has_value());
  }
};

TEST_F(Reopening, FindsNothingInANewStore) {
  EXPECT_TRUE(coordinator_->nodes().all().empty());
  EXPECT_TRUE(coordinator_->tasks().list({}, {}, 10).value().tasks.empty());
  EXPECT_TRUE(coordinator_->tokens().all().empty());
}

TEST_F(Reopening, FindsNodesWithWhatWasRegistered) {
  const mesh::NodePtr added = await(add_node("node", 7)).value();
  open();
  const mesh::NodePtr found = coordinator_->nodes().find({"node"});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->registration, added->registration);
  EXPECT_EQ(found->status(), mesh::NodeStatus::online);
}

TEST_F(Reopening, FindsNoNodeThatWasRemoved) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  change([](Writer& writer) {
    EXPECT_TRUE(writer.core.remove_node(writer.now, {"node"}).has_value());
  });
  open();
  EXPECT_EQ(coordinator_->nodes().find({"node"}), nullptr);
}

TEST_F(Reopening, FindsANodeThatWasRemovedAndRegisteredInOneTurn) {
  ASSERT_TRUE(await(add_node("node", 2)).has_value());
  change([](Writer& writer) {
    mesh::Registration again = writer.core.find_node({"node"})->registration;
    again.slots = 3;
    EXPECT_TRUE(writer.core.remove_node(writer.now, {"node"}).has_value());
    EXPECT_TRUE(writer.core.register_node(writer.now, again, false).has_value());
  });
  EXPECT_EQ(coordinator_->nodes().find({"node"})->registration.slots, 3U);
  open();
  ASSERT_NE(coordinator_->nodes().find({"node"}), nullptr);
  EXPECT_EQ(coordinator_->nodes().find({"node"})->registration.slots, 3U);
}

TEST_F(Reopening, FindsTasksThatWait) {
  const TaskPtr task = await(submit()).value();
  open();
  const TaskPtr found = coordinator_->tasks().find(task->id).value();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->status, TaskStatus::pending);
  EXPECT_EQ(*found->spec, *task->spec);
  EXPECT_EQ(coordinator_->statistics().active.pending, 1U);
}

TEST_F(Reopening, PlacesTasksThatWait) {
  const TaskPtr task = await(submit()).value();
  open();
  ASSERT_TRUE(await(add_node("node")).has_value());
  const Offers offers = await(lease("node")).value();
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(offers[0].task->id, task->id);
}

TEST_F(Reopening, FindsTasksThatEnded) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  const TaskPtr task = completed_task();
  open();
  const TaskPtr found = coordinator_->tasks().find(task->id).value();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->status, TaskStatus::completed);
  const TaskPage page = coordinator_->tasks().list({.owner = "ann"}, {}, 10).value();
  ASSERT_EQ(page.tasks.size(), 1U);
  EXPECT_EQ(page.tasks[0]->id, task->id);
}

TEST_F(Reopening, FindsAnOwnersDeadTasks) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  ASSERT_TRUE(await(submit()).has_value());
  const Offers offers = await(lease("node")).value();
  ASSERT_TRUE(await(report(offers.at(0), mesh::Outcome::trap)).has_value());
  completed_task();
  open();
  const TaskFilter dead{.owner = "ann", .status = TaskStatus::failed};
  const TaskPage page = coordinator_->tasks().list(dead, {}, 10).value();
  ASSERT_EQ(page.tasks.size(), 1U);
  EXPECT_EQ(page.tasks[0]->reason, mesh::Outcome::trap);
}

TEST_F(Reopening, CountsWhatEndedBefore) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  completed_task();
  completed_task();
  open();
  EXPECT_EQ(coordinator_->statistics().ended.completed, 2U);
  completed_task();
  EXPECT_EQ(coordinator_->statistics().ended.completed, 3U);
}

TEST_F(Reopening, LetsALeaseCount) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  ASSERT_TRUE(await(submit()).has_value());
  const Offers offers = await(lease("node")).value();
  ASSERT_EQ(offers.size(), 1U);
  open();
  EXPECT_EQ(coordinator_->nodes().find({"node"})->leases, 1U);
  const auto reported = await(report(offers[0]));
  ASSERT_TRUE(reported.has_value());
  EXPECT_EQ((*reported)->status, TaskStatus::completed);
}

TEST_F(Reopening, NeverGivesAnEpochTwice) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  Epoch last{};
  for (int life = 0; life < 4; ++life) {
    ASSERT_TRUE(await(submit()).has_value());
    const Offers offers = await(lease("node")).value();
    ASSERT_EQ(offers.size(), 1U);
    EXPECT_GT(offers[0].lease.epoch, last);
    last = offers[0].lease.epoch;
    ASSERT_TRUE(await(report(offers[0])).has_value());
    open();
  }
}

TEST_F(Reopening, NeverGivesACommitNumberTwice) {
  const TaskPtr before = await(submit()).value();
  open();
  EXPECT_GT(await(submit()).value()->commit, before->commit);
}

TEST_F(Reopening, FindsTokensUntilTheyAreErased) {
  const Digest secret = sha256("secret");
  TokenId id;
  change([&](Writer& writer) {
    id = writer.next_token_id();
    writer.put_token({.id = id,
                      .secret = secret,
                      .role = "node",
                      .owner = "ann",
                      .name = "",
                      .node = "node",
                      .created_at = writer.now,
                      .expires_at = {}});
  });
  open();
  ASSERT_NE(coordinator_->tokens().authenticate(secret, clock_.now()), nullptr);
  EXPECT_EQ(coordinator_->tokens().find_for_node({"node"})->id, id);
  change([&](Writer& writer) { writer.erase_token(id); });
  open();
  EXPECT_EQ(coordinator_->tokens().authenticate(secret, clock_.now()), nullptr);
  EXPECT_EQ(coordinator_->tokens().find_for_node({"node"}), nullptr);
}

TEST_F(Reopening, FindsModulesAndBlobsOfTheirOwner) {
  const Digest module = coordinator_->contents().put("module")->digest();
  const Digest blob = coordinator_->contents().put("blob")->digest();
  change([&](Writer& writer) {
    writer.put_module({.digest = module,
                       .owner = "ann",
                       .size = 6,
                       .description = "{}",
                       .created_at = writer.now});
    writer.put_blob({.digest = blob, .owner = "bob", .size = 4, .created_at = writer.now});
  });
  open();
  ASSERT_NE(coordinator_->modules().find("ann", module), nullptr);
  EXPECT_EQ(coordinator_->modules().find("ann", module)->description, "{}");
  EXPECT_EQ(coordinator_->modules().find("bob", module), nullptr);
  ASSERT_NE(coordinator_->blobs().find("bob", blob), nullptr);
  EXPECT_EQ(coordinator_->blobs().find("bob", blob)->size, 4U);
  EXPECT_EQ(records(Table::content), 2U);
}

TEST_F(Reopening, IsRefusedWhenARecordIsDamaged) {
  for (const Table table :
       {Table::nodes, Table::active, Table::tokens, Table::modules, Table::blobs}) {
    put(table, "key", "damaged");
    EXPECT_EQ(try_open().error().code, Code::corrupt) << static_cast<int>(table);
    store::Batch repair;
    repair.erase(table, "key");
    ASSERT_TRUE(backend_.commit(repair).has_value());
  }
  EXPECT_TRUE(try_open().has_value());
}

TEST_F(Reopening, IsRefusedWhenACounterIsDamaged) {
  for (const std::string_view key : {"epoch", "ended"}) {
    ASSERT_TRUE(await(add_node(std::string(key))).has_value());
    put(Table::meta, key, "damaged");
    EXPECT_EQ(try_open().error().code, Code::corrupt) << key;
    store::Batch repair;
    repair.erase(Table::meta, key);
    ASSERT_TRUE(backend_.commit(repair).has_value());
    open();
  }
}

}  // namespace
}  // namespace vcp::coordinator
