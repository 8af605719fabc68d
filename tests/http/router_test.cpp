// SPDX-License-Identifier: Apache-2.0
#include "router.hpp"

#include <gtest/gtest.h>

namespace vcp::http {
namespace {

Route route(Method method, std::string_view pattern) {
  return {.method = method,
          .pattern = pattern,
          .roles = {Role::none},
          .handler = Reply([](Request&) { return Response{}; })};
}

Router router() {
  auto made = Router::make({route(Method::get, "/"), route(Method::get, "/tasks"),
                            route(Method::post, "/tasks"), route(Method::get, "/tasks/dead"),
                            route(Method::get, "/tasks/{id}"), route(Method::del, "/tasks/{id}"),
                            route(Method::get, "/tasks/{id}/output"),
                            route(Method::get, "/fl/{job}/rounds/{n}")});
  EXPECT_TRUE(made);
  return std::move(*made);
}

std::string pattern_of(std::string_view path) {
  static const Router kRouter = router();
  Router::Params params;
  const auto found = kRouter.find(path, params);
  return found ? std::string((*found)->pattern) : "";
}

TEST(Router, FindsLiteralsAndParameters) {
  EXPECT_EQ(pattern_of("/"), "/");
  EXPECT_EQ(pattern_of("/tasks"), "/tasks");
  EXPECT_EQ(pattern_of("/tasks/abc"), "/tasks/{id}");
  EXPECT_EQ(pattern_of("/tasks/abc/output"), "/tasks/{id}/output");
}

TEST(Router, LiteralGoesBeforeParameter) { EXPECT_EQ(pattern_of("/tasks/dead"), "/tasks/dead"); }

TEST(Router, FallsBackToTheParameterWhereTheLiteralEnds) {
  EXPECT_EQ(pattern_of("/tasks/dead/output"), "/tasks/{id}/output");
}

TEST(Router, NothingElseIsFound) {
  for (const char* path : {"/task", "/tasks/", "/tasks//output", "/tasks/a/b", "//", "*", "/fl"}) {
    EXPECT_EQ(pattern_of(path), "") << path;
  }
}

TEST(Router, DotSegmentsMeanNothing) {
  EXPECT_EQ(pattern_of("/tasks/.."), "/tasks/{id}");
  EXPECT_EQ(pattern_of("/fl/../tasks"), "");
}

TEST(Router, ParametersAreDecoded) {
  const Router tested = router();
  Router::Params params;
  ASSERT_TRUE(tested.find("/fl/a%2Fb/rounds/7", params));
  EXPECT_EQ(params, (Router::Params{{"job", "a/b"}, {"n", "7"}}));
}

TEST(Router, BadEncodingIsMalformed) {
  const Router tested = router();
  Router::Params params;
  for (const char* path : {"/tasks/%", "/tasks/%00", "/tasks/%ff"}) {
    const auto found = tested.find(path, params);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().code, Code::malformed);
  }
}

TEST(Router, MethodsOfAnEndpoint) {
  const Router tested = router();
  Router::Params params;
  const Endpoint& endpoint = **tested.find("/tasks/a", params);
  EXPECT_EQ(endpoint.allow, "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(endpoint.route(Method::head), endpoint.route(Method::get));
  EXPECT_EQ(endpoint.route(Method::post), nullptr);
  EXPECT_EQ(endpoint.route(Method::other), nullptr);
}

TEST(Router, ATableAtOddsWithItselfIsRefused) {
  EXPECT_FALSE(Router::make({route(Method::get, "/a"), route(Method::get, "/a")}));
  EXPECT_FALSE(Router::make({route(Method::get, "/{a}"), route(Method::put, "/{b}")}));
  EXPECT_FALSE(Router::make({route(Method::get, "a")}));
  EXPECT_FALSE(Router::make({route(Method::other, "/a")}));
}

}  // namespace
}  // namespace vcp::http
