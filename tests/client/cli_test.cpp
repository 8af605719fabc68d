// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/completion.hpp"
#include "cli/curve.hpp"
#include "cli/fields.hpp"
#include "cli/progress.hpp"
#include "cli/submission.hpp"
#include "cli/table.hpp"

namespace vcp::cli {
namespace {

using ::testing::HasSubstr;

TEST(Table, AlignsItsColumns) {
  Table table({"A", "LONG"});
  table.add({"wide cell", "x"});
  EXPECT_EQ(table.render(0), "A          LONG\nwide cell  x\n");
}

TEST(Table, CutsLinesToTheWidth) {
  Table table({"A", "B"});
  table.add({"12345", "67890"});
  EXPECT_EQ(table.render(8), "A      B\n12345  …\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({"°C", "B"});
  table.add({"ü", "x"});
  EXPECT_EQ(table.render(0), "°C  B\nü   x\n");
}

TEST(Table, ControlCharactersDoNotReachTheTerminal) {
  Table table({"A"});
  table.add({"x\x1b[2Jy\n"});
  EXPECT_EQ(table.render(0), "A\nx [2Jy\n");
}

TEST(Fields, TextIsFoundByItsPath) {
  json::Document document;
  auto value = read(document, R"({"a":{"b":"text","n":1.25},"l":[1,2],"z":null})");
  ASSERT_TRUE(value);
  EXPECT_EQ(text_at(*value, "a.b"), "text");
  EXPECT_EQ(text_at(*value, "l"), "[1,2]");
  EXPECT_EQ(text_at(*value, "z"), "");
  EXPECT_EQ(text_at(*value, "a.none"), "");
  EXPECT_EQ(rounded_at(*value, "a.n"), "1.3");
  EXPECT_EQ(rounded_at(*value, "a.none"), "-");
}

TEST(Fields, AgesGrowCoarser) {
  Time now = *parse_rfc3339("2026-01-03T00:00:00Z");
  EXPECT_EQ(age("2026-01-02T23:59:58Z", now), "2 s");
  EXPECT_EQ(age("2026-01-02T23:50:00Z", now), "10 min");
  EXPECT_EQ(age("2026-01-02T21:00:00Z", now), "3 h");
  EXPECT_EQ(age("2025-12-24T00:00:00Z", now), "10 d");
  EXPECT_EQ(age("never", now), "-");
}

TEST(Fields, DescriptionNamesNestedMembersAndLeavesOutWhatItIsTold) {
  json::Document document;
  auto value = read(document, R"({"id":"x","result":{"output":"AAAA","gas":7},"none":null})");
  ASSERT_TRUE(value);
  EXPECT_EQ(describe(*value, 0, "output"), "MEMBER      VALUE\nid          x\nresult.gas  7\n");
}

TEST(Progress, ShowsABarWhereTheProgressIsKnown) {
  EXPECT_EQ(progress_line("pending", std::nullopt, std::chrono::seconds(3)), "pending  3 s");
  EXPECT_EQ(progress_line("running", 0.5, std::chrono::seconds(3)),
            "running  [###############...............]  3 s");
}

TEST(Curve, ShowsNumbersBetweenTheLeastAndTheGreatest) {
  const std::vector<double> values{0, 1, 0.5};
  EXPECT_EQ(curve(values, 80, 2), "        1  █▁\n        0 ▁██\n");
}

TEST(Curve, KeepsTheNewestWhereNotAllFit) {
  const std::vector<double> values{5, 0, 1};
  EXPECT_EQ(curve(values, 12, 1), "        1 ▁█\n");
}

TEST(Curve, OfEqualNumbersIsFlat) {
  const std::vector<double> values{2, 2};
  EXPECT_EQ(curve(values, 80, 1), "        2 ▄▄\n");
}

TEST(Curve, OfNothingIsNothing) { EXPECT_EQ(curve({}, 80, 10), ""); }

TEST(Submission, BodyHasWhatWasTold) {
  Submission submission{.args = "[1, 2]",
                        .argv = {"-n"},
                        .env = {"K=a=b"},
                        .gas = 1000,
                        .max_time_sec = 5,
                        .regions = {"eu"},
                        .priority = 9};
  std::string body = submission_body(submission, "sha256:00", {.bytes = "hi"});
  EXPECT_EQ(body,
            R"({"task_type":"wasm_execution","module_id":"sha256:00","args":[1, 2],"input":"aGk=",)"
            R"("argv":["-n"],"env":{"K":"a=b"},"requirements":{"min_nodes":1,)"
            R"("max_execution_time_sec":5,"require_gpu":false,"require_proof":false,)"
            R"("regions":["eu"]},"limits":{"gas":1000},"priority":9})");
}

TEST(Submission, WhatIsNoJsonIsNamed) {
  EXPECT_THAT(check({.args = "[1"}).error().message, HasSubstr("--args"));
  EXPECT_THAT(check({.args = "{}"}).error().message, HasSubstr("--args"));
  EXPECT_THAT(check({.inputs = "nope"}).error().message, HasSubstr("--inputs"));
  EXPECT_THAT(check({.env = {"=x"}}).error().message, HasSubstr("--env"));
  EXPECT_TRUE(check({.inputs = "{}", .args = "[]", .env = {"K="}}));
}

TEST(Completion, NamesVerbsAndTheirFlags) {
  CLI::App app;
  app.add_subcommand("tasks")->add_subcommand("list")->add_flag("--json");
  std::string script = bash_completion(app);
  EXPECT_THAT(script, HasSubstr("'/tasks/list') words='--help --json' ;;"));
  EXPECT_THAT(script, HasSubstr("/tasks|/tasks/list) path="));
}

}  // namespace
}  // namespace vcp::cli
