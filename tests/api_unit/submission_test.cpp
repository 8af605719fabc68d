// SPDX-License-Identifier: Apache-2.0
#include "submission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vcp::api {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string kModule = sha256("module").to_string();

/// A submission with what every one needs, and `members` besides.
std::string submission(const std::string& members = "", const std::string& requirements = "") {
  return R"({"task_type": "wasm_execution", "module_id": ")" + kModule +
         R"(", "requirements": {"min_nodes": 1, "max_execution_time_sec": 60)" +
         (requirements.empty() ? "" : ", ") + requirements + "}" + (members.empty() ? "" : ", ") +
         members + "}";
}

Result<Submission> parse(const std::string& text) {
  json::Document document;
  const auto body = document.parse(text);
  EXPECT_TRUE(body.has_value()) << text.substr(0, 200);
  if (!body) return std::unexpected(body.error());
  return parse_submission(*body);
}

/// Where something is wrong.
std::vector<std::string> wrong(const std::string& text) {
  const auto parsed = parse(text);
  if (parsed) return {};
  EXPECT_EQ(parsed.error().code, Code::invalid);
  std::vector<std::string> pointers;
  for (const FieldError& field : parsed.error().fields) pointers.push_back(field.pointer);
  return pointers;
}

std::string repeat(std::size_t count, const std::string& element) {
  std::string elements;
  for (std::size_t i = 0; i < count; ++i) elements += (i == 0 ? "" : ",") + element;
  return elements;
}

// --- Good ones

TEST(Submission, HasDefaultsForAllThatIsOptional) {
  const Submission parsed = parse(submission()).value();
  EXPECT_EQ(parsed.spec.type, mesh::TaskType::wasm_execution);
  EXPECT_EQ(parsed.spec.module, sha256("module"));
  EXPECT_FALSE(parsed.wasm_module);
  EXPECT_FALSE(parsed.input_blob);
  mesh::TaskSpec expected;
  expected.module = sha256("module");
  EXPECT_EQ(parsed.spec, expected);
  EXPECT_EQ(parsed.spec.limits.gas, 10'000'000'000U);
  EXPECT_EQ(parsed.spec.limits.memory_mb, 256U);
  EXPECT_EQ(parsed.spec.limits.output_bytes, 1024U * 1024U);
  EXPECT_EQ(parsed.spec.priority, 5U);
  EXPECT_EQ(parsed.spec.max_retries, 3U);
}

TEST(Submission, KeepsEveryMember) {
  const Submission parsed =
      parse(
          submission(
              R"("function": "f", "args": [1, 2.50], "argv": ["-v", "é"], "env": {"A": "1", "B": ""},
                   "limits": {"gas": 1, "memory_mb": 2, "output_bytes": 3},
                   "verification": {"mode": "none"}, "strategy": "spread", "priority": 9,
                   "max_retries": 0)",
              R"("require_gpu": true, "require_proof": false, "regions": ["eu", "us"],
                   "node_type": "compute", "labels": {"gpu": "a100", "ssd": true},
                   "min_health_score": 50, "min_bandwidth_mbps": 10.5, "max_latency_ms": 20,
                   "min_memory_gb": 0.5)"))
          .value();
  const mesh::TaskSpec& spec = parsed.spec;
  EXPECT_EQ(spec.function, "f");
  EXPECT_EQ(spec.args, "[1, 2.50]");
  EXPECT_THAT(spec.argv, ElementsAre("-v", "é"));
  EXPECT_THAT(spec.env, ElementsAre(Pair("A", "1"), Pair("B", "")));
  EXPECT_EQ(spec.limits, (mesh::Limits{.gas = 1, .memory_mb = 2, .output_bytes = 3}));
  EXPECT_EQ(spec.strategy, mesh::Strategy::spread);
  EXPECT_EQ(spec.priority, 9U);
  EXPECT_EQ(spec.max_retries, 0U);
  const mesh::Requirements& wanted = spec.requirements;
  EXPECT_TRUE(wanted.require_gpu);
  EXPECT_THAT(wanted.regions, ElementsAre("eu", "us"));
  EXPECT_EQ(wanted.node_type, mesh::NodeType::compute);
  EXPECT_THAT(wanted.labels, ElementsAre(Pair("gpu", "a100"), Pair("ssd", std::nullopt)));
  EXPECT_EQ(wanted.min_health_score, 50);
  EXPECT_EQ(wanted.min_bandwidth_mbps, 10.5);
  EXPECT_EQ(wanted.max_latency_ms, 20);
  EXPECT_EQ(wanted.min_memory_gb, 0.5);
}

TEST(Submission, KeepsTheBytesOfInputsExactlyAsSent) {
  for (const std::string inputs :
       {R"({ "b":1.0,  "a":[1e2,"\u00e9"] })", "null", "\"\"", "-0.0", "[ ]"}) {
    const Submission parsed = parse(submission("\"inputs\": " + inputs)).value();
    EXPECT_EQ(parsed.spec.input.bytes, inputs);
    EXPECT_EQ(parsed.spec.input.size, inputs.size());
  }
}

TEST(Submission, DecodesInput) {
  const Submission parsed = parse(submission(R"("input": "AAEC")")).value();
  EXPECT_EQ(parsed.spec.input.bytes, std::string("\0\1\2", 3));
  EXPECT_EQ(parsed.spec.input.size, 3U);
}

TEST(Submission, NamesABlobForInput) {
  const std::string blob = sha256("blob").to_string();
  EXPECT_EQ(parse(submission("\"input_blob\": \"" + blob + "\""))->input_blob, sha256("blob"));
}

TEST(Submission, BringsItsModuleAlong) {
  const Submission parsed = parse(R"({"task_type": "computation", "wasm_module": "AGFzbQ==",
      "requirements": {"min_nodes": 1, "max_execution_time_sec": 1}})")
                                .value();
  EXPECT_EQ(parsed.wasm_module, std::string("\0asm", 4));
  EXPECT_EQ(parsed.spec.type, mesh::TaskType::computation);
}

