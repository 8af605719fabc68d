// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http/fixture.hpp"

namespace vcp::http::testing {
namespace {

constexpr std::uint64_t kLimit = 200'000;

/// The same for each form of handler.
class Body : public ::testing::TestWithParam<const char*> {
 protected:
  TestServer server_{[] {
    std::vector<Route> routes = {echo_route("/reply", kLimit), waiting_echo_route("/call", kLimit),
                                 streamed_echo_route("/stream", kLimit)};
    for (Route& route : routes) route.media_types = {"text/plain"};
    return routes;
  }()};
  Client client_{server_.port()};

  static std::string text() { return "Content-Type: text/plain; charset=utf-8\r\n"; }

  static std::string chunked_head(std::string_view fields = "") {
    return "POST " + std::string(GetParam()) +
           " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + text() + std::string(fields) +
           "\r\n";
  }

  static std::string told_head(std::size_t length, std::string_view fields = "") {
    return "POST " + std::string(GetParam()) +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
           std::string(fields) + "\r\n";
  }
};

INSTANTIATE_TEST_SUITE_P(Handlers, Body, ::testing::Values("/reply", "/call", "/stream"),
                         [](const auto& param) { return std::string(param.param + 1); });

TEST_P(Body, WithALengthArrivesWhole) {
  const std::string body(kLimit, 'x');
  EXPECT_EQ(client_.ask(post(GetParam(), body, text())).body, body);
  EXPECT_EQ(client_.ask(post(GetParam(), "next", text())).body, "next");
}

TEST_P(Body, InChunksArrivesWhole) {
  std::string sent = chunked_head();
  std::string body;
  for (int i = 0; i < 100; ++i) {
    body += std::string(1000, static_cast<char>('a' + i % 26));
    sent += "3e8;x=y\r\n" + body.substr(body.size() - 1000) + "\r\n";
  }
  EXPECT_EQ(client_.ask(sent + "0\r\nX-T: v\r\n\r\n").body, body);
  EXPECT_EQ(client_.ask(post(GetParam(), "next", text())).body, "next");
}

TEST_P(Body, EmptyIsEmpty) {
  const Answer answer = client_.ask(post(GetParam(), "", text()));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "");
}

TEST_P(Body, OverTheLimitIs413BeforeItIsSent) {
  const Answer answer = client_.ask(told_head(kLimit + 1, text()));
  EXPECT_EQ(answer.status, 413U);
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST_P(Body, OverTheLimitIs413AlsoForAClientThatSendsItAll) {
  client_.send(told_head(8'000'000, text()));
  client_.send(std::string(8'000'000, 'x'));
  EXPECT_EQ(client_.read().status, 413U);
}

TEST_P(Body, OfAnotherMediaTypeIs415BeforeItIsSent) {
  EXPECT_EQ(client_.ask(told_head(100, "Content-Type: text/html\r\n")).status, 415U);
}

TEST_P(Body, ConnectionGoesOnAfterARefusalThatWasSmall) {
  EXPECT_EQ(client_.ask(told_head(4, "Content-Type: text/html\r\n")).status, 415U);
  EXPECT_EQ(client_.ask("body" + post(GetParam(), "next", text())).body, "next");
}

TEST_P(Body, WithACodingIs415) {
  EXPECT_EQ(client_.ask(told_head(4, text() + "Content-Encoding: gzip\r\n")).status, 415U);
}

TEST_P(Body, IsSentAfter100Continue) {
  EXPECT_EQ(client_.ask(told_head(4, text() + "Expect: 100-continue\r\n")).status, 100U);
  EXPECT_EQ(client_.ask("body").body, "body");
}

TEST_P(Body, ARefusalComesInPlaceOf100Continue) {
  EXPECT_EQ(client_.ask(told_head(kLimit + 1, text() + "Expect: 100-continue\r\n")).status, 413U);
}

TEST_P(Body, BadChunkEndsTheConnection) {
  client_.send(chunked_head() + "zz\r\n");
  client_.end_sending();
  if (GetParam() != std::string_view("/stream")) {
    EXPECT_EQ(client_.read().status, 400U);
  } else {
    client_.read_until("0\r\n\r\n");
  }
  EXPECT_TRUE(client_.is_closed());
}

TEST_P(Body, ThatEndsEarlyIsNoRequest) {
  client_.send(told_head(10, text()) + "half");
  client_.end_sending();
  if (GetParam() == std::string_view("/stream")) client_.read_until("0\r\n\r\n");
  EXPECT_TRUE(client_.is_closed());
}

TEST(ChunkedBodyOverTheLimit, Is413WhileReading) {
  TestServer server({echo_route("/a", 10)});
  Client client(server.port());
  const Answer answer = client.ask(post_chunked("/a", "more than ten bytes"));
  EXPECT_EQ(answer.status, 413U);
  client.end_sending();
  EXPECT_TRUE(client.is_closed());
}

TEST(BodyWhereNoneIsTaken, IsIgnoredIfSmall) {
  Route route = text_route("/a", "hello");
  TestServer server({route});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a", "Content-Length: 2\r\n") + "{}").body, "hello");
  EXPECT_EQ(client.ask(get("/a")).body, "hello");
}

TEST(BodyWhereNoneIsTaken, Is413IfLarge) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a", "Content-Length: 100000\r\n")).status, 413U);
}

}  // namespace
}  // namespace vcp::http::testing
