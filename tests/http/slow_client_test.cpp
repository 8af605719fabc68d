// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/basic_waitable_timer.hpp>

#include "http/fixture.hpp"

namespace vcp::http::testing {
namespace {

using std::chrono::milliseconds;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

ServerOptions impatient(milliseconds header, milliseconds idle) {
  ServerOptions options;
  options.header_timeout = header;
  options.idle_timeout = idle;
  return options;
}

constexpr milliseconds kShort{40};
constexpr milliseconds kLong{60'000};

Async<Response> answer_after_a_while(Request& /*request*/) {
  const auto executor = co_await asio::this_coro::executor;
  Timer timer(executor, 5 * kShort);
  co_await timer.async_wait(use_async);
  co_return Response{.body = "at last"};
}

Async<void> write_without_end(Exchange& exchange) {
  Response head;
  Result<> going = co_await exchange.start(std::move(head), std::nullopt);
  const std::string part(64 * 1024, 'x');
  while (going) going = co_await exchange.write(part);
}

TEST(SlowClient, WithoutAByteIsClosed) {
  TestServer server({}, impatient(kShort, kLong));
  Client client(server.port());
  EXPECT_TRUE(client.is_closed());
}

TEST(SlowClient, WithHalfAHeaderGets408) {
  TestServer server({}, impatient(kShort, kLong));
  Client client(server.port());
  const Answer answer = client.ask("GET / HTTP/1.1\r\nHost:");
  EXPECT_EQ(answer.status, 408U);
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  EXPECT_TRUE(client.is_closed());
}

TEST(SlowClient, WithAHeaderInDropsGets408) {
  TestServer server({}, impatient(kShort, kLong));
  Client client(server.port());
  client.send("GET / HTTP/1.1\r\n");
  while (!client.is_readable(milliseconds(1))) client.send("X-A: b\r\n");
  EXPECT_EQ(client.read().status, 408U);
}

TEST(SlowClient, IdleBetweenRequestsIsClosed) {
  TestServer server({text_route("/a", "hello")}, impatient(kLong, kShort));
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a")).status, 200U);
  EXPECT_TRUE(client.is_closed());
}

TEST(SlowClient, WhoseBodyDoesNotComeGets408) {
  TestServer server({echo_route("/a", 100)}, impatient(kLong, kShort));
  Client client(server.port());
  const Answer answer = client.ask("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
  EXPECT_EQ(answer.status, 408U);
  EXPECT_TRUE(client.is_closed());
}

TEST(SlowClient, WhoTakesNothingIsClosed) {
  TestServer server({{.method = Method::get,
                      .pattern = "/s",
                      .roles = {Role::none},
                      .handler = Stream(write_without_end)}},
                    impatient(kLong, kShort));
  Client client(server.port());
  client.send(get("/s"));
  while (server.observed().empty()) std::this_thread::yield();
  while (server.server().connections() > 0) std::this_thread::yield();
  EXPECT_EQ(server.observed(), std::vector<unsigned>{200});
}

TEST(SlowHandler, IsNotTheClientsFault) {
  Route route = waiting_echo_route("/a", 100);
  route.method = Method::get;
  route.long_poll = true;
  route.handler = Call(answer_after_a_while);
  TestServer server({route}, impatient(kShort, kShort));
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/a")).body, "at last");
}

}  // namespace
}  // namespace vcp::http::testing