// --- Bad ones: a member, and where it is wrong

struct Case {
  std::string members;
  std::string pointer;
};

class SubmissionMember : public testing::TestWithParam<Case> {};

TEST_P(SubmissionMember, IsRefusedAtItsPointer) {
  EXPECT_THAT(wrong(submission(GetParam().members)), ElementsAre(GetParam().pointer))
      << GetParam().members;
}

INSTANTIATE_TEST_SUITE_P(
    , SubmissionMember,
    testing::Values(
        Case{R"("unknown": 1)", "/unknown"}, Case{R"("task_id": "x")", "/task_id"},
        Case{R"("wasm_module": "AGFzbQ==")", "/wasm_module"}, Case{R"("function": 1)", "/function"},
        Case{R"("function": ")" + std::string(4'097, 'f') + "\"", "/function"},
        Case{R"("args": {})", "/args"}, Case{R"("args": null)", "/args"},
        Case{R"("argv": "a")", "/argv"}, Case{R"("argv": ["a", 1])", "/argv/1"},
        Case{R"("argv": ["a\u0000"])", "/argv/0"}, Case{R"("env": [])", "/env"},
        Case{R"("env": {"A": 1})", "/env/A"}, Case{R"("env": {"A": "\u0000"})", "/env/A"},
        Case{R"("env": {"A=B": ""})", "/env/A=B"}, Case{R"("env": {"": ""})", "/env/"},
        Case{R"("env": {"A/B~": 1})", "/env/A~1B~0"}, Case{R"("input": "AQI")", "/input"},
        Case{R"("input": 1)", "/input"}, Case{R"("input_blob": "sha256:1")", "/input_blob"},
        Case{R"("limits": [])", "/limits"}, Case{R"("limits": {"gas": 0})", "/limits/gas"},
        Case{R"("limits": {"gas": 10000000000001})", "/limits/gas"},
        Case{R"("limits": {"memory_mb": 0})", "/limits/memory_mb"},
        Case{R"("limits": {"memory_mb": 4097})", "/limits/memory_mb"},
        Case{R"("limits": {"output_bytes": 67108865})", "/limits/output_bytes"},
        Case{R"("limits": {"output_bytes": -1})", "/limits/output_bytes"},
        Case{R"("limits": {"time": 1})", "/limits/time"},
        Case{R"("strategy": "best")", "/strategy"}, Case{R"("priority": 10)", "/priority"},
        Case{R"("priority": "5")", "/priority"}, Case{R"("priority": null)", "/priority"},
        Case{R"("max_retries": 101)", "/max_retries"},
        Case{R"("verification": "none")", "/verification"},
        Case{R"("verification": {"mode": "trust"})", "/verification/mode"},
        Case{R"("verification": {"mode": "proof"})", "/verification/circuit_id"},
        Case{R"("verification": {"mode": "proof", "bind": ["gas"], "circuit_id": "sha256:)" +
                 std::string(64, '0') + "\"}",
             "/verification/bind/0"},
        Case{R"("verification": {"mode": "none", "agree": 2})", "/verification/agree"}));

