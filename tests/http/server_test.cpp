// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http/fixture.hpp"

namespace vcp::http::testing {
namespace {

Route guarded_route(std::string_view pattern, Roles roles) {
  Route route = text_route(pattern, "secret");
  route.roles = roles;
  return route;
}

std::string bearer(std::string_view token) {
  return "Authorization: Bearer " + std::string(token) + "\r\n";
}

TEST(Server, AnswersAGet) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  const Answer answer = client.ask(get("/a"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("content-type"), "text/plain");
  EXPECT_EQ(answer.header("content-length"), "5");
  EXPECT_TRUE(answer.header("date").ends_with(" GMT"));
}

TEST(Server, KeepsAConnectionForHundredsOfRequests) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.ask(get("/a")).status, 200U) << i;
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server({text_route("/a", "sync"), waiting_echo_route("/call", 100),
                     streamed_echo_route("/stream", 100)});
  Client client(server.port());
  client.send(get("/a") + post("/call", "one") + get("/a") + post("/stream", "two") +
              post_chunked("/call", "three") + get("/none") + get("/a"));
  for (const char* expected : {"sync", "one", "sync", "two", "three"}) {
    EXPECT_EQ(client.read().body, expected);
  }
  EXPECT_EQ(client.read().status, 404U);
  EXPECT_EQ(client.read().body, "sync");
}

TEST(Server, AnswersManyPipelinedRequestsWithLargeAnswers) {
  static const std::string kLarge(100'000, 'x');
  TestServer server({text_route("/a", kLarge)});
  Client client(server.port());
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get("/a");
  client.send(requests);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.read().body.size(), kLarge.size()) << i;
}

TEST(Server, ReadsARequestByteByByte) {
  TestServer server({echo_route("/a", 100)});
  Client client(server.port());
  for (char byte : post_chunked("/a", "hello")) client.send({&byte, 1});
  EXPECT_EQ(client.read().body, "hello");
}

TEST(Server, HeadIsGetWithoutTheBody) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer answer = client.read(true);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("content-length"), "5");
  EXPECT_EQ(client.ask(get("/a")).body, "hello");
}

TEST(Server, OptionsSaysWhatIsAllowed) {
  TestServer server({guarded_route("/a", {Role::admin}), echo_route("/a", 10)});
  Client client(server.port());
  const Answer answer = client.ask("OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer.status, 204U);
  EXPECT_EQ(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204U);
}

TEST(Server, UnknownPathIs404WithAndWithoutAToken) {
  TestServer server({guarded_route("/a", {Role::admin})});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/b")).status, 404U);
  EXPECT_EQ(client.ask(get("/b", bearer("admin"))).status, 404U);
  EXPECT_EQ(client.ask(get("/b", bearer("wrong"))).status, 404U);
}

TEST(Server, WrongMethodIs405BeforeTheToken) {
  TestServer server({guarded_route("/a/{id}", {Role::admin})});
  Client client(server.port());
  const Answer answer = client.ask(post("/a/b", "{}"));
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(answer.header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(client.ask("BREW /a/b HTTP/1.1\r\nHost: a\r\n\r\n").status, 405U);
}

TEST(Server, WithoutATokenIs401WithAChallenge) {
  TestServer server({guarded_route("/a", {Role::admin})});
  Client client(server.port());
  const Answer answer = client.ask(get("/a"));
  EXPECT_EQ(answer.status, 401U);
  EXPECT_EQ(answer.header("www-authenticate"), "Bearer realm=\"vcp\"");
}

TEST(Server, ATokenThatDoesNotServeIs401) {
  TestServer server({guarded_route("/a", {Role::admin})});
  Client client(server.port());
  const Answer answer = client.ask(get("/a", bearer("wrong")));
  EXPECT_EQ(answer.status, 401U);
  EXPECT_NE(answer.header("www-authenticate").find("invalid_token"), std::string::npos);
  EXPECT_EQ(client.ask(get("/a", "Authorization: Basic YTpi\r\n")).status, 401U);
}

TEST(Server, ATokenInTheQueryDoesNotCount) {
  TestServer server({guarded_route("/a", {Role::admin})});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a?access_token=admin")).status, 401U);
}

TEST(Server, ARoleThatMayNotIs403) {
  TestServer server({guarded_route("/a", {Role::admin, Role::reader})});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a", bearer("join"))).status, 403U);
  EXPECT_EQ(client.ask(get("/a", bearer("reader"))).status, 200U);
}

TEST(Server, APublicRouteIgnoresABadToken) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a", bearer("wrong"))).status, 200U);
}

TEST(Server, RequestIdOfTheClientComesBack) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a", "X-Request-Id: abc-1\r\n")).header("x-request-id"), "abc-1");
}

TEST(Server, RequestIdThatIsIllFormedOrMissingIsMade) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  const std::string first = client.ask(get("/a", "X-Request-Id: a b\r\n")).header("x-request-id");
  const std::string second = client.ask(get("/a")).header("x-request-id");
  EXPECT_NE(first, "a b");
  EXPECT_FALSE(first.empty());
  EXPECT_NE(first, second);
}

TEST(Server, ErrorsAreProblemsThatNameTheirInstance) {
  TestServer server({});
  Client client(server.port());
  const Answer answer = client.ask(get("/a/b?c"));
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  EXPECT_NE(answer.body.find("\"instance\":\"/a/b\""), std::string::npos);
}

