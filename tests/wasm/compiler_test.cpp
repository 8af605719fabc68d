// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sandbox.hpp"

namespace vcp::wasm {
namespace {

using testing::HasSubstr;

TEST(Compiler, TextThatIsWrongIsRefusedWithItsPlace) {
  const auto binary = compiler().wat_to_wasm("(module\n  (func (nonsense)))");
  ASSERT_FALSE(binary);
  EXPECT_EQ(binary.error().code, Code::invalid);
  EXPECT_THAT(binary.error().message, HasSubstr(":2:"));
}

TEST(Compiler, TextOverItsLimitIsNotRead) {
  const auto binary = compiler({.wat_bytes = 10}).wat_to_wasm("(module (func))");
  ASSERT_FALSE(binary);
  EXPECT_EQ(binary.error().code, Code::too_large);
}

TEST(Compiler, TextNestedWithoutEndIsRefused) {
  const auto binary = compiler().wat_to_wasm(std::string(1 << 20, '('));
  ASSERT_FALSE(binary);
  EXPECT_EQ(binary.error().code, Code::invalid);
}

TEST(Compiler, BodyOfTheWrongTypeIsInvalid) {
  const std::string binary = assemble(R"((module (func (export "f") (result i32) (i64.const 1))))");
  ASSERT_TRUE(inspect(binary));
  const auto valid = compiler().validate(binary);
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().code, Code::invalid);
  EXPECT_THAT(valid.error().message, HasSubstr("type mismatch"));
  EXPECT_FALSE(compiler().compile(binary));
}

TEST(Compiler, GoodModuleIsValid) {
  EXPECT_TRUE(compiler().validate(assemble(R"((module (func (export "f"))))")));
}

/// Takes many seconds and much memory to compile: loops around locals that all change in them.
std::string costly_module() {
  constexpr int kLocals = 3'000;
  std::string wat = "(module (func (export \"f\") (local ";
  for (int i = 0; i < kLocals; ++i) wat += "i32 ";
  wat += ")";
  for (int i = 0; i < 1'000; ++i) wat += "loop ";
  for (int i = 0; i < kLocals; ++i) {
    const std::string local = std::to_string(i);
    wat.append("(local.set ").append(local).append(" (i32.add (local.get ").append(local);
    wat += ") (i32.const 1)))";
  }
  for (int i = 0; i < 1'000; ++i) wat += "(br_if " + std::to_string(i) + " (local.get 0))";
  for (int i = 0; i < 1'000; ++i) wat += "end ";
  return assemble(wat + "))");
}

TEST(Compiler, ProcessorTimeIsLimited) {
  const auto artifact = compiler({.cpu = std::chrono::seconds(1)}).compile(costly_module());
  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, Code::invalid);
  EXPECT_THAT(artifact.error().message, HasSubstr("more than 1 s of processor time"));
}

TEST(Compiler, DeadlineIsTheMachinesFault) {
  const auto artifact = compiler({.wall = std::chrono::seconds(1)}).compile(costly_module());
  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, Code::unavailable);
  EXPECT_THAT(artifact.error().message, HasSubstr("killed after 1 s"));
}

TEST(Compiler, MachineCodeIsLimited) {
  const auto artifact =
      compiler({.artifact_bytes = 1'000}).compile(assemble(R"((module (func (export "f"))))"));
  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, Code::invalid);
  EXPECT_THAT(artifact.error().message, HasSubstr("more than 1000 bytes"));
}

#if !VCP_SANITIZED
TEST(Compiler, MemoryIsLimited) {
  const auto artifact =
      compiler({.memory_bytes = std::uint64_t{200} << 20}).compile(costly_module());
  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, Code::invalid);
  EXPECT_THAT(artifact.error().message, HasSubstr("209715200 bytes of memory"));
}
#endif

TEST(Compiler, ProgramThatIsNotThereIsUnavailable) {
  const auto artifact =
      Compiler(CompilerProgram::at("/nonexistent")).compile(assemble("(module (func))"));
  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, Code::unavailable);
}

TEST(Compiler, ProgramThatIsNoCompilerIsUnavailable) {
  const auto artifact = Compiler(CompilerProgram::at("/bin/true")).compile("anything");
  ASSERT_FALSE(artifact);
  EXPECT_EQ(artifact.error().code, Code::unavailable);
}

}  // namespace
}  // namespace vcp::wasm
