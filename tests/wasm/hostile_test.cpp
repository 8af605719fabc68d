// SPDX-License-Identifier: Apache-2.0
// What every host must survive: each ends with its own reason, and the process goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "sandbox.hpp"

namespace vcp::wasm {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr std::uint64_t kMuchGas = 1'000'000'000'000;

TEST(Hostile, EndlessStartFunctionTimesOut) {
  constexpr std::string_view kModule = R"((module
    (func $forever (loop $again (br $again))) (start $forever) (func (export "f"))))";
  const Outcome outcome =
      run(kModule, {.function = "f", .limits = {.gas = kMuchGas, .time = milliseconds(50)}});
  EXPECT_EQ(outcome.status, Status::timeout);
  EXPECT_THAT(outcome.detail, HasSubstr("50 ms"));
}

TEST(Hostile, EndlessStartFunctionRunsOutOfGas) {
  constexpr std::string_view kModule = R"((module
    (func $forever (loop $again (br $again))) (start $forever) (func (export "f"))))";
  EXPECT_EQ(run(kModule, {.function = "f", .limits = {.gas = 1'000'000}}).status,
            Status::out_of_gas);
}

TEST(Hostile, EndlessInitializeRunsOutOfGas) {
  constexpr std::string_view kModule = R"((module
    (func (export "_initialize") (loop $again (br $again))) (func (export "f"))))";
  EXPECT_EQ(run(kModule, {.function = "f", .limits = {.gas = 1'000'000}}).status,
            Status::out_of_gas);
}

TEST(Hostile, DeepRecursionIsAStackOverflow) {
  const Outcome outcome = call(
      R"((module (func $f (export "f") (result i32) (i32.add (i32.const 1) (call $f)))))", "f");
  EXPECT_EQ(outcome.status, Status::stack_overflow);
  EXPECT_EQ(outcome.gas_used, CallLimits{}.gas);
}

constexpr std::string_view kGrow = R"((module (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow_or_die")
    (loop $again
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
      (br $again)))
  (func (export "grow_and_touch") (param i32) (result i32)
    (drop (memory.grow (local.get 0)))
    (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 7))
    (i32.load (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))))))";

Outcome grow(std::string_view function, std::string_view args, std::uint64_t memory_bytes) {
  return run(kGrow, {.function = function, .args = args, .limits = {.memory_bytes = memory_bytes}});
}

TEST(Hostile, GrowthToTheLimitIsAllowedAndNoFurther) {
  EXPECT_EQ(grow("grow", "[15]", 16 * 65'536).output, "[1]");
  EXPECT_EQ(grow("grow", "[16]", 16 * 65'536).output, "[-1]");
  EXPECT_EQ(grow("grow", "[-1]", 16 * 65'536).output, "[-1]");
}

TEST(Hostile, ProgramThatFailsForWantOfMemoryIsOutOfMemory) {
  const Outcome outcome = grow("grow_or_die", "[]", 100 * 65'536);
  EXPECT_EQ(outcome.status, Status::out_of_memory);
  EXPECT_THAT(outcome.detail, HasSubstr("6553600 bytes was refused"));
}

TEST(Hostile, FourGiBOfMemoryWork) {
  EXPECT_EQ(grow("grow_and_touch", "[65535]", std::uint64_t{4} << 30).output, "[7]");
}

/// Lets this process have so much more memory than it has now, until the end of the scope.
class LittleMemory {
 public:
  explicit LittleMemory(rlim_t more_bytes) {
    getrlimit(RLIMIT_DATA, &before_);
    const rlimit tight{data_bytes() + more_bytes, before_.rlim_max};
    setrlimit(RLIMIT_DATA, &tight);
  }
  ~LittleMemory() { setrlimit(RLIMIT_DATA, &before_); }

 private:
  static rlim_t data_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      rlim_t kilobytes = 0;
      if (word == "VmData:" && status >> kilobytes) return kilobytes * 1024;
    }
    return 0;
  }

  rlimit before_{};
};

TEST(Hostile, GrowthThatTheMachineCannotServeIsItsFailure) {
  (void)load(kGrow);
  const LittleMemory little(rlim_t{64} << 20);
  const Outcome outcome = grow("grow", "[16384]", std::uint64_t{4} << 30);
  EXPECT_EQ(outcome.status, Status::host_failure);
  EXPECT_THAT(outcome.detail, HasSubstr("this machine has no memory"));
  EXPECT_EQ(outcome.output, "");
}

TEST(Hostile, InitialMemoryThatTheMachineCannotServeIsItsFailure) {
  constexpr std::string_view kModule = R"((module (memory 16384) (func (export "f"))))";
  (void)load(kModule);
  const LittleMemory little(rlim_t{64} << 20);
  const Outcome outcome =
      run(kModule, {.function = "f", .limits = {.memory_bytes = std::uint64_t{4} << 30}});
  EXPECT_EQ(outcome.status, Status::host_failure);
}

TEST(Hostile, MemoryOfOneCallIsGoneInTheNext) {
  EXPECT_EQ(grow("grow_and_touch", "[100]", std::uint64_t{1} << 30).output, "[7]");
  constexpr std::string_view kPeek = R"((module (memory 101)
    (func (export "peek") (result i32) (i32.load (i32.const 6619132)))))";
  EXPECT_EQ(call(kPeek, "peek").output, "[0]");
}

TEST(Hostile, InitialMemoryOverTheTasksLimitIsOutOfMemory) {
  constexpr std::string_view kModule = R"((module (memory 65536) (func (export "f"))))";
  const Outcome outcome = call(kModule, "f");
  EXPECT_EQ(outcome.status, Status::out_of_memory);
  EXPECT_THAT(outcome.detail, HasSubstr("begins with 4294967296 bytes"));
}

TEST(Hostile, FourGiBOfInitialMemoryWithinTheLimitRun) {
  constexpr std::string_view kModule = R"((module (memory 65536) (func (export "f"))))";
  EXPECT_EQ(
      run(kModule, {.function = "f", .limits = {.memory_bytes = std::uint64_t{4} << 30}}).status,
      Status::ok);
}

TEST(Hostile, OverlappingDataSegmentsCostWhatTheyHold) {
  std::string segments;
  for (int i = 0; i < 1'000; ++i) {
    segments += "(data (i32.const " + std::to_string(i) + ") \"abcdefgh\")";
  }
  EXPECT_EQ(call("(module (memory 1) " + segments + R"((func (export "f") (result i32)
              (i32.load8_u (i32.const 999)))))",
                 "f")
                .output,
            "[97]");
}

