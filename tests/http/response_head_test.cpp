// SPDX-License-Identifier: Apache-2.0
#include "response_head.hpp"

#include <gtest/gtest.h>

#include "request_id.hpp"

namespace vcp::http {
namespace {

// The example of RFC 9110, section 5.6.7.
TEST(DateText, IsImfFixdate) {
  DateText date;
  EXPECT_EQ(date.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ResponseHead, AFieldCannotEndItself) {
  std::string out;
  const Response response{.headers = {{"Location", "/a\r\nSet-Cookie: b"}}};
  append_head(out, response, {.length = 0}, {.date = "now"});
  EXPECT_NE(out.find("Location: /a  Set-Cookie: b\r\n"), std::string::npos);
}

TEST(ResponseHead, NoLengthWhereThereIsNoBody) {
  std::string out;
  append_head(out, Response{.status = 204}, {.length = 0}, {.date = "now"});
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n");
}

TEST(ResponseHead, SaysHowTheConnectionGoesOn) {
  std::string out;
  append_head(out, Response{.status = 204}, {}, {.date = "now", .keep_alive = false});
  EXPECT_TRUE(out.ends_with("Connection: close\r\n\r\n"));
  append_head(out, Response{.status = 204}, {}, {.date = "now", .says_keep_alive = true});
  EXPECT_TRUE(out.ends_with("Connection: keep-alive\r\n\r\n"));
}

TEST(Etag, MatchesWeaklyInAList) {
  EXPECT_TRUE(etag_matches("\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("*", "\"a\""));
  EXPECT_FALSE(etag_matches("", "\"a\""));
  EXPECT_FALSE(etag_matches("\"b\"", "\"a\""));
  EXPECT_FALSE(etag_matches("a", "\"a\""));
}

TEST(Etag, OfTheHandlerIsKept) {
  Request request;
  request.method = Method::get;
  request.headers = {{"if-none-match", "\"mine\""}};
  Response response{.body = "b", .headers = {{"etag", "\"mine\""}}};
  apply_etag(request, response);
  EXPECT_EQ(response.status, 304U);
  EXPECT_EQ(response.headers.size(), 1U);
}

TEST(RequestIds, DifferByConnectionAndRequest) {
  SeededRandom random(1);
  RequestIds ids(random);
  const std::uint64_t first = ids.next_connection();
  const std::uint64_t second = ids.next_connection();
  std::string a;
  std::string b;
  std::string c;
  RequestIds::write(first, 1, a);
  RequestIds::write(first, 2, b);
  RequestIds::write(second, 1, c);
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  EXPECT_EQ(a.substr(16), "-1");
}

}  // namespace
}  // namespace vcp::http
