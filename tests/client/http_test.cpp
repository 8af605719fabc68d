// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/scripted_server.hpp"
#include "vcp/client/blocking.hpp"

namespace vcp::client {
namespace {

using ::testing::HasSubstr;
using testing::http_answer;
using testing::ScriptedServer;

class HttpTest : public ::testing::Test {
 protected:
  void serve(std::deque<std::string> answers) {
    server_ = std::make_unique<ScriptedServer>(std::move(answers));
    auto http = Http::open(io_, *parse_url(server_->url()));
    ASSERT_TRUE(http);
    http_ = std::move(*http);
  }

  Result<Response> send(Request request) { return wait_for(io_, http_->send(request)); }

  void TearDown() override { http_.reset(); }

  asio::io_context io_{1};
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Http> http_;
};

TEST_F(HttpTest, SendsMethodHostTokenAndBody) {
  serve({http_answer("200 OK", "")});
  ASSERT_TRUE(send({.verb = Verb::post,
                    .target = "/a?b=c",
                    .body = "{}",
                    .content_type = "application/json",
                    .bearer = "secret",
                    .idempotency_key = "k"}));
  std::string request = server_->requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /a?b=c HTTP/1.1\r\n"));
  EXPECT_THAT(request,
              HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(server_->port()) + "\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nAuthorization: Bearer secret\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nIdempotency-Key: k\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_TRUE(request.ends_with("\r\n\r\n{}"));
}

TEST_F(HttpTest, AnyStatusIsAResponse) {
  serve({http_answer("503 Service Unavailable", "later", "Retry-After: 7\r\n")});
  auto response = send({.target = "/"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503U);
  EXPECT_EQ(response->body, "later");
  EXPECT_EQ(response->retry_after, std::chrono::seconds(7));
}

TEST_F(HttpTest, ReadsChunkedBodies) {
  serve({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"});
  auto response = send({.target = "/"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "abcde");
}

TEST_F(HttpTest, KeepsTheConnection) {
  serve({http_answer("200 OK", "1"), http_answer("200 OK", "2")});
  ASSERT_TRUE(send({.target = "/"}));
  auto second = send({.target = "/"});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->body, "2");
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(HttpTest, ConnectsAnewIfAKeptConnectionWasClosedMeanwhile) {
  serve({http_answer("200 OK", "1") + "<close>", http_answer("200 OK", "2")});
  ASSERT_TRUE(send({.target = "/"}));
  auto second = send({.target = "/"});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->body, "2");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(HttpTest, WhatMayNotBeRepeatedIsNotSentAgain) {
  serve({http_answer("200 OK", "1") + "<close>", http_answer("200 OK", "2")});
  ASSERT_TRUE(send({.target = "/"}));
  auto second = send({.verb = Verb::post, .target = "/"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::io);
}

TEST_F(HttpTest, AnAnswerThatDoesNotComeTimesOut) {
  serve({""});
  auto response = send({.target = "/", .timeout = std::chrono::milliseconds(20)});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::timed_out);
}

TEST_F(HttpTest, ABodyOverItsBoundIsRefused) {
  serve({http_answer("200 OK", std::string(1001, 'x'))});
  auto response = send({.target = "/", .max_body_bytes = 1000});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::too_large);
}

TEST_F(HttpTest, WhatIsNoHttpIsMalformed) {
  serve({"SSH-2.0-OpenSSH\r\n\r\n<close>"});
  auto response = send({.target = "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::malformed);
}

TEST_F(HttpTest, AnAnswerCutShortIsAnError) {
  serve({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc<close>"});
  auto response = send({.target = "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::io);
}

TEST_F(HttpTest, GoodBodiesGoToTheSinkOthersIntoTheResponse) {
  serve({http_answer("200 OK", "content"), http_answer("404 Not Found", "problem")});
  std::string got;
  Sink sink = [&got](std::string_view part) {
    got += part;
    return Result<>();
  };
  Request request{.target = "/"};
  auto good = wait_for(io_, http_->send(request, sink));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->body, "");
  auto bad = wait_for(io_, http_->send(request, sink));
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->body, "problem");
  EXPECT_EQ(got, "content");
}

TEST_F(HttpTest, AnErrorOfTheSinkEndsTheTransfer) {
  serve({http_answer("200 OK", "content")});
  Sink sink = [](std::string_view) -> Result<> { return fail(Code::no_space, "full"); };
  Request request{.target = "/"};
  auto response = wait_for(io_, http_->send(request, sink));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::no_space);
}

TEST(Http, AServerThatIsNotThereIsAnIoError) {
  asio::io_context io;
  asio::ip::tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
  auto port = taken.local_endpoint().port();
  taken.close();
  auto http = Http::open(io, {.host = "127.0.0.1", .port = port});
  ASSERT_TRUE(http);
  Request request{.target = "/"};
  auto response = wait_for(io, (*http)->send(request));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::io);
}

TEST(Http, ACaFileThatIsNotThereIsRefused) {
  asio::io_context io;
  auto http = Http::open(io, {.tls = true, .host = "a", .port = 1}, "/nonexistent.pem");
  ASSERT_FALSE(http);
  EXPECT_THAT(http.error().message, HasSubstr("/nonexistent.pem"));
}

}  // namespace
}  // namespace vcp::client
