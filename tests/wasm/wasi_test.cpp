// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

#include "sandbox.hpp"
#include "wasi_signatures.hpp"
#include "wasi_state.hpp"

namespace vcp::wasm {
namespace {

using testing::HasSubstr;

/// A command whose `_start` is `body`. It has the functions of preview 1 as $name, a memory of one
/// page, and $put, which writes the 8 bytes of an i64 to standard output.
std::string command(std::string_view body) {
  std::string wat = "(module ";
  for (const WasiSignature& function : kWasiSignatures) {
    wat.append(R"((import "wasi_snapshot_preview1" ")").append(function.name);
    wat.append(R"(" (func $)").append(function.name);
    for (const char letter : function.params) {
      wat += letter == 'I' ? " (param i64)" : " (param i32)";
    }
    if (!function.results.empty()) wat += " (result i32)";
    wat += "))";
  }
  return wat + R"((memory (export "memory") 1)
    (func $put (param i64)
      (i64.store (i32.const 60000) (local.get 0))
      (i32.store (i32.const 60008) (i32.const 60000))
      (i32.store (i32.const 60012) (i32.const 8))
      (drop (call $fd_write (i32.const 1) (i32.const 60008) (i32.const 1) (i32.const 60016))))
    (func $put32 (param i32) (call $put (i64.extend_i32_u (local.get 0))))
    (func (export "_start") )" +
         std::string(body) + "))";
}

/// The numbers that a command put.
std::vector<std::int64_t> numbers(const Outcome& outcome) {
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  std::vector<std::int64_t> values(outcome.output.size() / 8);
  std::memcpy(values.data(), outcome.output.data(), values.size() * 8);
  return values;
}

std::vector<std::int64_t> numbers(std::string_view body, const Invocation& invocation = {}) {
  return numbers(run(command(body), invocation));
}

using Numbers = std::vector<std::int64_t>;

TEST(Wasi, AllFortySixFunctionsLink) {
  EXPECT_EQ(kWasiSignatures.size(), 46U);
  EXPECT_EQ(run(command("")).status, Status::ok);
}

TEST(Wasi, ArgumentsFollowTheProgramsName) {
  const Outcome outcome = run(command(R"(
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (call $put32 (i32.load (i32.const 0)))
    (call $put32 (i32.load (i32.const 4)))
    (drop (call $args_get (i32.const 16) (i32.const 100)))
    (call $put32 (i32.load (i32.const 20)))
    (i32.store (i32.const 60008) (i32.const 100))
    (i32.store (i32.const 60012) (i32.load (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 60008) (i32.const 1) (i32.const 60016))))"),
                              {.argv = {"first", "", "third one"}});
  EXPECT_EQ(outcome.output.substr(24), std::string("task\0first\0\0third one\0", 22));
  std::int64_t values[3];
  std::memcpy(values, outcome.output.data(), sizeof values);
  EXPECT_THAT(values, testing::ElementsAre(4, 22, 105));
}

TEST(Wasi, EnvironmentIsWhatTheTaskSaysAndNothingElse) {
  ASSERT_EQ(setenv("VCP_TEST_OF_THE_HOST", "secret", 1), 0);
  const Outcome outcome = run(command(R"(
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $environ_get (i32.const 16) (i32.const 100)))
    (i32.store (i32.const 60008) (i32.const 100))
    (i32.store (i32.const 60012) (i32.load (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 60008) (i32.const 1) (i32.const 60016))))"),
                              {.env = {{"A", "1"}, {"NAME", "a=b"}}});
  EXPECT_EQ(outcome.output, std::string("A=1\0NAME=a=b\0", 13));
}

TEST(Wasi, StandardInputIsReadToItsEnd) {
  const Outcome outcome = run(command(R"(
    (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 3))
    (i32.store (i32.const 8) (i32.const 200)) (i32.store (i32.const 12) (i32.const 4))
    (loop $again
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 16)))
      (call $put32 (i32.load (i32.const 16)))
      (br_if $again (i32.load (i32.const 16)))))"),
                              {.input = "0123456789"});
  EXPECT_EQ(numbers(outcome), (Numbers{7, 3, 0}));
}

TEST(Wasi, TimeStartsAtOneMomentAndAdvancesWhenLookedAt) {
  constexpr std::string_view kLook = R"(
    (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)))
    (call $put (i64.load (i32.const 0)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0)))
    (call $put (i64.load (i32.const 0)))
    (drop (call $clock_res_get (i32.const 1) (i32.const 0)))
    (call $put (i64.load (i32.const 0)))
    (call $put32 (call $clock_time_get (i32.const 4) (i64.const 0) (i32.const 0))))";
  EXPECT_EQ(numbers(kLook), (Numbers{946'684'800'000'001'000, 2'000, 1'000, 28}));
}

/// Sets up one clock subscription at 0: on the clock of that number, `flags` 1 for an absolute
/// time.
std::string subscription(int clock, std::string_view timeout, int flags) {
  return "(i64.store (i32.const 0) (i64.const 77)) (i32.store (i32.const 16) (i32.const " +
         std::to_string(clock) + ")) (i64.store (i32.const 24) (i64.const " + std::string(timeout) +
         ")) (i32.store16 (i32.const 40) (i32.const " + std::to_string(flags) + "))";
}

constexpr std::string_view kPollAndLook = R"(
  (call $put32 (call $poll_oneoff (i32.const 0) (i32.const 200) (i32.const 1) (i32.const 400)))
  (call $put32 (i32.load (i32.const 400)))
  (call $put (i64.load (i32.const 200)))
  (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 408)))
  (call $put (i64.load (i32.const 408))))";

