// SPDX-License-Identifier: Apache-2.0
#include "vcp/wasm/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox.hpp"

namespace vcp::wasm {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kCounter = R"((module
  (import "host" "tell" (func $tell (param i32)))
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 0))
  (func (export "add") (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (local.get 0)))
    (global.get $count))
  (func (export "tell_count") (call $tell (global.get $count)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "spin") (loop (br 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 100)))
  (func (export "wide") (param i64))))";

const Import kTell{.module = "host", .name = "tell", .type = {{ValueType::i32}, {}}};

class HostedModule : public ::testing::Test {
 public:
  std::unique_ptr<Session> open(std::string_view wat, const CallLimits& limits = {}) {
    auto module = load_binary(assemble(wat), std::span(&kTell, 1));
    return std::make_unique<Session>(
        *module, limits, std::stop_token{},
        std::vector<HostFunction>{{.import = kTell, .run = [this](auto arguments) {
                                     if (on_tell) on_tell(arguments[0]);
                                   }}});
  }

  std::function<void(std::int32_t)> on_tell;
};

TEST_F(HostedModule, KeepsItsStateBetweenCalls) {
  const auto session = open(kCounter);
  EXPECT_EQ(session->call("add", {2}), 2);
  EXPECT_EQ(session->call("add", {3}), 5);
  EXPECT_EQ(session->finish().status, Status::ok);
}

TEST_F(HostedModule, CallsItsHostWhichMayCallBack) {
  const auto session = open(kCounter);
  std::vector<std::int32_t> told;
  on_tell = [&](std::int32_t count) {
    told.push_back(count);
    told.push_back(session->call("add", {10}).value_or(-1));
  };
  session->call("add", {7});
  EXPECT_TRUE(session->call("tell_count"));
  EXPECT_THAT(told, ::testing::ElementsAre(7, 17));
}

TEST_F(HostedModule, SharesItsMemory) {
  const auto session = open(kCounter);
  EXPECT_TRUE(session->write(100, "ab"));
  EXPECT_EQ(session->call("byte", {101}), 'b');
  std::array<char, 2> bytes{};
  EXPECT_TRUE(session->read(100, bytes));
  EXPECT_EQ(bytes[0], 'a');
}

TEST_F(HostedModule, EndsWhereMemoryIsNotThere) {
  const auto session = open(kCounter);
  EXPECT_FALSE(session->write(65'535, "ab"));
  EXPECT_FALSE(session->call("add", {1}));
  EXPECT_EQ(session->finish().status, Status::trap);
}

TEST_F(HostedModule, StoppedByItsHostDoesNotGoOn) {
  const auto session = open(kCounter);
  on_tell = [&](std::int32_t) { session->stop("enough"); };
  EXPECT_FALSE(session->call("tell_count"));
  EXPECT_FALSE(session->call("add", {1}));
  const Outcome outcome = session->finish();
  EXPECT_EQ(outcome.status, Status::trap);
  EXPECT_EQ(outcome.detail, "enough");
}

TEST_F(HostedModule, HasOneGasLimitForAllItsCalls) {
  const auto session = open(kCounter, {.gas = 1000});
  int calls = 0;
  while (session->call("add", {1})) ++calls;
  EXPECT_GT(calls, 10);
  EXPECT_LT(calls, 1000);
  EXPECT_EQ(session->finish().status, Status::out_of_gas);
}

TEST_F(HostedModule, IsStoppedInALoop) {
  const auto session = open(kCounter, {.gas = 1'000'000});
  EXPECT_FALSE(session->call("spin"));
  EXPECT_EQ(session->finish().status, Status::out_of_gas);
}

TEST_F(HostedModule, GetsNoMemoryBeyondItsLimit) {
  EXPECT_EQ(open(kCounter, {.memory_bytes = 1 << 20})->call("grow"), -1);
  const auto session = open(kCounter, {.memory_bytes = 1 << 10});
  EXPECT_FALSE(session->call("add", {1}));
  EXPECT_EQ(session->finish().status, Status::out_of_memory);
}

TEST_F(HostedModule, IsNotCalledByTheWrongType) {
  EXPECT_FALSE(open(kCounter)->call("wide", {1}));
  EXPECT_FALSE(open(kCounter)->call("add"));
  const auto session = open(kCounter);
  EXPECT_FALSE(session->call("missing"));
  EXPECT_EQ(session->finish().status, Status::module_invalid);
}

TEST_F(HostedModule, MayNotCallItsHostBeforeThereIsASession) {
  bool called = false;
  on_tell = [&](std::int32_t) { called = true; };
  const auto session = open(R"((module
    (import "host" "tell" (func $tell (param i32)))
    (func $early (call $tell (i32.const 1)))
    (start $early)))");
  EXPECT_FALSE(called);
  EXPECT_EQ(session->finish().status, Status::trap);
}

TEST_F(HostedModule, ImportsOnlyWhatItsHostHas) {
  const auto info = [](std::string_view wat) {
    return inspect(assemble(wat), {}, std::span(&kTell, 1));
  };
  EXPECT_THAT(info(R"((module (import "host" "other" (func))))").error().message,
              HasSubstr("host.other"));
  EXPECT_FALSE(info(R"((module (import "host" "tell" (func (param i64)))))"));
  EXPECT_FALSE(
      info(R"((module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))))"));
}

TEST_F(HostedModule, IsNoTask) {
  const auto module = load_binary(assemble(kCounter), std::span(&kTell, 1));
  EXPECT_EQ(engine().execute(*module, {.function = "add", .args = "[1]"}).status,
            Status::module_invalid);
}

}  // namespace
}  // namespace vcp::wasm
