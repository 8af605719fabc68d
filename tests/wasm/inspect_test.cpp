// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sandbox.hpp"
#include "vcp/wasm/module_info.hpp"

namespace vcp::wasm {
namespace {

using testing::HasSubstr;

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

ModuleInfo accepted(std::string_view wat) {
  auto info = inspect(assemble(wat));
  EXPECT_TRUE(info) << info.error().message;
  return info.value_or(ModuleInfo{});
}

/// Why a module is refused; empty if it is not.
std::string refusal(std::string_view binary) {
  const auto info = inspect(binary);
  return info ? "" : info.error().message;
}

std::string refusal_of(std::string_view wat) { return refusal(assemble(wat)); }

TEST(Inspect, CommandIsRecognisedByItsStart) {
  const ModuleInfo info = accepted(R"((module
    (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
    (memory (export "memory") 3)
    (func (export "_start"))))");
  EXPECT_EQ(info.abi, Abi::wasi_command);
  EXPECT_EQ(info.memory_min_bytes, 3U * 65'536);
  ASSERT_EQ(info.imports.size(), 1U);
  EXPECT_EQ(info.imports[0].name, "proc_exit");
  EXPECT_EQ(to_string(info.imports[0].type), "(i32) -> ()");
}

TEST(Inspect, ReactorIsRecognisedByItsThreeExports) {
  EXPECT_EQ(accepted(R"((module
    (memory (export "memory") 1)
    (func (export "alloc") (param i32) (result i32) (i32.const 0))
    (func (export "run") (param i32 i32) (result i64) (i64.const 0))))")
                .abi,
            Abi::reactor);
}

TEST(Inspect, AnyOtherModuleWithoutImportsIsScalar) {
  const ModuleInfo info = accepted(R"((module
    (global (export "g") i32 (i32.const 1))
    (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))))");
  EXPECT_EQ(info.abi, Abi::scalar);
  ASSERT_EQ(info.exports.size(), 2U);
  EXPECT_EQ(info.exports[0].kind, ExternKind::global);
  EXPECT_EQ(to_string(*info.exports[1].type), "(f64) -> f64");
}

TEST(Inspect, FeaturesThatAreOnPass) {
  EXPECT_EQ(accepted(R"((module
    (memory 1) (table 2 funcref) (elem (i32.const 0) func $tail)
    (elem $passive func $tail) (elem declare func $tail) (data $bytes "x")
    (global i32 (i32.add (i32.const 1) (i32.const 2)))
    (func $tail (param i32) (result i32 i32)
      (return_call $tail (i32.extend8_s (local.get 0))))
    (func (export "f") (param i32) (result i32)
      (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
      (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 1))
      (table.init $passive (i32.const 0) (i32.const 0) (i32.const 1))
      (drop (table.grow (ref.null func) (i32.const 1)))
      (drop (ref.is_null (ref.func $tail)))
      (drop (i32.trunc_sat_f32_s (f32.const 1)))
      (drop (v128.load8_lane 1 (i32.const 0) (v128.const i64x2 1 2)))
      (drop (i8x16.relaxed_swizzle (v128.const i64x2 1 2) (v128.const i64x2 1 2)))
      (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))
      (block (block (br_table 0 1 0 (local.get 0))))
      (local.get 0))))")
                .abi,
            Abi::scalar);
}

TEST(Inspect, BytesThatAreNoModuleAreMalformed) {
  const std::string good = assemble(R"((module (func (export "f"))))");
  for (const std::string& bad :
       {std::string(), std::string("hello"), good.substr(0, 7), good.substr(0, good.size() - 1),
        good + '\x01', good + good.substr(8), std::string("\0asm\2\0\0\0", 8)}) {
    const auto info = inspect(bad);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, Code::malformed) << info.error().message;
  }
}

TEST(Inspect, EveryPrefixOfAModuleIsRefused) {
  const std::string good = assemble(R"((module
    (memory (export "memory") 1) (table 1 funcref) (elem (i32.const 0) func 0)
    (func (export "f") (result i32) (local i64) (block (result i32) (i32.const -5)))
    (data (i32.const 0) "abc")))");
  ASSERT_TRUE(inspect(good));
  // The last section, the data, may be missing altogether: it holds nothing that others need.
  for (std::size_t size = 0; size + 11 < good.size(); ++size) {
    EXPECT_FALSE(inspect(std::string_view(good).substr(0, size))) << size;
  }
}

