// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <condition_variable>
#include <mutex>

#include "agent/fake_link.hpp"
#include "agent/temporary_directory.hpp"

namespace vcp::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::Each;
using ::testing::Field;
using ::testing::Le;

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// A test that waits for longer has failed.
constexpr std::chrono::seconds kPatience{20};

const std::string kModule = "a module";

Lease lease(std::uint64_t epoch) {
  return {.task_id = "t" + std::to_string(epoch),
          .epoch = Epoch{epoch},
          .deadline = SystemClock().now() + std::chrono::seconds(30),
          .module_id = sha256(kModule),
          .input = "input " + std::to_string(epoch),
          .limits = {.memory_mb = 1},
          .max_execution_time = std::chrono::seconds(60)};
}

Report echo(const Job& job) {
  return {.status = Status::ok,
          .output = std::string(job.input) + " in " + std::string(job.module)};
}

Report run_until_stopped(const Job& job) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, job.stop, [] { return false; });
  return {.status = Status::cancelled};
}

Error error(Code code) { return {.code = code, .message = "told to fail"}; }

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    link_.contents[sha256(kModule)] = kModule;
    options_.registration.node_id = "n";
    options_.registration.slots = 8;
    options_.threads = 2;
    options_.memory_mb = 100;
    options_.cache_directory = directory_.path() / "content";
    options_.heartbeat_interval = milliseconds(200);
    options_.grace = milliseconds(5'000);
  }

  /// Runs an agent until `done`, then stops it, and returns what its run() returned.
  Result<> run_until(std::function<bool()> done, Execute execute = echo) {
    auto agent = Agent::create(io_, options_, link_, std::move(execute), machine_, clock_, random_);
    EXPECT_TRUE(agent);
    asio::co_spawn(io_, stop_when(**agent, std::move(done)), [](std::exception_ptr) {});
    Result<> result = fail(Code::timed_out, "the agent did not end");
    asio::co_spawn(io_, (*agent)->run(), [&](std::exception_ptr, Result<> value) {
      result = std::move(value);
      io_.stop();
    });
    io_.run_for(kPatience);
    return result;
  }

  Async<void> stop_when(Agent& agent, std::function<bool()> done) {
    while (!done()) {
      Timer timer(io_.get_executor(), milliseconds(1));
      co_await timer.async_wait(use_async);
    }
    agent.stop();
  }

  asio::io_context io_{1};
  testing::TemporaryDirectory directory_;
  testing::FakeLink link_{io_};
  Machine machine_{directory_.path()};
  SystemClock clock_;
  SeededRandom random_{1};
  AgentOptions options_;
};

TEST_F(AgentTest, RunsWhatItLeasesAndHandsInTheResult) {
  link_.pending.push_back(lease(1));
  ASSERT_TRUE(run_until([&] { return !link_.reports.empty(); }));
  const Report& report = link_.reports.at(0);
  EXPECT_EQ(report.task_id, "t1");
  EXPECT_EQ(report.epoch, Epoch{1});
  EXPECT_EQ(report.status, Status::ok);
  EXPECT_EQ(report.output, "input 1 in a module");
}

TEST_F(AgentTest, FetchesAModuleOnceForManyLeases) {
  for (std::uint64_t epoch = 1; epoch <= 20; ++epoch) link_.pending.push_back(lease(epoch));
  ASSERT_TRUE(run_until([&] { return link_.reports.size() == 20; }));
  EXPECT_EQ(link_.downloads, 1);
  EXPECT_THAT(link_.reports, Each(Field(&Report::status, Status::ok)));
}

TEST_F(AgentTest, FetchesALargeInputAsABlob) {
  link_.contents[sha256("a blob")] = "a blob";
  Lease with_blob = lease(1);
  with_blob.input_blob = sha256("a blob");
  link_.pending.push_back(with_blob);
  ASSERT_TRUE(run_until([&] { return !link_.reports.empty(); }));
  EXPECT_EQ(link_.reports.at(0).output, "a blob in a module");
}

TEST_F(AgentTest, NeverAsksForMoreThanItsSlots) {
  for (std::uint64_t epoch = 1; epoch <= 50; ++epoch) link_.pending.push_back(lease(epoch));
  ASSERT_TRUE(run_until([&] { return link_.reports.size() == 50; }));
  EXPECT_THAT(link_.asked, Each(Le(8U)));
  EXPECT_EQ(link_.asked.at(0), 2U) << "one a thread before it knows how long tasks take";
}

TEST_F(AgentTest, ContentThatCannotBeFetchedIsTheNodesError) {
  link_.contents.clear();
  link_.pending.push_back(lease(1));
  ASSERT_TRUE(run_until([&] { return !link_.reports.empty(); }));
  EXPECT_EQ(link_.reports.at(0).status, Status::node_error);
}

