// SPDX-License-Identifier: Apache-2.0
#include "inputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vcp::circom {
namespace {

using ::testing::ElementsAre;
using zk::Fr;

/// The one value of the signal "a".
Result<Fr> value(const std::string& json) {
  const auto inputs = read_inputs(R"({"a": )" + json + "}");
  if (!inputs) return std::unexpected(inputs.error());
  return inputs->at(0).values.at(0);
}

std::string pointer(const std::string& json) {
  const auto inputs = read_inputs(json);
  return inputs || inputs.error().fields.empty() ? "(none)" : inputs.error().fields[0].pointer;
}

TEST(InputValue, IsADecimalString) { EXPECT_EQ(value(R"("0123")").value(), Fr(123)); }
TEST(InputValue, IsAHexadecimalString) { EXPECT_EQ(value(R"("0xfF")").value(), Fr(255)); }
TEST(InputValue, IsAnInteger) { EXPECT_EQ(value("9007199254740992").value(), Fr(1ULL << 53)); }
TEST(InputValue, IsABoolean) { EXPECT_EQ(value("true").value(), Fr(1)); }

TEST(InputValue, MayBeNegative) {
  EXPECT_EQ(value(R"("-5")").value(), -Fr(5));
  EXPECT_EQ(value("-5").value(), -Fr(5));
}

TEST(InputValue, IsReducedModuloR) {
  const std::string r =
      "21888242871839275222246405745257275088548364400416034343698204186575808495617";
  EXPECT_EQ(value('"' + r + '"').value(), Fr());
  EXPECT_EQ(value("\"-" + r + '"').value(), Fr());
  EXPECT_EQ(value('"' + r + "0\"").value(), Fr());
}

class NoInputValue : public ::testing::TestWithParam<const char*> {};

TEST_P(NoInputValue, IsRefusedByItsPlace) {
  EXPECT_EQ(pointer(std::string(R"({"ok": 1, "a": [1, )") + GetParam() + "]}"), "/a/1");
}

INSTANTIATE_TEST_SUITE_P(Of, NoInputValue,
                         ::testing::Values("null", "1.5", "9007199254740993", "1e400", R"("")",
                                           R"("1.5")", R"("x")", R"(" 1")", R"("-")", R"("--1")",
                                           R"("0x")", R"("-0x1")", R"("1e3")", R"("12a")", "{}"));

TEST(InputValue, OfTooManyDigitsIsRefused) {
  EXPECT_FALSE(value('"' + std::string(2000, '1') + '"'));
}

TEST(InputSignals, AreFlattenedInTheOrderOfTheirIndices) {
  const auto inputs = read_inputs(R"({"m": [[1, 2], ["3"], []], "n": 4})").value();
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].name, "m");
  EXPECT_THAT(inputs[0].values, ElementsAre(Fr(1), Fr(2), Fr(3)));
  EXPECT_THAT(inputs[1].values, ElementsAre(Fr(4)));
}

TEST(InputSignals, OfBusesHaveTheNamesOfTheirMembers) {
  const auto inputs =
      read_inputs(R"({"p": {"x": 1, "q": [{"y": [2, 3]}, {"y": [4, 5]}]}})").value();
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_EQ(inputs[0].name, "p.x");
  EXPECT_EQ(inputs[1].name, "p.q[0].y");
  EXPECT_EQ(inputs[2].name, "p.q[1].y");
  EXPECT_EQ(inputs[2].pointer, "/p/q/1/y");
  EXPECT_THAT(inputs[2].values, ElementsAre(Fr(4), Fr(5)));
}

TEST(InputSignals, AreAnObject) {
  for (const char* text : {"", "[]", "1", "{", R"({"a": 1, "a": 2})"}) {
    EXPECT_FALSE(read_inputs(text)) << text;
  }
}

}  // namespace
}  // namespace vcp::circom
