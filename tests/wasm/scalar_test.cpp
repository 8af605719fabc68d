// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox.hpp"
#include "vcp/wasm/module_info.hpp"

namespace vcp::wasm {
namespace {

using testing::HasSubstr;

constexpr std::string_view kIdentities = R"((module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "vector") (param v128))
  (func (export "reference") (result funcref) (ref.null func))))";

/// What the identity of a type makes of one argument, without the array around it.
std::string identity(std::string_view type, std::string_view argument) {
  const Outcome outcome = call(kIdentities, type, "[" + std::string(argument) + "]");
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  if (outcome.output.size() < 2) return outcome.output;
  return outcome.output.substr(1, outcome.output.size() - 2);
}

TEST(ScalarCall, IntegersAreExactToTheLastDigit) {
  for (const auto* value : {"0", "-1", "2147483647", "-2147483648"}) {
    EXPECT_EQ(identity("i32", value), value);
  }
  for (const auto* value : {"9223372036854775807", "-9223372036854775808", "9007199254740993"}) {
    EXPECT_EQ(identity("i64", value), value);
  }
}

TEST(ScalarCall, FloatsReadBackAsTheSameValue) {
  for (const auto* value : {"0.1", "-0", "1e+300", "5e-324", "1.7976931348623157e+308"}) {
    EXPECT_EQ(identity("f64", value), value);
  }
  for (const auto* value : {"0.1", "16777216", "3.4028235e+38", "1e-45"}) {
    EXPECT_EQ(identity("f32", value), value);
  }
}

TEST(ScalarCall, DecimalIsRoundedToF32Once) {
  // Just above the middle of two floats, but by less than a double can tell.
  EXPECT_EQ(identity("f32", "1.00000017881393432617187499"), "1.0000001");
  EXPECT_EQ(identity("f32", "1.00000017881393432617187501"), "1.0000002");
}

TEST(ScalarCall, TooSmallForAFloatIsZero) {
  EXPECT_EQ(identity("f32", "1e-60"), "0");
  EXPECT_EQ(identity("f64", "-1e-400"), "-0");
}

TEST(ScalarCall, FloatsThatAreNotFiniteAreStringsBothWays) {
  for (const auto* type : {"f32", "f64"}) {
    for (const auto* value : {"\"NaN\"", "\"Infinity\"", "\"-Infinity\""}) {
      EXPECT_EQ(identity(type, value), value);
    }
  }
}

TEST(ScalarCall, SeveralResultsKeepTheirOrder) {
  EXPECT_EQ(call(kIdentities, "swap", "[1, 2, 3.5, 4.25]").output, "[4.25,3.5,2,1]");
}

TEST(ScalarCall, NoResultsAreAnEmptyArray) {
  EXPECT_EQ(call(kIdentities, "nothing", "").output, "[]");
}

/// The pointer that a refused call names; empty if it is not refused.
std::string pointer(const ModuleInfo& info, std::string_view function, std::string_view args) {
  const auto checked = check_call(info, function, args);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, Code::invalid);
  return checked.error().fields.at(0).pointer;
}

TEST(CheckCall, ArgumentsOfTheWrongTypeOrRangeAreNamed) {
  const ModuleInfo& info = load(kIdentities)->info();
  for (const auto* bad : {"2147483648", "-2147483649", "1.5", "\"1\"", "true", "null", "[]"}) {
    EXPECT_EQ(pointer(info, "i32", "[" + std::string(bad) + "]"), "/args/0") << bad;
  }
  for (const auto* bad : {"9223372036854775808", "-9223372036854775809", "1e30", "\"NaN\""}) {
    EXPECT_EQ(pointer(info, "i64", "[" + std::string(bad) + "]"), "/args/0") << bad;
  }
  for (const auto* bad : {"1e39", "-1e39", "\"nan\"", "\"inf\"", "{}"}) {
    EXPECT_EQ(pointer(info, "f32", "[" + std::string(bad) + "]"), "/args/0") << bad;
  }
  EXPECT_EQ(pointer(info, "f64", "[1e309]"), "/args/0");
  EXPECT_EQ(pointer(info, "swap", "[1, 2, 3, \"x\"]"), "/args/3");
}

TEST(CheckCall, WrongNumberOfArgumentsIsNamed) {
  const ModuleInfo& info = load(kIdentities)->info();
  EXPECT_EQ(pointer(info, "i32", "[]"), "/args");
  EXPECT_EQ(pointer(info, "i32", "[1, 2]"), "/args");
  EXPECT_EQ(pointer(info, "i32", "{}"), "/args");
  EXPECT_EQ(pointer(info, "i32", "[1"), "/args");
}

TEST(CheckCall, FunctionThatCannotBeCalledIsNamed) {
  const ModuleInfo& info = load(kIdentities)->info();
  EXPECT_EQ(pointer(info, "missing", "[]"), "/function");
  EXPECT_EQ(pointer(info, "", "[]"), "/function");
  EXPECT_EQ(pointer(info, "vector", "[0]"), "/function");
  EXPECT_EQ(pointer(info, "reference", "[]"), "/function");
}

TEST(CheckCall, CommandTakesNoFunctionAndNoArguments) {
  const ModuleInfo info = inspect(assemble(R"((module
    (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    (func (export "_start")) (func (export "f"))))"))
                              .value();
  EXPECT_EQ(pointer(info, "", ""), "");
  EXPECT_EQ(pointer(info, "_start", "[]"), "");
  EXPECT_EQ(pointer(info, "f", ""), "/function");
  EXPECT_EQ(pointer(info, "", "[1]"), "/args");
}

TEST(CheckCall, OtherFunctionOfAReactorIsAScalarCall) {
  const ModuleInfo info = inspect(assemble(R"((module
    (memory (export "memory") 1)
    (func (export "alloc") (param i32) (result i32) (i32.const 0))
    (func (export "run") (param i32 i32) (result i64) (i64.const 0))
    (func (export "version") (result i32) (i32.const 7))))"))
                              .value();
  EXPECT_EQ(pointer(info, "version", "[]"), "");
  EXPECT_EQ(pointer(info, "run", "[]"), "");
  EXPECT_EQ(pointer(info, "", "[1]"), "/args");
}

}  // namespace
}  // namespace vcp::wasm