TEST_F(AgentTest, HandsInAgainUntilTheCoordinatorTakesIt) {
  link_.pending.push_back(lease(1));
  link_.report_errors = {error(Code::io), error(Code::unavailable)};
  ASSERT_TRUE(run_until([&] { return !link_.reports.empty(); }));
  EXPECT_EQ(link_.reports.size(), 1U);
}

TEST_F(AgentTest, HeartbeatsNameWhatItHolds) {
  link_.pending.push_back(lease(1));
  options_.grace = milliseconds(1);
  ASSERT_TRUE(run_until([&] { return !link_.last_renewals.empty(); }, run_until_stopped));
  EXPECT_EQ(link_.last_renewals.at(0).task_id, "t1");
}

TEST_F(AgentTest, StopsWhatTheCoordinatorTookBack) {
  link_.pending.push_back(lease(1));
  std::atomic<int> stopped{0};
  ASSERT_TRUE(run_until(
      [&, told = false]() mutable {
        if (!link_.last_renewals.empty() && !told) {
          link_.cancelled.emplace_back("t1", Epoch{1});
          told = true;
        }
        return stopped == 1;
      },
      [&](const Job& job) {
        Report report = run_until_stopped(job);
        ++stopped;
        return report;
      }));
  EXPECT_TRUE(link_.reports.empty());
}

TEST_F(AgentTest, WaitsForACoordinatorThatIsNotThereYet) {
  link_.registration_errors = {error(Code::io)};
  ASSERT_TRUE(run_until([&] { return link_.heartbeats > 0; }));
}

TEST_F(AgentTest, EndsIfItIsRefused) {
  link_.registration_errors = {error(Code::conflict)};
  auto result = run_until([] { return false; });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::conflict);
}

TEST_F(AgentTest, RegistersAgainWhenItIsNotKnownAnyMore) {
  link_.heartbeat_errors = {error(Code::not_found)};
  ASSERT_TRUE(run_until([&] { return link_.registrations == 2; }));
}

TEST_F(AgentTest, EndsIfItIsRefusedWhenItRegistersAgain) {
  link_.heartbeat_errors = {error(Code::unauthenticated)};
  link_.error_of_registering_again = error(Code::unauthenticated);
  auto result = run_until([] { return false; });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unauthenticated);
}

TEST_F(AgentTest, FinishesWhatEndsWithinTheGrace) {
  link_.pending.push_back(lease(1));
  std::atomic<bool> begun{false};
  std::atomic<bool> may_end{false};
  ASSERT_TRUE(run_until(
      [&] {
        if (!begun) return false;
        may_end = true;
        may_end.notify_all();
        return true;
      },
      [&](const Job& job) {
        begun = true;
        may_end.wait(false);
        return echo(job);
      }));
  ASSERT_EQ(link_.reports.size(), 1U);
  EXPECT_EQ(link_.reports[0].status, Status::ok);
}

TEST_F(AgentTest, HandsBackWhatDoesNotEndWithinTheGrace) {
  options_.grace = milliseconds(1);
  link_.pending.push_back(lease(1));
  std::atomic<bool> begun{false};
  ASSERT_TRUE(run_until([&] { return begun.load(); },
                        [&](const Job& job) {
                          begun = true;
                          return run_until_stopped(job);
                        }));
  ASSERT_EQ(link_.reports.size(), 1U);
  EXPECT_EQ(link_.reports[0].status, Status::handed_back);
}

TEST_F(AgentTest, HandsBackWhatNeedsMoreMemoryThanItGives) {
  Lease large = lease(1);
  large.limits.memory_mb = 101;
  link_.pending.push_back(large);
  ASSERT_TRUE(run_until([&] { return !link_.reports.empty(); }));
  EXPECT_EQ(link_.reports.at(0).status, Status::handed_back);
}

TEST_F(AgentTest, OutsideOfItsHoursItAsksForNothingAndKeepsInTouch) {
  directory_.write("sys/class/power_supply/BAT0/type", "Battery\n");
  ASSERT_TRUE(options_.schedule.add("mains"));
  link_.pending.push_back(lease(1));
  ASSERT_TRUE(run_until([&] { return link_.heartbeats == 2; }));
  EXPECT_TRUE(link_.asked.empty());
}

TEST_F(AgentTest, LeavesNothingBehindThatItWasGrantedUnawares) {
  ASSERT_TRUE(run_until([&] { return !link_.asked.empty(); }));
  EXPECT_EQ(link_.registrations, 2) << "registering hands back what it does not know of";
}

}  // namespace
}  // namespace vcp::agent