class SubmissionRequirement : public testing::TestWithParam<Case> {};

TEST_P(SubmissionRequirement, IsRefusedAtItsPointer) {
  EXPECT_THAT(wrong(submission("", GetParam().members)), ElementsAre(GetParam().pointer))
      << GetParam().members;
}

INSTANTIATE_TEST_SUITE_P(
    , SubmissionRequirement,
    testing::Values(Case{R"("max_nodes": 1)", "/requirements/max_nodes"},
                    Case{R"("require_gpu": "yes")", "/requirements/require_gpu"},
                    Case{R"("require_proof": 1)", "/requirements/require_proof"},
                    Case{R"("require_proof": true)", "/verification"},
                    Case{R"("regions": "eu")", "/requirements/regions"},
                    Case{R"("regions": ["eu", ""])", "/requirements/regions/1"},
                    Case{R"("regions": [")" + std::string(33, 'r') + "\"]",
                         "/requirements/regions/0"},
                    Case{R"("regions": [)" + repeat(65, "\"eu\"") + "]", "/requirements/regions"},
                    Case{R"("node_type": "toaster")", "/requirements/node_type"},
                    Case{R"("labels": [])", "/requirements/labels"},
                    Case{R"("labels": {"a": false})", "/requirements/labels/a"},
                    Case{R"("labels": {"a": 1})", "/requirements/labels/a"},
                    Case{R"("min_health_score": 101)", "/requirements/min_health_score"},
                    Case{R"("min_health_score": -1)", "/requirements/min_health_score"},
                    Case{R"("min_bandwidth_mbps": -1)", "/requirements/min_bandwidth_mbps"},
                    Case{R"("max_latency_ms": "1")", "/requirements/max_latency_ms"},
                    Case{R"("min_memory_gb": -0.5)", "/requirements/min_memory_gb"}));

std::string with_requirements(const std::string& requirements) {
  return R"({"task_type": "wasm_execution", "module_id": ")" + kModule + R"(", "requirements": )" +
         requirements + "}";
}

class SubmissionTime : public testing::TestWithParam<Case> {};

TEST_P(SubmissionTime, OutOfItsRangeIsRefused) {
  EXPECT_THAT(wrong(with_requirements(GetParam().members)), ElementsAre(GetParam().pointer));
}

INSTANTIATE_TEST_SUITE_P(
    , SubmissionTime,
    testing::Values(
        Case{R"({"max_execution_time_sec": 1})", "/requirements/min_nodes"},
        Case{R"({"min_nodes": 0, "max_execution_time_sec": 1})", "/requirements/min_nodes"},
        Case{R"({"min_nodes": 1001, "max_execution_time_sec": 1})", "/requirements/min_nodes"},
        Case{R"({"min_nodes": 1})", "/requirements/max_execution_time_sec"},
        Case{R"({"min_nodes": 1, "max_execution_time_sec": 0})",
             "/requirements/max_execution_time_sec"},
        Case{R"({"min_nodes": 1, "max_execution_time_sec": 3601})",
             "/requirements/max_execution_time_sec"}));

