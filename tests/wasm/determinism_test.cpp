// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "sandbox.hpp"

namespace vcp::wasm {
namespace {

constexpr std::string_view kMixed = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $now (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local i32)
    (drop (call $random_get (i32.const 1000) (i32.const 256)))
    (drop (call $now (i32.const 0) (i64.const 0) (i32.const 1256)))
    (local.set 0 (i32.const 20000))
    (loop $again
      (f64.store (i32.const 1264) (f64.add (f64.load (i32.const 1264)) (f64.sqrt (f64.load (i32.const 1000)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (i32.const 272))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))";

TEST(Determinism, SameCallGivesTheSameBytesAndGasInOtherThreadsAndEngines) {
  const Outcome first = run(kMixed, {.seed = {9}});
  ASSERT_EQ(first.status, Status::ok) << first.detail;
  ASSERT_EQ(first.output.size(), 272U);

  const std::string binary = assemble(kMixed);
  const Engine other = Engine::create().value();
  const auto module =
      other.load(inspect(binary).value(), compiler().compile(binary).value()).value();
  std::vector<Outcome> outcomes(16);
  {
    std::vector<std::jthread> threads;
    threads.reserve(outcomes.size());
    for (Outcome& outcome : outcomes) {
      threads.emplace_back([&] { outcome = other.execute(*module, Invocation{.seed = {9}}); });
    }
  }
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.output, first.output);
    EXPECT_EQ(outcome.gas_used, first.gas_used);
  }
}

TEST(Determinism, NanHasOneBitPattern) {
  EXPECT_EQ(call(R"((module (func (export "f") (result i64 i32)
              (i64.reinterpret_f64 (f64.div (f64.const -0) (f64.const 0)))
              (i32.reinterpret_f32 (f32.add (f32.const -nan:0x123456) (f32.const 1))))))",
                 "f")
                .output,
            "[9221120237041090560,2143289344]");  // 0x7ff8000000000000, 0x7fc00000
}

TEST(Determinism, RelaxedSimdIsTheDeterministicForm) {
  // A fused multiply-add is not rounded between: (1 + 2^-27)^2 - 1 differs in the last bits.
  EXPECT_EQ(call(R"((module (func (export "f") (result f64) (local v128)
              (local.set 0 (f64x2.splat (f64.add (f64.const 1) (f64.const 0x1p-27))))
              (f64x2.extract_lane 0 (f64x2.relaxed_madd (local.get 0) (local.get 0)
                (f64x2.splat (f64.const -1)))))))",
                 "f")
                .output,
            "[1.4901161249358807e-08]");
}

TEST(Determinism, ModuleOutlivesItsEngine) {
  const std::string binary = assemble(kMixed);
  std::shared_ptr<const CompiledModule> module;
  {
    const Engine brief = Engine::create().value();
    module = brief.load(inspect(binary).value(), compiler().compile(binary).value()).value();
  }
  EXPECT_EQ(engine().execute(*module, {}).status, Status::ok);
}

TEST(Engine, NameHasVersionConfigurationAndInstructionSet) {
  EXPECT_THAT(engine().name(),
              testing::MatchesRegex("wasmtime-48\\.[0-9.]+/[0-9a-f]+/[a-z0-9_.+]+"));
  EXPECT_EQ(Engine::create().value().name(), engine().name());
}

TEST(Engine, CodeThatIsNoneIsRefused) {
  const std::string binary = assemble(R"((module (func (export "f"))))");
  const auto loaded = engine().load(inspect(binary).value(), "no machine code at all");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::internal);
}

}  // namespace
}  // namespace vcp::wasm