TEST(Inspect, ModuleOverItsSizeIsTooLarge) {
  ShapeLimits limits;
  limits.module_bytes = 20;
  const auto info = inspect(assemble(R"((module (func (export "function"))))"), limits);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, Code::too_large);
}

TEST(Inspect, AllMissingImportsAreListed) {
  EXPECT_EQ(
      refusal_of(R"((module
    (import "env" "emscripten_notify" (func))
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fly" (func))
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 1 funcref))
    (import "env" "base" (global i32))
    (func (export "_start"))))"),
      "imports that are not there: env.memory (memory), env.table (table), env.base (global), "
      "env.emscripten_notify, wasi_snapshot_preview1.fd_fly");
}

TEST(Inspect, WasiFunctionOfAnotherTypeIsRefused) {
  EXPECT_THAT(refusal_of(R"((module
    (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
    (func (export "_start"))))"),
              HasSubstr("fd_close as (i64) -> i32, which is (i32) -> i32"));
}

TEST(Inspect, ImportsNeedACommand) {
  EXPECT_THAT(refusal_of(R"((module
    (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    (func (export "f"))))"),
              HasSubstr("exports no _start"));
}

TEST(Inspect, ModuleWithoutAFunctionToCallIsRefused) {
  EXPECT_THAT(refusal_of("(module (func))"), HasSubstr("exports no function"));
}

TEST(Inspect, NameThatIsNotUtf8IsRefused) {
  std::string binary = assemble(R"((module (func (export "name"))))");
  binary[binary.find("name")] = '\xff';
  EXPECT_THAT(refusal(binary), HasSubstr("not UTF-8"));
}

struct Refused {
  std::string_view wat;
  std::string_view reason;

  friend std::ostream& operator<<(std::ostream& out, const Refused& refused) {
    return out << refused.wat;
  }
};

class Feature : public testing::TestWithParam<Refused> {};

TEST_P(Feature, IsRefusedByName) {
  EXPECT_THAT(refusal_of(GetParam().wat), HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Off, Feature,
    testing::Values(
        Refused{"(component)", "component"},
        Refused{R"((module (memory 1 1 shared) (func (export "f"))))", "shared memory"},
        Refused{
            R"((module (memory 1 1) (func (export "f") (drop (i32.atomic.load (i32.const 0))))))",
            "atomics"},
        Refused{R"((module (func (export "f") (atomic.fence))))", "atomics"},
        Refused{R"((module (memory i64 1) (func (export "f"))))", "memory64"},
        Refused{R"((module (table i64 1 funcref) (func (export "f"))))", "memory64"},
        Refused{R"((module (memory 1) (memory 1) (func (export "f"))))", "several memories"},
        Refused{R"((module (type (struct (field i32))) (func (export "f"))))", "GC"},
        Refused{R"((module (rec (type (func))) (func (export "f"))))", "GC"},
        Refused{R"((module (func (export "f") (drop (ref.i31 (i32.const 1))))))", "GC"},
        Refused{R"((module (func (export "f") (param externref))))", "externref"},
        Refused{R"((module (type $t (func)) (func (export "f") (param (ref null $t)))))", "GC"},
        Refused{R"((module (type $t (func)) (table 1 (ref null $t)) (func (export "f"))))", "GC"},
        Refused{R"((module (type $t (func)) (func (export "f") (call_ref $t (ref.null $t)))))",
                "typed references"},
        Refused{R"((module (tag) (func (export "f"))))", "exceptions"},
        Refused{R"((module (func (export "f") (try_table (nop)))))", "exceptions"},
        Refused{R"((module (memory 1 (pagesize 1)) (func (export "f"))))", "custom page sizes"},
        Refused{R"((module (func (export "f")
          (drop (drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))))))",
                "wide arithmetic"}));

TEST(Inspect, LegacyExceptionsAreRefusedByName) {
  // Its text form is no longer read: a `try` in place of a `block`.
  std::string binary = assemble(R"((module (func (export "f") (block))))");
  const std::size_t at = binary.find("\x02\x40\x0b");
  ASSERT_NE(at, std::string::npos);
  binary[at] = '\x06';
  EXPECT_THAT(refusal(binary), HasSubstr("exceptions (the legacy form)"));
}

TEST(Shape, FourGiBOfInitialMemoryAreWithinTheDefault) {
  EXPECT_EQ(accepted(R"((module (memory 65536) (func (export "f"))))").memory_min_bytes,
            std::uint64_t{4} << 30);
}