TEST(Wasi, WaitingMovesTheClockByItsTimeout) {
  EXPECT_EQ(numbers(subscription(1, "5000000", 0) + std::string(kPollAndLook)),
            (Numbers{0, 1, 77, 5'001'000}));
}

TEST(Wasi, WaitingUntilAMomentMovesTheClockThere) {
  EXPECT_EQ(numbers(subscription(0, "946684800000009000", 1) + std::string(kPollAndLook)),
            (Numbers{0, 1, 77, 10'000}));
  EXPECT_EQ(numbers(subscription(1, "0", 1) + std::string(kPollAndLook)),
            (Numbers{0, 1, 77, 1'000}));
}

TEST(Wasi, WaitingForEverEnds) {
  const Numbers seen = numbers(subscription(1, "-1", 0) + std::string(kPollAndLook));
  EXPECT_EQ(seen[1], 1);
  EXPECT_EQ(seen[3], std::int64_t{1} << 62);
}

TEST(Wasi, ReadyInputComesBeforeATimeout) {
  // A second subscription: standard input can be read.
  const std::string body = subscription(1, "5000000", 0) + R"(
    (i64.store (i32.const 48) (i64.const 88)) (i32.store8 (i32.const 56) (i32.const 1))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 200) (i32.const 2) (i32.const 400)))
    (call $put32 (i32.load (i32.const 400)))
    (call $put (i64.load (i32.const 200)))
    (call $put (i64.load (i32.const 216)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 408)))
    (call $put (i64.load (i32.const 408))))";
  EXPECT_EQ(numbers(body, {.input = "xyz"}), (Numbers{1, 88, 3, 1'000}));
}

TEST(Wasi, PollOfNothingIsInvalid) {
  EXPECT_EQ(numbers("(call $put32 (call $poll_oneoff (i32.const 0) (i32.const 200) (i32.const 0) "
                    "(i32.const 400)))"),
            (Numbers{28}));
}

TEST(Wasi, RandomnessDependsOnTheSeedOnly) {
  const std::string wat = command(R"(
    (drop (call $random_get (i32.const 0) (i32.const 5)))
    (drop (call $random_get (i32.const 5) (i32.const 195)))
    (i32.store (i32.const 60008) (i32.const 0)) (i32.store (i32.const 60012) (i32.const 200))
    (drop (call $fd_write (i32.const 1) (i32.const 60008) (i32.const 1) (i32.const 60016))))");
  const std::string first = run(wat, {.seed = {1}}).output;
  EXPECT_EQ(first.size(), 200U);
  EXPECT_EQ(run(wat, {.seed = {1}}).output, first);
  EXPECT_NE(run(wat, {.seed = {2}}).output, first);
}

TEST(ProgramRandom, IsTheKeyStreamOfChaCha20) {
  // RFC 8439, appendix A.1, test vector 1: key, nonce and counter 0.
  ProgramRandom random({});
  std::array<std::uint8_t, 8> bytes{};
  random.fill(bytes);
  EXPECT_THAT(bytes, testing::ElementsAre(0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90));
}

TEST(ProgramRandom, DoesNotDependOnHowItIsAskedFor) {
  std::vector<std::uint8_t> whole(1'000);
  ProgramRandom({}).fill(whole);
  std::vector<std::uint8_t> parts(1'000);
  ProgramRandom random({});
  for (std::size_t done = 0, step = 1; done < parts.size(); done += step, ++step) {
    step = std::min(step, parts.size() - done);
    random.fill(std::span(parts).subspan(done, step));
  }
  EXPECT_EQ(parts, whole);
}

TEST(Wasi, ExitCodeIsTheProgramsAndItsOutputIsKept) {
  const Outcome outcome =
      run(command("(call $put32 (i32.const 5)) (call $proc_exit (i32.const 42)) unreachable"));
  EXPECT_EQ(outcome.status, Status::exit_code);
  EXPECT_EQ(outcome.exit_code, 42);
  EXPECT_EQ(outcome.output.size(), 8U);
  EXPECT_THAT(outcome.detail, HasSubstr("code 42"));
}

TEST(Wasi, ExitWithZeroIsSuccess) {
  EXPECT_EQ(run(command("(call $proc_exit (i32.const 0)) unreachable")).status, Status::ok);
}

TEST(Wasi, UnknownDescriptorsAreBad) {
  EXPECT_EQ(numbers(R"(
    (call $put32 (call $fd_write (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 8)))
    (call $put32 (call $fd_read (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 8)))
    (call $put32 (call $fd_close (i32.const 9)))
    (call $put32 (call $fd_prestat_get (i32.const 3) (i32.const 0)))
    (call $put32 (call $path_unlink_file (i32.const 3) (i32.const 0) (i32.const 1)))
    (call $put32 (call $sock_shutdown (i32.const 3) (i32.const 0))))"),
            (Numbers{8, 8, 8, 8, 8, 8}));
}

TEST(Wasi, WhatStreamsCannotDoHasItsCode) {
  EXPECT_EQ(numbers(R"(
    (call $put32 (call $fd_read (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8)))
    (call $put32 (call $fd_write (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)))
    (call $put32 (call $fd_seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 8)))
    (call $put32 (call $path_open (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0)))
    (call $put32 (call $sock_accept (i32.const 0) (i32.const 0) (i32.const 0)))
    (call $put32 (call $proc_raise (i32.const 6))))"),
            (Numbers{8, 8, 70, 54, 57, 52}));
}

TEST(Wasi, ClosedAndRenumberedDescriptorsFollow) {
  EXPECT_EQ(numbers(R"(
    (call $put32 (call $fd_renumber (i32.const 0) (i32.const 2)))
    (call $put32 (call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)))
    (call $put32 (call $fd_read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 8)))
    (call $put32 (call $fd_close (i32.const 2)))
    (call $put32 (call $fd_read (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 8))))"),
            (Numbers{0, 8, 0, 0, 8}));
}

TEST(Wasi, StreamsAreNoTerminals) {
  EXPECT_EQ(numbers(R"(
    (drop (call $fd_fdstat_get (i32.const 0) (i32.const 0)))
    (call $put (i64.load (i32.const 0))) (call $put (i64.load (i32.const 8)))
    (drop (call $fd_fdstat_get (i32.const 1) (i32.const 0)))
    (call $put (i64.load (i32.const 0))) (call $put (i64.load (i32.const 8))))"),
            (Numbers{0, (1 << 27) | (1 << 1), 0, (1 << 27) | (1 << 6)}));
}

/// Calls with pointers that leave memory, also by wrapping around its 32 bits.
TEST(Wasi, PointersOutsideMemoryAreFaults) {
  EXPECT_EQ(numbers(R"(
    (i32.store (i32.const 0) (i32.const 0xfffffff0)) (i32.store (i32.const 4) (i32.const 0x20))
    (i32.store (i32.const 8) (i32.const 65535)) (i32.store (i32.const 12) (i32.const 2))
    (call $put32 (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (call $put32 (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (call $put32 (call $fd_write (i32.const 1) (i32.const 65532) (i32.const 1) (i32.const 16)))
    (call $put32 (call $fd_write (i32.const 1) (i32.const 0xfffffffc) (i32.const 1) (i32.const 16)))
    (call $put32 (call $random_get (i32.const 0xffffffff) (i32.const 2)))
    (call $put32 (call $random_get (i32.const 65536) (i32.const 1)))
    (call $put32 (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 65529)))
    (call $put32 (call $args_get (i32.const 65534) (i32.const 0)))
    (call $put32 (call $poll_oneoff (i32.const 65500) (i32.const 0) (i32.const 1) (i32.const 0)))
    (call $put32 (call $fd_filestat_get (i32.const 0) (i32.const 65500))))"),
            (Numbers{21, 21, 21, 21, 21, 21, 21, 21, 21, 21}));
}

TEST(Wasi, EmptyRangeAtTheEndOfMemoryIsFine) {
  EXPECT_EQ(numbers("(call $put32 (call $random_get (i32.const 65536) (i32.const 0)))"),
            (Numbers{0}));
}

TEST(Wasi, MemoryThatGrewIsSeenByHostFunctions) {
  EXPECT_EQ(numbers(R"(
    (call $put32 (call $random_get (i32.const 65536) (i32.const 8)))
    (drop (memory.grow (i32.const 1)))
    (call $put32 (call $random_get (i32.const 65536) (i32.const 8))))"),
            (Numbers{21, 0}));
}

TEST(Wasi, CommandWithoutMemoryGetsFaults) {
  const Outcome outcome = run(R"((module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func (export "_start") (call $exit (call $random (i32.const 0) (i32.const 1))))))");
  EXPECT_EQ(outcome.exit_code, 21);
}

TEST(Wasi, StandardErrorIsTheLog) {
  const Outcome outcome = run(R"((module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 100) "words\n")
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 6))
      (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))))",
                              {.limits = {.log_bytes = 6}});
  EXPECT_EQ(outcome.log, "words\n");
  EXPECT_FALSE(outcome.log_truncated);
  EXPECT_EQ(outcome.output, "");
}

TEST(Wasi, OutputOfExactlyTheLimitIsFine) {
  const std::string wat = command("(call $put32 (i32.const 1)) (call $put32 (i32.const 2))");
  EXPECT_EQ(run(wat, {.limits = {.output_bytes = 16}}).status, Status::ok);
  EXPECT_EQ(run(wat, {.limits = {.output_bytes = 15}}).status, Status::output_too_large);
}

}  // namespace
}  // namespace vcp::wasm
