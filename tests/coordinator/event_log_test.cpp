// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/event_log.hpp"

#include <gmock/gmock.h>

#include "fixture.hpp"
#include "vcp/store/memory.hpp"

namespace vcp::coordinator {
namespace {

using mesh::NodeStatus;
using mesh::TaskStatus;
using testing::ElementsAre;

Events nodes(std::size_t count) {
  Events events(count);
  for (Event& event : events) event.subject = Event::OfNode{{"node"}, NodeStatus::online};
  return events;
}

std::vector<std::uint64_t> numbers(const EventLog::Page& page) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, event] : page.events) numbers.push_back(number);
  return numbers;
}

class EventLogTest : public testing::Test {
 protected:
  void append(EventLog& log, Events events) {
    store::Batch batch;
    const std::uint64_t last = log.append(batch, std::move(events));
    ASSERT_TRUE(backend_.commit(batch).has_value());
    log.show(last);
  }

  std::size_t records() const {
    std::size_t count = 0;
    const auto visit = [&count](std::string_view, std::string_view) { return ++count > 0; };
    EXPECT_TRUE(
        backend_.scan(store::Table::events, "", "", store::Order::ascending, visit).has_value());
    return count;
  }

  store::MemoryBackend backend_;
};

TEST_F(EventLogTest, ShowsNothingBeforeItIsDurable) {
  EventLog log(10);
  store::Batch batch;
  const std::uint64_t last = log.append(batch, nodes(2));
  EXPECT_EQ(log.newest(), 0U);
  EXPECT_THAT(numbers(log.read(0, {}, 10)), ElementsAre());
  log.show(last);
  EXPECT_THAT(numbers(log.read(0, {}, 10)), ElementsAre(1, 2));
}

TEST_F(EventLogTest, NeverShowsLessThanBefore) {
  EventLog log(10);
  append(log, nodes(3));
  log.show(1);
  EXPECT_EQ(log.newest(), 3U);
}

TEST_F(EventLogTest, GivesWhatComesAfterANumber) {
  EventLog log(10);
  append(log, nodes(5));
  const EventLog::Page page = log.read(2, {}, 2);
  EXPECT_THAT(numbers(page), ElementsAre(3, 4));
  EXPECT_EQ(page.reached, 4U);
  EXPECT_EQ(page.first, 3U);
}

TEST_F(EventLogTest, KeepsTheNewestAndSaysWhereTheyBegin) {
  EventLog log(3);
  append(log, nodes(2));
  append(log, nodes(3));
  const EventLog::Page page = log.read(0, {}, 10);
  EXPECT_EQ(page.first, 3U);
  EXPECT_THAT(numbers(page), ElementsAre(3, 4, 5));
}

TEST_F(EventLogTest, FiltersByOwnerAndType) {
  EventLog log(10);
  Events events = nodes(1);
  events.push_back({.at = {}, .subject = Event::OfTask{{}, TaskStatus::pending, "ann"}});
  events.push_back({.at = {}, .subject = Event::OfTask{{}, TaskStatus::pending, "bob"}});
  events.push_back({.at = {}, .subject = Event::OfRound{"job", 1, "open", "ann", ""}});
  append(log, std::move(events));
  EXPECT_THAT(numbers(log.read(0, {.owner = "ann"}, 10)), ElementsAre(1, 2, 4));
  EXPECT_THAT(numbers(log.read(0, {.nodes = false, .rounds = false}, 10)), ElementsAre(2, 3));
  const EventFilter of_nobody{.owner = "eve", .nodes = false};
  EXPECT_EQ(log.read(0, of_nobody, 10).reached, 4U);
}

TEST_F(EventLogTest, GoesOnAfterARestart) {
  {
    EventLog log(10);
    append(log, nodes(2));
  }
  EventLog log(10);
  ASSERT_TRUE(log.load(backend_).has_value());
  EXPECT_EQ(log.newest(), 2U);
  append(log, nodes(1));
  EXPECT_THAT(numbers(log.read(1, {}, 10)), ElementsAre(2, 3));
}

