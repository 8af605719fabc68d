// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include <gtest/gtest.h>

#include "vcp/http/message.hpp"

namespace vcp::http {
namespace {

TEST(Target, PathAndQueryAreKeptAsSent) {
  const auto target = parse_target("/a%2Fb/../c?d=%20?e");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a%2Fb/../c");
  EXPECT_EQ(target->query, "d=%20?e");
}

TEST(Target, AbsoluteFormLosesItsAuthority) {
  EXPECT_EQ(parse_target("http://a")->path, "/");
  EXPECT_EQ(parse_target("HTTPS://a:1/b")->path, "/b");
  EXPECT_EQ(parse_target("http://a?q")->query, "q");
  EXPECT_FALSE(parse_target("http:///b"));
  EXPECT_FALSE(parse_target("http://?q"));
  EXPECT_FALSE(parse_target("ftp://a/b"));
}

TEST(Target, WithoutItsSlashIsRefused) {
  EXPECT_FALSE(parse_target("?q"));
  EXPECT_FALSE(parse_target("a/b"));
  EXPECT_FALSE(parse_target(""));
}

TEST(Target, IsViewsOfWhatWasGiven) {
  const std::string target = "http://a?q";
  EXPECT_EQ(parse_target(target)->path.data(), target.data() + 6);
}

TEST(PercentDecode, ResolvesBothCases) {
  std::string out = "old";
  EXPECT_TRUE(percent_decode("a%2fb%2Fc%c3%a4+", false, out));
  EXPECT_EQ(out, "a/b/c\xc3\xa4+");
}

TEST(PercentDecode, PlusIsASpaceWhereAsked) {
  std::string out;
  EXPECT_TRUE(percent_decode("a+b%2B", true, out));
  EXPECT_EQ(out, "a b+");
}

TEST(PercentDecode, RefusesWhatIsNoText) {
  std::string out;
  for (const char* bad : {"%", "%4", "%4g", "%%41", "%00", "%ff", "%c3", "%ed%a0%80"}) {
    EXPECT_FALSE(percent_decode(bad, false, out)) << bad;
  }
}

Request with_query(std::string_view query) {
  Request request;
  request.query = query;
  return request;
}

std::string refused_field(std::string_view query) {
  const auto params = with_query(query).query_params({"a", "b"});
  return params ? "" : params.error().fields.at(0).pointer;
}

TEST(QueryParams, AreDecodedInOrder) {
  const auto params = with_query("b=x%20y&&a=1%261").query_params({"a", "b"});
  ASSERT_TRUE(params);
  ASSERT_EQ(params->size(), 2U);
  EXPECT_EQ((*params)[0].name, "b");
  EXPECT_EQ((*params)[0].value, "x y");
  EXPECT_EQ((*params)[1].value, "1&1");
}

TEST(QueryParams, ValueMayBeMissing) {
  const auto params = with_query("a").query_params({"a"});
  ASSERT_TRUE(params);
  EXPECT_EQ((*params)[0].value, "");
}

TEST(QueryParams, NoneIsNone) { EXPECT_TRUE(with_query("").query_params({})->empty()); }

TEST(QueryParams, UnknownNameIsNamed) { EXPECT_EQ(refused_field("a=1&c=2"), "?c"); }

TEST(QueryParams, TwiceIsNamed) { EXPECT_EQ(refused_field("a=1&%61=2"), "?a"); }

TEST(QueryParams, BadEncodingIsNamed) { EXPECT_EQ(refused_field("b=%zz"), "?b"); }

}  // namespace
}  // namespace vcp::http