TEST(Server, AFramingErrorIsAProblemAndTheEnd) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  client.send(get("/a") + "GET /a HTTP/1.1\r\n\r\n" + get("/a"));
  EXPECT_EQ(client.read().status, 200U);
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  client.end_sending();
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, ConnectionCloseEndsIt) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a", "Connection: close\r\n")).header("connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, Http10IsClosedUnlessItAsksToBeKept) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  const Answer kept = client.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.header("connection"), "keep-alive");
  EXPECT_EQ(client.ask("GET /a HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, PathParametersReachTheHandler) {
  Route route = text_route("/tasks/{id}/parts/{n}", "");
  route.handler = Reply([](Request& request) {
    return Response{.body =
                        std::string(request.param("id")) + "," + std::string(request.param("n"))};
  });
  TestServer server({route});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/tasks/a%20b/parts/7")).body, "a b,7");
  EXPECT_EQ(client.ask(get("/tasks/%zz/parts/7")).status, 400U);
}

TEST(Server, AHandlerThatThrowsIs500AndTheConnectionGoesOn) {
  Route route = text_route("/throws", "");
  route.handler = Reply([](Request&) -> Response { throw std::runtime_error("a secret"); });
  TestServer server({route, text_route("/a", "hello")});
  Client client(server.port());
  const Answer answer = client.ask(get("/throws"));
  EXPECT_EQ(answer.status, 500U);
  EXPECT_EQ(answer.body.find("a secret"), std::string::npos);
  EXPECT_EQ(client.ask(get("/a")).status, 200U);
}

TEST(Server, EtagIsStrongAndAnswers304) {
  Route route = text_route("/a", "hello");
  route.etag = true;
  TestServer server({route});
  Client client(server.port());
  const std::string etag = client.ask(get("/a")).header("etag");
  EXPECT_TRUE(etag.starts_with('"'));
  client.send(get("/a", "If-None-Match: " + etag + "\r\n"));
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 304U);
  EXPECT_EQ(answer.header("etag"), etag);
  EXPECT_EQ(client.ask(get("/a", "If-None-Match: \"other\"\r\n")).body, "hello");
}

TEST(Server, ObservesEachStatus) {
  TestServer server({text_route("/a", "hello")});
  Client client(server.port());
  client.ask(get("/a"));
  client.ask(get("/b"));
  EXPECT_EQ(server.observed(), (std::vector<unsigned>{200, 404}));
}

TEST(Server, RatesLimitATokenAndSaySo) {
  ServerOptions options;
  options.rates = {.per_token = 2, .loopback_exempt = false};
  TestServer server({guarded_route("/a", {Role::admin, Role::reader})}, options);
  Client client(server.port());
  const Answer first = client.ask(get("/a", bearer("admin")));
  EXPECT_EQ(first.header("ratelimit-policy"), "\"token\";q=2;w=1");
  EXPECT_EQ(first.header("ratelimit"), "\"token\";r=1;t=1");
  std::string burst;
  for (int i = 0; i < 20; ++i) burst += get("/a", bearer("admin"));
  client.send(burst);
  Answer last;
  for (int i = 0; i < 20; ++i) last = client.read();
  EXPECT_EQ(last.status, 429U);
  EXPECT_EQ(last.header("retry-after"), "1");
  EXPECT_EQ(client.ask(get("/a", bearer("reader"))).status, 200U);
}

TEST(Server, RatesLimitAnAddressWithoutATokenToo) {
  ServerOptions options;
  options.rates = {.per_address = 2, .loopback_exempt = false};
  TestServer server({guarded_route("/a", {Role::admin})}, options);
  Client client(server.port());
  std::string burst;
  for (int i = 0; i < 20; ++i) burst += get("/a", bearer("wrong"));
  client.send(burst);
  EXPECT_EQ(client.read().status, 401U);
  Answer last;
  for (int i = 1; i < 20; ++i) last = client.read();
  EXPECT_EQ(last.status, 429U);
}

TEST(Server, LoopbackIsExemptFromRatesByDefault) {
  ServerOptions options;
  options.rates = {.per_token = 1, .per_address = 1};
  TestServer server({text_route("/a", "hello")}, options);
  Client client(server.port());
  std::string burst;
  for (int i = 0; i < 20; ++i) burst += get("/a");
  client.send(burst);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.read().status, 200U);
}

TEST(Server, ConnectionsBeyondTheMaximumGet503) {
  ServerOptions options;
  options.max_connections = 1;
  TestServer server({text_route("/a", "hello")}, options);
  Client first(server.port());
  EXPECT_EQ(first.ask(get("/a")).status, 200U);
  Client second(server.port());
  EXPECT_EQ(second.read().status, 503U);
  EXPECT_TRUE(second.is_closed());
  EXPECT_EQ(first.ask(get("/a")).status, 200U);
}

TEST(Server, ATakenAddressIsRefusedByName) {
  TestServer server({});
  asio::io_context io;
  ServerOptions options;
  options.port = server.port();
  const auto second =
      Server::listen(io, options, {}, [](std::string_view) { return std::optional<Principal>(); });
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(server.port())), std::string::npos);
}

}  // namespace
}  // namespace vcp::http::testing
