// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "sandbox.hpp"

namespace vcp::wasm {
namespace {

constexpr std::string_view kLoop = R"((module
  (func (export "loop") (param i32) (result i32) (local i32)
    (loop $again
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $fib (export "fib") (param i64) (result i64)
    (if (result i64) (i64.lt_s (local.get 0) (i64.const 2))
      (then (local.get 0))
      (else (i64.add (call $fib (i64.sub (local.get 0) (i64.const 1)))
                     (call $fib (i64.sub (local.get 0) (i64.const 2)))))))
  (func (export "fill") (param i32)
    (memory.fill (i32.const 0) (i32.const 7) (local.get 0)))
  (func (export "give_up") (param i32)
    (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    unreachable)
  (func (export "divide") (param i32) (result i32)
    (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.div_s (i32.const 1) (local.get 0)))
  (memory 2)))";

Outcome with_gas(std::string_view function, std::string_view args, std::uint64_t gas) {
  return run(kLoop, {.function = function, .args = args, .limits = {.gas = gas}});
}

/// What a call costs suffices as its limit, one less does not, and more changes nothing.
void expect_exact(std::string_view function, std::string_view args, Status status) {
  const Outcome free = with_gas(function, args, 1'000'000'000);
  ASSERT_EQ(free.status, status) << free.detail;
  const Outcome enough = with_gas(function, args, free.gas_used);
  EXPECT_EQ(enough.status, status) << function << args << enough.detail;
  EXPECT_EQ(enough.gas_used, free.gas_used);
  EXPECT_EQ(enough.output, free.output);
  const Outcome short_by_one = with_gas(function, args, free.gas_used - 1);
  EXPECT_EQ(short_by_one.status, Status::out_of_gas) << function << args;
  EXPECT_EQ(short_by_one.gas_used, free.gas_used - 1);
  EXPECT_EQ(short_by_one.output, "");
}

TEST(Gas, IsExactForLoopsCallsAndBulkOperations) {
  std::mt19937 random(7);
  for (int i = 0; i < 30; ++i) {
    expect_exact("loop", "[" + std::to_string(1 + random() % 5'000) + "]", Status::ok);
    expect_exact("fib", "[" + std::to_string(random() % 15) + "]", Status::ok);
    expect_exact("fill", "[" + std::to_string(random() % 100'000) + "]", Status::ok);
  }
}

TEST(Gas, IsExactWhenTheProgramGivesUp) { expect_exact("give_up", "[1000]", Status::trap); }

TEST(Gas, GrowsByTheByteForBulkOperations) {
  const Outcome small = with_gas("fill", "[10]", 1'000'000);
  const Outcome large = with_gas("fill", "[100010]", 1'000'000);
  EXPECT_EQ(large.gas_used - small.gas_used, 100'000U);
}

TEST(Gas, WholeLimitIsChargedAfterATrapOfTheMachine) {
  const Outcome outcome = with_gas("divide", "[1000]", 123'456);
  EXPECT_EQ(outcome.status, Status::trap);
  EXPECT_EQ(outcome.detail.substr(0, 24), "integer division by zero");
  EXPECT_EQ(outcome.gas_used, 123'456U);
}

TEST(Gas, NoneAtAllIsOutOfGas) {
  const Outcome outcome = with_gas("loop", "[1]", 0);
  EXPECT_EQ(outcome.status, Status::out_of_gas);
  EXPECT_EQ(outcome.gas_used, 0U);
}

TEST(Gas, LargestLimitDoesNotOverflow) {
  const Outcome outcome = with_gas("loop", "[10]", UINT64_MAX);
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  EXPECT_EQ(outcome.gas_used, with_gas("loop", "[10]", 1'000'000).gas_used);
}

constexpr std::string_view kWrite = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 5000))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $random_get (i32.const 100) (i32.const 777)))
    (call $proc_exit (i32.const 3)))))";

TEST(Gas, IsExactAcrossHostFunctions) {
  const Outcome free = run(kWrite);
  ASSERT_EQ(free.status, Status::exit_code) << free.detail;
  EXPECT_GT(free.gas_used, 5'777U);  // a unit for each byte that the host moves
  EXPECT_EQ(run(kWrite, {.limits = {.gas = free.gas_used}}).status, Status::exit_code);
  for (std::uint64_t gas = 0; gas < free.gas_used; gas += 97) {
    EXPECT_EQ(run(kWrite, {.limits = {.gas = gas}}).status, Status::out_of_gas) << gas;
  }
  EXPECT_EQ(run(kWrite, {.limits = {.gas = free.gas_used - 1}}).status, Status::out_of_gas);
}

TEST(Gas, OfTheStartFunctionIsCharged) {
  constexpr std::string_view kStart = R"((module
    (func $spin (local i32) (local.set 0 (i32.const 1000))
      (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (start $spin)
    (func (export "f"))))";
  const Outcome free = call(kStart, "f");
  EXPECT_GT(free.gas_used, 1'000U);
  const Outcome short_by_one = run(kStart, {.function = "f", .limits = {.gas = free.gas_used - 1}});
  EXPECT_EQ(short_by_one.status, Status::out_of_gas);
}

}  // namespace
}  // namespace vcp::wasm