TEST(Submission, MayUseEveryLimitUpToItsEnd) {
  EXPECT_THAT(wrong(submission(R"("limits": {"gas": 10000000000000, "memory_mb": 4096,
                                  "output_bytes": 67108864}, "priority": 0, "max_retries": 100)")),
              IsEmpty());
  EXPECT_THAT(wrong(submission(R"("limits": {"gas": 1, "memory_mb": 1, "output_bytes": 0})")),
              IsEmpty());
  EXPECT_THAT(wrong(with_requirements(R"({"min_nodes": 1, "max_execution_time_sec": 3600})")),
              IsEmpty());
}

TEST(Submission, MustBeAnObject) {
  for (const std::string text : {"[]", "1", "null", "\"x\""}) {
    EXPECT_THAT(wrong(text), ElementsAre("")) << text;
  }
}

TEST(Submission, LacksWhatIsMissingAllAtOnce) {
  EXPECT_THAT(wrong("{}"), UnorderedElementsAre("/task_type", "/module_id", "/requirements"));
}

TEST(Submission, TellsEverythingThatIsWrongAtOnce) {
  EXPECT_THAT(wrong(R"({"task_type": "magic", "module_id": "x", "priority": 99, "argv": [1, 2],
                        "requirements": {"min_nodes": 0, "max_execution_time_sec": 0}, "more": 1})"),
              UnorderedElementsAre("/task_type", "/module_id", "/priority", "/argv/0", "/argv/1",
                                   "/requirements/min_nodes",
                                   "/requirements/max_execution_time_sec", "/more"));
}

TEST(Submission, IsOfATypeThatIsSubmitted) {
  for (const std::string type : {"zk_proof", "federated_learning", "other"}) {
    EXPECT_THAT(wrong(R"({"task_type": ")" + type + R"(", "module_id": ")" + kModule +
                      R"(", "requirements": {"min_nodes": 1, "max_execution_time_sec": 1}})"),
                Contains("/task_type"))
        << type;
  }
}

TEST(Submission, GivesOneInputOnly) {
  const std::string inputs = R"("inputs": 1)";
  const std::string input = R"("input": "AQI=")";
  const std::string blob = "\"input_blob\": \"" + kModule + "\"";
  EXPECT_THAT(wrong(submission(inputs + "," + input)), ElementsAre("/inputs"));
  EXPECT_THAT(wrong(submission(inputs + "," + blob)), ElementsAre("/inputs"));
  EXPECT_THAT(wrong(submission(input + "," + blob)), ElementsAre("/input"));
  EXPECT_THAT(wrong(submission(input + "," + blob + "," + inputs)), ElementsAre("/inputs"));
}

// --- args, argv and env share 1,024 entries and 64 KiB

TEST(Submission, MaySpendAllEntriesThatThereAre) {
  const std::string args = "\"args\": [" + repeat(1'000, "1") + "]";
  const std::string argv = "\"argv\": [" + repeat(23, "\"\"") + "]";
  EXPECT_THAT(wrong(submission(args + "," + argv + R"(, "env": {"A": ""})")), IsEmpty());
  EXPECT_THAT(wrong(submission(args + "," + argv + R"(, "env": {"A": "", "B": ""})")),
              ElementsAre("/env"));
}

TEST(Submission, MaySpendAllBytesThatThereAre) {
  const std::string half(32 * 1024, 'x');
  const std::string argv = "\"argv\": [\"" + half + "\"]";
  EXPECT_THAT(wrong(submission(argv + R"(, "env": {"A": ")" + half.substr(1) + "\"}")), IsEmpty());
  EXPECT_THAT(wrong(submission(argv + R"(, "env": {"A": ")" + half + "\"}")), ElementsAre("/env"));
}

TEST(Submission, IsToldOnceThatItSpendsTooMuch) {
  EXPECT_THAT(wrong(submission("\"argv\": [" + repeat(3'000, "\"\"") + R"(], "env": {"A": ""})")),
              ElementsAre("/argv"));
}

}  // namespace
}  // namespace vcp::api
