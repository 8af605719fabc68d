// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/binding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace vcp::coordinator {
namespace {

using testing::HasSubstr;
using zk::Fr;

/// SHA-256 of the empty text, and its halves as numbers.
constexpr std::string_view kHigh = "302652579918965577886386472538583578916";
constexpr std::string_view kLow = "52744687940778649747319168982913824853";

/// What is not bound when the only signal is that decimal number.
std::optional<std::string> unbound(const std::string& entry, std::string_view signal,
                                   const BoundRun& run = {}) {
  const std::vector bind{entry};
  const std::vector signals{Fr::from_decimal(signal).value()};
  return find_unbound(bind, signals, run);
}

BoundRun with_output(std::string_view output) {
  BoundRun run;
  run.output = output;
  return run;
}

TEST(Binding, ReadsEveryWord) {
  for (const char* entry :
       {"any", "literal:0", "literal:12", "module_sha256.hi", "module_sha256.lo", "input_sha256.hi",
        "output_sha256.lo", "task_id.hi", "output[0]", "output[4095]"}) {
    EXPECT_TRUE(parse_binding(entry)) << entry;
  }
}

TEST(Binding, ReadsNothingElse) {
  for (const char* entry : {"",
                            "Any",
                            "any ",
                            "literal:",
                            "literal:01",
                            "literal:-1",
                            "literal:0x1",
                            "module_sha256",
                            "module_sha256.mid",
                            "sha256.hi",
                            "task_id",
                            ".hi",
                            "output",
                            "output[",
                            "output[]",
                            "output[00]",
                            "output[-1]",
                            "output[+1]",
                            "output[ 1]",
                            "output[1]x",
                            "output[18446744073709551616]",
                            "literal:21888242871839275222246405745257275088548364400416034343698204"
                            "186575808495617"}) {
    EXPECT_FALSE(parse_binding(entry)) << entry;
  }
}

TEST(Bound, IsEverySignalOfWhichNothingIsSaid) { EXPECT_FALSE(unbound("any", "7")); }

TEST(Bound, IsALiteralAndNoOther) {
  EXPECT_FALSE(unbound("literal:7", "7"));
  EXPECT_THAT(unbound("literal:8", "7").value(), HasSubstr("literal:8"));
}

TEST(Bound, AreTheHalvesOfHashesAsBigEndianNumbers) {
  const Digest empty = sha256("");
  const BoundRun run{.module = empty, .input = empty, .task = empty, .output = ""};
  for (const std::string of : {"module_sha256", "input_sha256", "task_id", "output_sha256"}) {
    EXPECT_FALSE(unbound(of + ".hi", kHigh, run)) << of;
    EXPECT_FALSE(unbound(of + ".lo", kLow, run)) << of;
    EXPECT_TRUE(unbound(of + ".hi", kLow, run)) << of;
  }
}

TEST(Bound, IsEachHashThatOfItsOwnSubject) {
  const BoundRun run{
      .module = sha256("m"), .input = sha256("i"), .task = sha256("t"), .output = "o"};
  for (const std::string of : {"module_sha256", "input_sha256", "task_id", "output_sha256"}) {
    EXPECT_TRUE(unbound(of + ".hi", kHigh, run)) << of;
  }
}

TEST(Bound, IsAnElementOfTheOutput) {
  const BoundRun run = with_output("[1, 20, 3]");
  EXPECT_FALSE(unbound("output[1]", "20", run));
  EXPECT_TRUE(unbound("output[1]", "21", run));
  EXPECT_THAT(unbound("output[3]", "20", run).value(), HasSubstr("there is no output[3]"));
}

TEST(Bound, IsOnlyAnIntegerBelowR) {
  for (const char* element :
       {"-1", "1.0", "1e0", "\"1\"", "true", "[1]",
        "21888242871839275222246405745257275088548364400416034343698204186575808495617"}) {
    const std::string output = "[" + std::string(element) + "]";
    EXPECT_THAT(unbound("output[0]", "1", with_output(output)).value(), HasSubstr("no integer"))
        << element;
  }
  EXPECT_FALSE(unbound(
      "output[0]", "21888242871839275222246405745257275088548364400416034343698204186575808495616",
      with_output(
          "[21888242871839275222246405745257275088548364400416034343698204186575808495616]")));
}

TEST(Bound, HasAnOutputThatIsNoArrayNoElements) {
  for (const char* output : {"", "1", "{}", "[1", "[1] x"}) {
    EXPECT_THAT(unbound("output[0]", "1", with_output(output)).value(), HasSubstr("no JSON array"));
  }
}

TEST(Bound, AreAsManySignalsAsThereAreEntries) {
  const std::vector<std::string> bind{"any"};
  EXPECT_TRUE(find_unbound(bind, std::vector<Fr>{}, {}));
  EXPECT_TRUE(find_unbound(bind, std::vector<Fr>(2), {}));
  EXPECT_FALSE(find_unbound(std::vector<std::string>{}, std::vector<Fr>{}, {}));
}

}  // namespace
}  // namespace vcp::coordinator
