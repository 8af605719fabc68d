// SPDX-License-Identifier: Apache-2.0
#include "vcp/circom/witness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/sandbox.hpp"

// Calculators that are wrong or hostile; tests/api/test_proofs.py runs one that circom made.

namespace vcp::circom {
namespace {

using ::testing::HasSubstr;

/// A calculator with one input, whose witness is 1 and that input, but for what is replaced.
struct Calculator {
  std::string prime =
      R"(\01\00\00\f0\93\f5\e1\43\91\70\b9\79\48\e8\33\28\5d\58\81\81\b6\45\50\b8\29\a0\31\e1\72\4e\64\30)";
  std::string set = {};  ///< what setInputSignal does at its end
  std::string message = "(i32.const 0)";
  std::string witness_size = "2";

  [[nodiscard]] std::string wat() const {
    return R"((module
      (import "runtime" "exceptionHandler" (func $exception (param i32)))
      (import "runtime" "printErrorMessage" (func $error))
      (import "runtime" "writeBufferMessage" (func $write))
      (import "runtime" "showSharedRWMemory" (func $show))
      (memory (export "memory") 1)
      (data (i32.const 100) ")" +
           prime + R"(")
      (data (i32.const 200) "\01")
      (func $copy (param $to i32) (param $from i32)
        (memory.copy (local.get $to) (local.get $from) (i32.const 32)))
      (func (export "getFieldNumLen32") (result i32) (i32.const 8))
      (func (export "getSharedRWMemoryStart") (result i32) (i32.const 0))
      (func (export "getRawPrime") (call $copy (i32.const 0) (i32.const 100)))
      (func (export "init") (param i32))
      (func (export "getInputSize") (result i32) (i32.const 1))
      (func (export "getInputSignalSize") (param i32 i32) (result i32) (i32.const 1))
      (func (export "setInputSignal") (param i32 i32 i32)
        (call $copy (i32.const 232) (i32.const 0)) )" +
           set + R"()
      (func (export "getMessageChar") (result i32) )" +
           message + R"()
      (func (export "getWitnessSize") (result i32) (i32.const )" +
           witness_size + R"())
      (func (export "getWitness") (param i32)
        (call $copy (i32.const 0)
                    (i32.add (i32.const 200) (i32.mul (local.get 0) (i32.const 32)))))))";
  }

  [[nodiscard]] Result<Witness> run(const std::string& inputs = R"({"a": 5})",
                                    const wasm::CallLimits& limits = {.gas = 10'000'000}) const {
    const auto allowed = imports();
    return calculate_witness(*wasm::load_binary(wasm::assemble(wat()), allowed), inputs, limits);
  }

  [[nodiscard]] std::string refusal() const {
    const auto witness = run();
    return witness ? "(calculated)" : witness.error().message;
  }
};

TEST(WitnessCalculator, GivesTheWitness) {
  const auto witness = Calculator().run();
  ASSERT_TRUE(witness) << witness.error().message;
  ASSERT_EQ(witness->wtns.size(), 12U + 12 + 40 + 12 + 64);
  EXPECT_EQ(witness->wtns[witness->wtns.size() - 64], 1);
  EXPECT_EQ(witness->wtns[witness->wtns.size() - 32], 5);
  EXPECT_GT(witness->gas_used, 0U);
}

TEST(WitnessCalculator, LogsNumbersAndText) {
  const Calculator calculator{.set = "(call $show) (call $show)"};
  EXPECT_EQ(calculator.run()->log, "5 5");
}

TEST(WitnessCalculator, OverAnotherFieldIsRefused) {
  EXPECT_THAT(Calculator{.prime = "\\07"}.refusal(), HasSubstr("another field"));
}

TEST(WitnessCalculator, ThatRefusesIsReported) {
  EXPECT_THAT(Calculator{.set = "(call $exception (i32.const 4))"}.refusal(),
              HasSubstr("an assertion fails"));
  EXPECT_THAT(Calculator{.set = "(call $exception (i32.const -7))"}.refusal(),
              HasSubstr("an unknown error"));
}

TEST(WitnessCalculator, ThatTrapsIsReported) {
  EXPECT_THAT(Calculator{.set = "unreachable"}.refusal(), HasSubstr("the calculator trapped"));
}

TEST(WitnessCalculator, WithAMessageWithoutEndRunsOutOfGas) {
  const Calculator calculator{.set = "(call $error)", .message = "(i32.const 65)"};
  EXPECT_EQ(calculator.run().error().code, Code::too_large);
}

TEST(WitnessCalculator, WithAWitnessBeyondTheLimitIsRefused) {
  for (const char* size : {"32769", "2147483647", "-1"}) {
    EXPECT_THAT(Calculator{.witness_size = size}.refusal(), HasSubstr("bytes are allowed")) << size;
  }
}

TEST(WitnessCalculator, IsNotRunOnWrongInputs) {
  EXPECT_EQ(Calculator{.set = "unreachable"}.run("[]").error().code, Code::invalid);
}

TEST(WitnessCalculator, WithoutAFunctionOfTheirsIsRefused) {
  const auto allowed = imports();
  const auto module = wasm::load_binary(wasm::assemble("(module)"), allowed);
  EXPECT_THAT(calculate_witness(*module, "{}", {}).error().message, HasSubstr("getFieldNumLen32"));
}

}  // namespace
}  // namespace vcp::circom