TEST(Hostile, DataSegmentsFarApartTakeNoMoreThanTheyTouch) {
  EXPECT_EQ(run(R"((module (memory 65535) (data (i32.const 0) "a") (data (i32.const 4294800000) "b")
                  (func (export "f") (result i32) (i32.load8_u (i32.const 4294800000)))))",
                {.function = "f", .limits = {.memory_bytes = std::uint64_t{4} << 30}})
                .output,
            "[98]");
}

TEST(Hostile, DataSegmentOutOfBoundsIsATrap) {
  const Outcome outcome =
      call(R"((module (memory 1) (data (i32.const 65535) "ab") (func (export "f"))))", "f");
  EXPECT_EQ(outcome.status, Status::trap);
  EXPECT_THAT(outcome.detail, HasSubstr("out of bounds"));
}

TEST(Hostile, TableGrowsToItsLimitOnly) {
  EXPECT_EQ(call(R"((module (table 1 funcref) (func (export "f") (result i32)
              (table.grow (ref.null func) (i32.const 1000000)))))",
                 "f")
                .output,
            "[-1]");
}

TEST(Hostile, TrapsSayWhatAndWhere) {
  constexpr std::string_view kModule = R"((module
    (memory 1) (table 2 funcref) (elem (i32.const 1) func $other)
    (type $nothing (func)) (func $other (param i32))
    (func $boom (export "unreachable") unreachable)
    (func (export "divide") (drop (i32.div_u (i32.const 1) (i32.const 0))))
    (func (export "overflow") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))
    (func (export "convert") (drop (i32.trunc_f32_s (f32.const nan))))
    (func (export "memory") (drop (i32.load (i32.const 65533))))
    (func (export "far") (drop (i32.load offset=0xffffffff (i32.const -1))))
    (func (export "table") (drop (table.get 0 (i32.const 2))))
    (func (export "null") (call_indirect (type $nothing) (i32.const 0)))
    (func (export "signature") (call_indirect (type $nothing) (i32.const 1)))))";
  const std::pair<std::string_view, std::string_view> expected[]{
      {"unreachable", "unreachable executed in function 1 (boom) at byte"},
      {"divide", "integer division by zero"},
      {"overflow", "integer overflow"},
      {"convert", "conversion of a float"},
      {"memory", "memory access out of bounds"},
      {"far", "memory access out of bounds"},
      {"table", "table access out of bounds"},
      {"null", "indirect call to null"},
      {"signature", "indirect call of a function of another type"},
  };
  for (const auto& [function, detail] : expected) {
    const Outcome outcome = call(kModule, function);
    EXPECT_EQ(outcome.status, Status::trap) << function;
    EXPECT_THAT(outcome.detail, HasSubstr(detail));
  }
}

constexpr std::string_view kFlood = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 1000))
    (loop $again
      (drop (call $fd_write (i32.const %) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $again)))))";

std::string flood(char descriptor) {
  std::string wat(kFlood);
  wat[wat.find('%')] = descriptor;
  return wat;
}

