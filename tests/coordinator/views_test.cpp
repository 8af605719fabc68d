// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ranges>
#include <string>
#include <vector>

#include "vcp/coordinator/records.hpp"
#include "vcp/store/memory.hpp"

namespace vcp::coordinator {
namespace {

using mesh::Node;
using mesh::NodePtr;
using mesh::Task;
using mesh::TaskPtr;
using mesh::TaskStatus;
using store::Table;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const ObserveCopy kIgnore = [](const CopyOut&) {};

// --- NodeRegistry

NodePtr node(const std::string& id, const std::string& region = "eu") {
  Node node;
  node.registration.id.value = id;
  node.registration.region = region;
  return std::make_shared<const Node>(std::move(node));
}

class NodeRegistryTest : public testing::Test {
 protected:
  void put(const std::vector<NodePtr>& nodes, const std::vector<NodeId>& removed = {}) {
    std::vector<mesh::Change<NodePtr>> changes;
    for (const NodePtr& each : nodes) changes.push_back({each, true});
    registry_.apply(changes, removed);
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const NodePtr& each : registry_.all()) names.push_back(each->id().value);
    return names;
  }

  NodeRegistry registry_{kIgnore};
};

TEST_F(NodeRegistryTest, FindsWhatWasAdded) {
  const NodePtr a = node("a");
  put({a, node("b")});
  EXPECT_EQ(registry_.find({"a"}), a);
  EXPECT_EQ(registry_.find({"c"}), nullptr);
  EXPECT_THAT(names(), UnorderedElementsAre("a", "b"));
}

TEST_F(NodeRegistryTest, KeepsTheNewestRecordOfANode) {
  put({node("a", "eu"), node("b")});
  put({node("a", "us")});
  EXPECT_EQ(registry_.find({"a"})->registration.region, "us");
  EXPECT_THAT(names(), UnorderedElementsAre("a", "b"));
}

TEST_F(NodeRegistryTest, FindsEveryOtherNodeAfterOneIsRemoved) {
  for (const std::string gone : {"a", "b", "c"}) {
    put({node("a"), node("b"), node("c")});
    put({}, {{gone}});
    for (const std::string each : {"a", "b", "c"}) {
      const NodePtr found = registry_.find({each});
      EXPECT_EQ(found != nullptr, each != gone) << each << " without " << gone;
      EXPECT_TRUE(!found || found->id().value == each);
    }
  }
}

TEST_F(NodeRegistryTest, KeepsANodeThatWasRemovedAndRegisteredInOneBatch) {
  put({node("a", "eu"), node("b")});
  put({node("a", "us")}, {{"a"}});
  ASSERT_NE(registry_.find({"a"}), nullptr);
  EXPECT_EQ(registry_.find({"a"})->registration.region, "us");
  EXPECT_THAT(names(), UnorderedElementsAre("a", "b"));
}

TEST_F(NodeRegistryTest, TakesTheRemovalOfANodeThatItNeverHad) {
  put({node("a")});
  put({}, {{"never"}, {"a"}, {"a"}});
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(NodeRegistryTest, TellsWhatACopyTook) {
  std::size_t copied = 0;
  NodeRegistry observed([&copied](const CopyOut& copy) { copied += copy.records; });
  const std::vector<mesh::Change<NodePtr>> changes = {{node("a"), true}, {node("b"), true}};
  observed.apply(changes, {});
  EXPECT_EQ(observed.all().size(), copied);
}

// --- TaskStore

constexpr std::size_t kKeep = 4;

/// A task store and the store below it, with what the writer does to both.
class TaskStoreTest : public testing::Test {
 protected:
  /// The `number`th task that was made.
  static TaskId id(unsigned number) {
    TaskId id;
    id.bytes[2] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[3] = static_cast<std::uint8_t>(number);
    return id;
  }

  static Task task(unsigned number, const std::string& owner = "ann",
                   TaskStatus status = TaskStatus::pending) {
    mesh::TaskSpec spec;
    spec.owner = owner;
    Task task;
    task.id = id(number);
    task.spec = std::make_shared<const mesh::TaskSpec>(std::move(spec));
    task.status = status;
    task.created_at = task.updated_at = Time(Duration(number));
    return task;
  }

  /// Publishes the task as a turn does; what ended goes to the backend as well.
  void publish(Task task) { publish_all({std::move(task)}); }

  void publish_all(std::vector<Task> tasks) {
    ++commit_;
    store::Batch batch;
    std::vector<mesh::TaskChange> changes;
    for (Task& each : tasks) {
      each.commit = commit_;
      if (is_final(each.status)) record(batch, each);
      changes.push_back({std::make_shared<Task>(std::move(each)), true});
    }
    ASSERT_TRUE(backend_.commit(batch).has_value());
    tasks_.apply(changes, durable_.value_or(commit_));
  }

  static void record(store::Batch& batch, const Task& task) {
    const std::string owned = owned_key(task.spec->owner, task.id.view());
    batch.put(Table::finished, task.id.view(), encode(task));
    batch.put(Table::by_owner, owned, "");
    if (task.status == TaskStatus::failed) batch.put(Table::dead, owned, "");
  }

  [[nodiscard]] TaskPage list(const TaskFilter& filter, std::optional<TaskId> before = {},
                              std::size_t limit = 100) const {
    auto page = tasks_.list(filter, before, limit);
    EXPECT_TRUE(page.has_value());
    return page ? std::move(*page) : TaskPage{};
  }

  static std::vector<unsigned> numbers(const std::vector<TaskPtr>& tasks) {
    std::vector<unsigned> numbers;
    for (const TaskPtr& each : tasks) {
      numbers.push_back(each->id.bytes[2] * 256U + each->id.bytes[3]);
    }
    return numbers;
  }

  /// All pages, one after the other.
  [[nodiscard]] std::vector<unsigned> walk(const TaskFilter& filter, std::size_t limit) const {
    std::vector<TaskPtr> all;
    std::optional<TaskId> before;
    do {
      const TaskPage page = list(filter, before, limit);
      EXPECT_LE(page.tasks.size(), limit);
      std::ranges::copy(page.tasks, std::back_inserter(all));
      before = page.next;
    } while (before);
    return numbers(all);
  }

  [[nodiscard]] bool in_memory(unsigned number) const {
    const Result<TaskPtr> found = tasks_.find(id(number));
    EXPECT_TRUE(found.has_value());
    // What was read from the store does not know its commit.
    return found && *found && (*found)->commit != 0;
  }

  /// Twenty tasks of two owners, of which every third is active and every fifth failed.
  void publish_twenty() {
    for (unsigned i = 0; i < 20; ++i) {
      const std::string owner = i % 2 == 0 ? "ann" : "bob";
      const TaskStatus ended = i % 5 == 0 ? TaskStatus::failed : TaskStatus::completed;
      publish(task(i, owner));
      if (i % 3 != 0) publish(task(i, owner, ended));
    }
  }

  static std::vector<unsigned> descending(auto predicate) {
    std::vector<unsigned> numbers;
    for (unsigned i = 20; i-- > 0;) {
      if (predicate(i)) numbers.push_back(i);
    }
    return numbers;
  }

  store::MemoryBackend backend_;
  TaskStore tasks_{backend_, kKeep, kIgnore};
  std::uint64_t commit_ = 0;
  std::optional<std::uint64_t> durable_;  ///< none: everything
};

TEST_F(TaskStoreTest, FindsNothingOfATaskThatNeverWas) {
  publish(task(1));
  const Result<TaskPtr> found = tasks_.find(id(2));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(*found, nullptr);
}

TEST_F(TaskStoreTest, ListsTheNewestFirst) {
  publish(task(1));
  publish(task(3));
  publish(task(2));
  const TaskPage page = list({});
  EXPECT_THAT(numbers(page.tasks), ElementsAre(3, 2, 1));
  EXPECT_FALSE(page.next);
}

TEST_F(TaskStoreTest, ForgetsTheLongestEndedAndFindsThemInTheStore) {
  for (unsigned i = 0; i < kKeep + 2; ++i) publish(task(i, "ann", TaskStatus::completed));
  EXPECT_FALSE(in_memory(0));
  EXPECT_FALSE(in_memory(1));
  EXPECT_TRUE(in_memory(2));
  EXPECT_EQ(tasks_.find(id(0)).value()->status, TaskStatus::completed);
}

TEST_F(TaskStoreTest, NeverForgetsWhatIsActive) {
  publish(task(0));
  for (unsigned i = 1; i < 3 * kKeep; ++i) publish(task(i, "ann", TaskStatus::completed));
  EXPECT_TRUE(in_memory(0));
}

TEST_F(TaskStoreTest, KeepsWhatEndedUntilItIsDurable) {
  durable_ = 0;
  for (unsigned i = 0; i < 3 * kKeep; ++i) publish(task(i, "ann", TaskStatus::completed));
  EXPECT_TRUE(in_memory(0));
  durable_ = 1;  // the first one's commit
  publish(task(100));
  EXPECT_FALSE(in_memory(0));
  EXPECT_TRUE(in_memory(1));
}

TEST_F(TaskStoreTest, WalksMemoryAndStoreWithoutDoublesOrHoles) {
  publish_twenty();
  const auto all = descending([](unsigned) { return true; });
  for (const std::size_t limit : {1, 2, 3, 7, 19, 20, 21}) {
    EXPECT_EQ(walk({}, limit), all) << "limit " << limit;
  }
}

TEST_F(TaskStoreTest, ShowsAnOwnerOnlyItsOwn) {
  publish_twenty();
  const auto bobs = descending([](unsigned i) { return i % 2 == 1; });
  for (const std::size_t limit : {1, 3, 10, 50}) {
    EXPECT_EQ(walk({.owner = "bob"}, limit), bobs) << "limit " << limit;
  }
  EXPECT_THAT(walk({.owner = "bo"}, 10), IsEmpty());
  EXPECT_THAT(walk({.owner = ""}, 10), IsEmpty());
}

TEST_F(TaskStoreTest, ListsOneStatus) {
  publish_twenty();
  const auto pending = [](unsigned i) { return i % 3 == 0; };
  const auto failed = [](unsigned i) { return i % 3 != 0 && i % 5 == 0; };
  const auto anns = [](unsigned i) { return i % 2 == 0; };
  EXPECT_EQ(walk({.status = TaskStatus::pending}, 3), descending(pending));
  EXPECT_EQ(walk({.status = TaskStatus::failed}, 1), descending(failed));
  EXPECT_EQ(walk({.owner = "ann", .status = TaskStatus::failed}, 1),
            descending([&](unsigned i) { return failed(i) && anns(i); }));
  EXPECT_EQ(walk({.owner = "ann", .status = TaskStatus::completed}, 2),
            descending([&](unsigned i) { return !pending(i) && !failed(i) && anns(i); }));
  EXPECT_THAT(walk({.status = TaskStatus::cancelled}, 5), IsEmpty());
}

TEST_F(TaskStoreTest, ListsATimeSpanWithoutItsEnds) {
  publish_twenty();
  const TaskFilter filter{.created_after = Time(Duration(5)), .created_before = Time(Duration(9))};
  EXPECT_THAT(walk(filter, 2), ElementsAre(8, 7, 6));
}

TEST_F(TaskStoreTest, ListsOneTypeAndOneModule) {
  Task other = task(2);
  mesh::TaskSpec spec = *other.spec;
  spec.type = mesh::TaskType::computation;
  spec.module = sha256("other");
  other.spec = std::make_shared<const mesh::TaskSpec>(spec);
  publish(task(1));
  publish(other);
  EXPECT_THAT(walk({.type = mesh::TaskType::computation}, 9), ElementsAre(2));
  EXPECT_THAT(walk({.module = sha256("other")}, 9), ElementsAre(2));
  EXPECT_THAT(walk({.module = Digest{}}, 9), ElementsAre(1));
}

TEST_F(TaskStoreTest, ShowsTheRecordInMemoryOfATaskThatBothHave) {
  publish(task(1, "ann", TaskStatus::completed));
  const TaskPage page = list({});
  ASSERT_EQ(page.tasks.size(), 1U);
  EXPECT_EQ(page.tasks.front()->commit, commit_);
}

TEST_F(TaskStoreTest, GoesOnBeforeATaskThatIsNotThere) {
  publish(task(1));
  publish(task(5));
  EXPECT_THAT(numbers(list({}, id(3)).tasks), ElementsAre(1));
  EXPECT_THAT(numbers(list({}, id(1)).tasks), IsEmpty());
}

TEST_F(TaskStoreTest, LooksAtABoundedNumberOfActiveTasksAtATime) {
  constexpr unsigned kMany = 10'050;
  std::vector<Task> many;
  for (unsigned i = 0; i < kMany; ++i) many.push_back(task(i));
  many.front().status = TaskStatus::running;
  publish_all(std::move(many));
  const TaskFilter running{.status = TaskStatus::running};
  const TaskPage first = list(running);
  EXPECT_THAT(first.tasks, IsEmpty());
  ASSERT_TRUE(first.next);
  EXPECT_THAT(walk(running, 100), ElementsAre(0));
}

TEST_F(TaskStoreTest, LooksAtABoundedNumberOfStoredTasksAtATime) {
  constexpr unsigned kMany = 10'050;
  std::vector<Task> many;
  for (unsigned i = 0; i < kMany; ++i) many.push_back(task(i, "ann", TaskStatus::completed));
  many.front().status = TaskStatus::failed;
  publish_all(std::move(many));
  ASSERT_FALSE(in_memory(0));
  const TaskFilter failed{.status = TaskStatus::failed};
  const TaskPage first = list(failed);
  EXPECT_THAT(first.tasks, IsEmpty());
  ASSERT_TRUE(first.next);
  EXPECT_THAT(walk(failed, 100), ElementsAre(0));
}

TEST_F(TaskStoreTest, ReportsADamagedRecord) {
  publish(task(1));
  store::Batch batch;
  batch.put(Table::finished, id(0).view(), "damaged");
  ASSERT_TRUE(backend_.commit(batch).has_value());
  EXPECT_EQ(tasks_.find(id(0)).error().code, Code::corrupt);
  EXPECT_EQ(tasks_.list({}, {}, 10).error().code, Code::corrupt);
}

}  // namespace
}  // namespace vcp::coordinator
