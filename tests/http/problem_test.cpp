// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include <gtest/gtest.h>

#include "vcp/base/json.hpp"

namespace vcp::http {
namespace {

std::string text_member(std::string_view json, std::string_view name) {
  json::Document document;
  const auto value = document.parse(json);
  EXPECT_TRUE(value) << json;
  const auto member = value->find(name);
  return member ? std::string(member->source()) : "";
}

TEST(Problem, HasTheMembersOfRfc9457AndTheOlderTwo) {
  const Response response = problem(Error{.code = Code::not_found, .message = "no such task"});
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(text_member(response.body, "type"), "\"about:blank\"");
  EXPECT_EQ(text_member(response.body, "title"), "\"Not Found\"");
  EXPECT_EQ(text_member(response.body, "status"), "404");
  EXPECT_EQ(text_member(response.body, "detail"), "\"no such task\"");
  EXPECT_EQ(text_member(response.body, "error"), "\"not_found\"");
  EXPECT_EQ(text_member(response.body, "message"), "\"no such task\"");
  EXPECT_EQ(text_member(response.body, "errors"), "");
}

TEST(Problem, NamesTheFields) {
  const Error error{.code = Code::invalid, .message = "m", .fields = {{"/a", "b"}, {"/c~1", "d"}}};
  EXPECT_EQ(text_member(problem_json(error), "errors"),
            R"([{"pointer":"/a","detail":"b"},{"pointer":"/c~1","detail":"d"}])");
}

TEST(Problem, StaysUnder64KiBWhateverItSays) {
  Error error{.code = Code::invalid, .message = std::string(100'000, '\x01')};
  for (int i = 0; i < 100'000; ++i) {
    error.fields.push_back({"/" + std::string(2000, '\x02'), std::string(2000, '\x03')});
  }
  Response response = problem(error);
  add_instance(response, "/" + std::string(8000, '"'));
  EXPECT_LT(response.body.size(), 64U * 1024);
  EXPECT_NE(text_member(response.body, "errors"), "");
}

TEST(Problem, InstanceIsAdded) {
  Response response = problem(Error{.code = Code::conflict, .message = "m"});
  add_instance(response, "/a\"b");
  EXPECT_EQ(text_member(response.body, "instance"), R"("/a\"b")");
}

TEST(Problem, RetryAfterWhereItMayWorkLater) {
  const auto retry_after = [](Code code, std::optional<unsigned> seconds) {
    const Response response = problem(Error{.code = code, .message = "m"}, seconds);
    return response.headers.empty() ? "" : response.headers[0].second;
  };
  EXPECT_EQ(retry_after(Code::unavailable, {}), "1");
  EXPECT_EQ(retry_after(Code::rate_limited, {}), "1");
  EXPECT_EQ(retry_after(Code::unavailable, 7), "7");
  EXPECT_EQ(retry_after(Code::no_space, 7), "7");
  EXPECT_EQ(retry_after(Code::not_found, {}), "");
}

TEST(Problem, RefusalsOfHttpItselfHaveTheirNames) {
  const Response response = refusal(431, "too large");
  EXPECT_EQ(response.status, 431U);
  EXPECT_EQ(text_member(response.body, "error"), "\"header_too_large\"");
  EXPECT_EQ(text_member(response.body, "status"), "431");
}

TEST(Principal, RolesByName) {
  EXPECT_EQ(parse_role("fl_client"), Role::fl_client);
  EXPECT_EQ(to_string(Role::submitter), "submitter");
  EXPECT_FALSE(parse_role("none"));
  EXPECT_FALSE(parse_role("root"));
}

}  // namespace
}  // namespace vcp::http
