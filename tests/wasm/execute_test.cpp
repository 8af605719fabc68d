// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sandbox.hpp"

namespace vcp::wasm {
namespace {

constexpr std::string_view kAdd = R"((module
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))))";

TEST(Scalar, AddsTwoNumbers) {
  const Outcome outcome = call(kAdd, "add", "[2, 3]");
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  EXPECT_EQ(outcome.output, "[5]");
  EXPECT_GT(outcome.gas_used, 0U);
}

constexpr std::string_view kHello = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))";

TEST(Command, WritesItsResultToStandardOutput) {
  const Outcome outcome = run(kHello);
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  EXPECT_EQ(outcome.output, "hello\n");
}

constexpr std::string_view kEcho = R"((module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
            (i64.extend_i32_u (local.get 1))))))";

TEST(Reactor, EchoesItsInput) {
  const Outcome outcome = run(kEcho, {.input = "some bytes"});
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  EXPECT_EQ(outcome.output, "some bytes");
}

}  // namespace
}  // namespace vcp::wasm
