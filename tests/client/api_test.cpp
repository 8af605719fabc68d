// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/scripted_server.hpp"
#include "vcp/client/blocking.hpp"

namespace vcp::client {
namespace {

using testing::http_answer;
using testing::ScriptedServer;

const std::string kBusy = http_answer("503 Service Unavailable", "");
const std::string kFine = http_answer("200 OK", "fine");

class ApiTest : public ::testing::Test {
 protected:
  void serve(std::deque<std::string> answers, int attempts) {
    server_ = std::make_unique<ScriptedServer>(std::move(answers));
    auto http = Http::open(io_, *parse_url(server_->url()));
    ASSERT_TRUE(http);
    http_ = std::move(*http);
    Retries retries{.attempts = attempts,
                    .first_wait = std::chrono::milliseconds(1),
                    .longest_wait = std::chrono::milliseconds(1)};
    api_ = std::make_unique<Api>(io_, *http_, "secret", random_, retries);
  }

  Result<Response> call(Request request) { return wait_for(io_, api_->call(std::move(request))); }

  void TearDown() override {
    api_.reset();
    http_.reset();
  }

  asio::io_context io_{1};
  SeededRandom random_{1};
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Http> http_;
  std::unique_ptr<Api> api_;
};

TEST_F(ApiTest, CallsStandUnderTheBasePath) {
  serve({kFine}, 1);
  auto response = call({.target = "/tasks"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "fine");
  EXPECT_TRUE(server_->requests().at(0).starts_with("GET /api/v1/tasks HTTP/1.1\r\n"));
}

TEST_F(ApiTest, AGetIsTriedAgainWhenTheServerIsBusy) {
  serve({kBusy, kBusy, kFine}, 3);
  EXPECT_TRUE(call({.target = "/"}));
}

TEST_F(ApiTest, GivesUpAfterTheLastAttempt) {
  serve({kBusy, kBusy, kFine}, 2);
  auto response = call({.target = "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::unavailable);
}

TEST_F(ApiTest, APostWithoutAKeyIsNotTriedAgain) {
  serve({kBusy, kFine}, 3);
  EXPECT_FALSE(call({.verb = Verb::post, .target = "/"}));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(ApiTest, APostWithAKeyIsTriedAgainUnderTheSameKey) {
  serve({kBusy, kFine}, 3);
  EXPECT_TRUE(call({.verb = Verb::post, .target = "/", .idempotency_key = "k"}));
  EXPECT_EQ(server_->requests().at(0), server_->requests().at(1));
}

TEST_F(ApiTest, ARefusalIsNotTriedAgain) {
  serve({http_answer("404 Not Found", ""), kFine}, 3);
  auto response = call({.target = "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::not_found);
}

TEST_F(ApiTest, AServerThatAsksForALongWaitIsNotTriedAgain) {
  serve({http_answer("429 Too Many Requests", "", "Retry-After: 3600\r\n"), kFine}, 3);
  auto response = call({.target = "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::rate_limited);
}

TEST(ToError, TakesMessageAndFieldsFromTheProblem) {
  Error error = to_error({.status = 422,
                          .content_type = "application/problem+json",
                          .body = R"({"title":"Invalid","status":422,"detail":"two fields are bad",
                                      "errors":[{"pointer":"/a","detail":"missing"},
                                                {"pointer":"/b","detail":"too long"}]})"});
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_EQ(error.message, "two fields are bad");
  EXPECT_THAT(error.fields,
              ::testing::ElementsAre(FieldError{"/a", "missing"}, FieldError{"/b", "too long"}));
}

TEST(ToError, SaysTheStatusWhereThereIsNoProblem) {
  Error error = to_error({.status = 502, .content_type = "text/html", .body = "<html>"});
  EXPECT_EQ(error.code, Code::unavailable);
  EXPECT_EQ(error.message, "the server answered 502");
}

}  // namespace
}  // namespace vcp::client