TEST_F(EventLogTest, ErasesRecordsOfWhichNothingIsKept) {
  EventLog log(4);
  for (int i = 0; i < 20; ++i) append(log, nodes(2));
  EXPECT_EQ(records(), 2U);
}

TEST_F(EventLogTest, KeepsItsNumbersThoughItKeepsLessThanARecord) {
  {
    EventLog log(1);
    append(log, nodes(5));
  }
  EventLog log(1);
  ASSERT_TRUE(log.load(backend_).has_value());
  EXPECT_THAT(numbers(log.read(0, {}, 10)), ElementsAre(5));
}

TEST_F(EventLogTest, RefusesDamagedRecords) {
  store::Batch batch;
  batch.put(store::Table::events, std::string(8, '\1'), "damaged");
  ASSERT_TRUE(backend_.commit(batch).has_value());
  EventLog log(10);
  const Result<> loaded = log.load(backend_);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, Code::corrupt);
}

TEST_F(EventLogTest, WakesSubscribersUntilTheyGo) {
  EventLog log(10);
  {
    const EventLog::Subscription subscription(log, std::make_shared<Signal>());
    EXPECT_EQ(log.subscriptions(), 1U);
    append(log, nodes(1));
  }
  EXPECT_EQ(log.subscriptions(), 0U);
}

// --- In the coordinator

class CoordinatorEvents : public CoordinatorTest {
 protected:
  std::vector<TaskStatus> statuses_of_tasks() const {
    std::vector<TaskStatus> statuses;
    for (const auto& [number, event] :
         coordinator_->events().read(0, {.nodes = false}, 100).events) {
      statuses.push_back(std::get<Event::OfTask>(event.subject).status);
    }
    return statuses;
  }
};

TEST_F(CoordinatorEvents, TellWhatBecomesOfATaskInOrder) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  completed_task();
  settle();
  EXPECT_THAT(statuses_of_tasks(),
              ElementsAre(TaskStatus::pending, TaskStatus::running, TaskStatus::completed));
}

TEST_F(CoordinatorEvents, AreNotShownWhileTheirCommitIsHeldUp) {
  backend_.hold();
  const auto pending = start(submit());
  run_until_held();
  EXPECT_THAT(statuses_of_tasks(), ElementsAre());
  backend_.release();
  ASSERT_TRUE(await(pending).has_value());
  settle();
  EXPECT_THAT(statuses_of_tasks(), ElementsAre(TaskStatus::pending));
}

TEST_F(CoordinatorEvents, TellOfNodes) {
  ASSERT_TRUE(await(add_node("node")).has_value());
  settle();
  const auto page = coordinator_->events().read(0, {.tasks = false}, 10);
  ASSERT_EQ(page.events.size(), 1U);
  const Event::OfNode expected{{"node"}, NodeStatus::online};
  EXPECT_EQ(std::get<Event::OfNode>(page.events[0].second.subject), expected);
}

TEST_F(CoordinatorEvents, TellOfWhatIsAnnounced) {
  const Event::OfRound round{"job", 3, "closed", "ann", "{}"};
  Coordinator::Command<int> announce = [&round](Writer& writer) {
    writer.announce(round);
    return 0;
  };
  ASSERT_TRUE(await(coordinator_->apply<int>(std::move(announce))).has_value());
  settle();
  const auto page = coordinator_->events().read(0, {}, 10);
  ASSERT_EQ(page.events.size(), 1U);
  EXPECT_EQ(std::get<Event::OfRound>(page.events[0].second.subject), round);
}

TEST_F(CoordinatorEvents, SurviveARestart) {
  ASSERT_TRUE(await(submit()).has_value());
  open();
  EXPECT_THAT(statuses_of_tasks(), ElementsAre(TaskStatus::pending));
}

}  // namespace
}  // namespace vcp::coordinator