TEST(Hostile, EndlessStandardOutputIsTooLarge) {
  const Outcome outcome = run(flood('1'));
  EXPECT_EQ(outcome.status, Status::output_too_large);
  EXPECT_EQ(outcome.output, "");
}

TEST(Hostile, EndlessStandardErrorIsCutAndRunsOutOfGas) {
  const Outcome outcome = run(flood('2'), {.limits = {.gas = 10'000'000}});
  EXPECT_EQ(outcome.status, Status::out_of_gas);
  EXPECT_EQ(outcome.log.size(), std::size_t{64} << 10);
  EXPECT_TRUE(outcome.log_truncated);
}

TEST(Hostile, LoopOfHostCallsTimesOut) {
  const Outcome outcome = run(flood('2'), {.limits = {.gas = kMuchGas, .time = milliseconds(50)}});
  EXPECT_EQ(outcome.status, Status::timeout);
}

TEST(Hostile, OneLongHostCallTimesOut) {
  constexpr std::string_view kModule = R"((module
    (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
    (memory (export "memory") 32768)
    (func (export "_start")
      (drop (call $random_get (i32.const 0) (i32.const 0x7fff0000))))))";
  const Outcome outcome = run(kModule, {.limits = {.gas = kMuchGas,
                                                   .memory_bytes = std::uint64_t{4} << 30,
                                                   .time = milliseconds(1)}});
  EXPECT_EQ(outcome.status, Status::timeout);
}

TEST(Hostile, SleepTakesTheProgramsTimeNotOurs) {
  constexpr std::string_view kModule = R"((module
    (import "wasi_snapshot_preview1" "poll_oneoff"
      (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get"
      (func $now (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      ;; A relative timeout of an hour on the monotonic clock.
      (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 3600000000000))
      (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))
      (drop (call $now (i32.const 1) (i64.const 0) (i32.const 208)))
      (if (i64.lt_u (i64.load (i32.const 208)) (i64.const 3600000000000))
        (then (call $exit (i32.const 1))))
      (if (i32.ne (i32.load (i32.const 200)) (i32.const 1)) (then (call $exit (i32.const 2)))))))";
  const Outcome outcome = run(kModule, {.limits = {.time = milliseconds(30'000)}});
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  EXPECT_LT(outcome.execution_time, std::chrono::seconds(30));
}

TEST(Hostile, CancelledCallEnds) {
  std::stop_source source;
  std::jthread canceller([&source] { source.request_stop(); });
  constexpr std::string_view kModule = R"((module (func (export "f") (loop $again (br $again)))))";
  const Outcome outcome =
      run(kModule, {.function = "f", .limits = {.gas = kMuchGas}, .stop = source.get_token()});
  EXPECT_EQ(outcome.status, Status::cancelled);
}

TEST(Hostile, CallCancelledBeforeItBeganDoesNotRun) {
  std::stop_source source;
  source.request_stop();
  const Outcome outcome =
      run(R"((module (func (export "f"))))", {.function = "f", .stop = source.get_token()});
  EXPECT_EQ(outcome.status, Status::cancelled);
  EXPECT_EQ(outcome.gas_used, 0U);
}

constexpr std::string_view kBadReactor = R"((module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const {alloc}))
  (func (export "run") (param i32 i32) (result i64) (i64.const {run}))))";

std::string bad_reactor(std::string_view alloc, std::string_view result) {
  std::string wat(kBadReactor);
  wat.replace(wat.find("{alloc}"), 7, alloc);
  return wat.replace(wat.find("{run}"), 5, result);
}

TEST(Hostile, ReactorsPointersAreChecked) {
  for (const auto* alloc : {"65535", "65536", "-1", "0xfffffffe"}) {
    const Outcome outcome = run(bad_reactor(alloc, "0"), {.input = "xy"});
    EXPECT_EQ(outcome.status, Status::trap);
    EXPECT_THAT(outcome.detail, HasSubstr("alloc returned"));
  }
  for (const auto* result : {"0x0000ffff00000002", "-1", "0x00000000ffffffff"}) {
    const Outcome outcome = run(bad_reactor("0", result), {.input = "xy"});
    EXPECT_EQ(outcome.status, Status::trap);
    EXPECT_THAT(outcome.detail, HasSubstr("run returned"));
  }
}

TEST(Hostile, ReactorsOutputIsLimitedExactly) {
  const std::string wat = bad_reactor("0", "0x0000000000000400");  // 1,024 bytes at 0
  EXPECT_EQ(run(wat, {.limits = {.output_bytes = 1'024}}).output.size(), 1'024U);
  EXPECT_EQ(run(wat, {.limits = {.output_bytes = 1'023}}).status, Status::output_too_large);
}

}  // namespace
}  // namespace vcp::wasm