TEST(Shape, InitialMemoryOverTheLimitIsRefused) {
  ShapeLimits limits;
  limits.memory_bytes = 65'536;
  const auto info = inspect(assemble(R"((module (memory 2) (func (export "f"))))"), limits);
  ASSERT_FALSE(info);
  EXPECT_THAT(info.error().message, HasSubstr("the memory begins with 131072 bytes"));
}

TEST(Shape, FiftyThousandLocalsAreRefused) {
  EXPECT_THAT(refusal_of(R"((module (func (export "f") (local )" + repeat("i32 ", 50'000) + ")))"),
              HasSubstr("function 0: a function of 50000 locals"));
}

TEST(Shape, LocalsThatOverflowAreRefused) {
  std::string binary = assemble(R"((module (func (export "f") (local i32 i64 i32))))");
  const std::size_t at = binary.find("\x03\x01\x7f\x01\x7e\x01\x7f");
  ASSERT_NE(at, std::string::npos);
  const std::string huge("\x80\x80\x80\x80\x08");  // 2^31
  std::string groups(1, '\x03');
  for (const char type : {'\x7f', '\x7e', '\x7f'}) groups.append(huge).push_back(type);
  binary.replace(at, 7, groups);
  binary[at - 1] = static_cast<char>(binary[at - 1] + 12);  // the body's size
  binary[at - 3] = static_cast<char>(binary[at - 3] + 12);  // the section's size
  EXPECT_THAT(refusal(binary), HasSubstr("2147483648 locals"));
}

TEST(Shape, GiantBranchTableIsRefused) {
  EXPECT_THAT(refusal_of(R"((module (func (export "f") (br_table )" + repeat("0 ", 30'000) +
                         "(i32.const 0))))"),
              HasSubstr("br_tables have 29999 targets"));
}

TEST(Shape, ManyBranchTablesInOneFunctionAreRefused) {
  const std::string table = "(block (br_table " + repeat("0 ", 1'000) + "(i32.const 0)))";
  EXPECT_THAT(refusal_of(R"((module (func (export "f"))" + repeat(table, 30) + "))"),
              HasSubstr("br_tables"));
}

TEST(Shape, CallsOfAThousandValuesAreRefused) {
  EXPECT_THAT(refusal_of("(module (func (export \"f\") (param " + repeat("i32 ", 1'000) + ")))"),
              HasSubstr("1000 parameters of one type"));
}

TEST(Shape, ManyCallsOfManyValuesAreRefused) {
  const std::string push = repeat("(i32.const 0)", 200);
  const std::string call = "(call $g " + push + ")";
  EXPECT_THAT(refusal_of("(module (func $g (param " + repeat("i32 ", 200) + R"())
                         (func (export "f"))" +
                         repeat(call, 1'300) + "))"),
              HasSubstr("calls pass"));
}

TEST(Shape, ManyLoopsAroundManyLocalsAreRefused) {
  EXPECT_THAT(refusal_of(R"((module (func (export "f") (local )" + repeat("i32 ", 1'000) + ")" +
                         repeat("loop ", 101) + repeat("end ", 101) + "))"),
              HasSubstr("1000 locals with loops nested 101 deep"));
}

TEST(Shape, DeepNestingIsRefused) {
  EXPECT_THAT(refusal_of(R"((module (func (export "f"))" + repeat("block ", 10'001) +
                         repeat("end ", 10'001) + "))"),
              HasSubstr("blocks nested"));
}

TEST(Shape, ManyExportsAreRefused) {
  std::string exports;
  for (int i = 0; i <= 10'000; ++i) exports += "(export \"f" + std::to_string(i) + "\" (func 0))";
  EXPECT_THAT(refusal_of("(module (func)" + exports + ")"), HasSubstr("10001 exports"));
}

TEST(Shape, HugeTableIsRefused) {
  EXPECT_THAT(refusal_of(R"((module (table 1000001 funcref) (func (export "f"))))"),
              HasSubstr("table 0 has 1000001 elements"));
}

TEST(Shape, CountThatTheBytesCannotHoldIsRefusedBeforeMemoryIsTaken) {
  // A type section of ten bytes that claims 9,000 types.
  const std::string binary("\0asm\1\0\0\0\1\x0a\xa8\x46\x60\0\0\0\0\0\0\0", 20);
  EXPECT_THAT(refusal(binary), HasSubstr("unexpected end"));
}

}  // namespace
}  // namespace vcp::wasm
