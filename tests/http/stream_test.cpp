// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "http/fixture.hpp"

namespace vcp::http::testing {
namespace {

Route stream_route(Async<void> (*handler)(Exchange&), Method method = Method::get) {
  return {.method = method,
          .pattern = "/s",
          .roles = {Role::none},
          .body_limit = method == Method::post ? 1U << 30U : 0,
          .handler = Stream(handler)};
}

Async<void> say_nothing(Exchange& /*exchange*/) { co_return; }

Async<void> throw_at_once(Exchange& /*exchange*/) {
  throw std::runtime_error("on purpose");
  co_return;
}

Async<void> throw_later(Exchange& exchange) {
  Response head;
  co_await exchange.start(std::move(head), std::nullopt);
  co_await exchange.write("half");
  throw std::runtime_error("on purpose");
}

Async<void> respond_conflict(Exchange& exchange) {
  const Error error{.code = Code::conflict, .message = "not now"};
  Response response = problem(error);
  co_await exchange.respond(std::move(response));
}

Async<void> write_with_length(Exchange& exchange) {
  Response head{.content_type = "text/plain"};
  co_await exchange.start(std::move(head), 10);
  co_await exchange.write("01234");
  co_await exchange.write("56789");
}

Async<void> write_too_little(Exchange& exchange) {
  Response head;
  co_await exchange.start(std::move(head), 10);
  co_await exchange.write("01234");
}

Async<void> write_parts(Exchange& exchange) {
  Response head{.content_type = "text/plain"};
  co_await exchange.start(std::move(head), std::nullopt);
  co_await exchange.write("one ");
  co_await exchange.write("");
  const std::string large(150'000, 'x');
  co_await exchange.write(large);
}

Async<void> wait_for_closing(Exchange& exchange) {
  Response head{.content_type = "text/event-stream"};
  co_await exchange.start(std::move(head), std::nullopt);
  co_await exchange.write("first\n");
  co_await exchange.closing();
  co_await exchange.write("last\n");
}

Async<void> count_body(Exchange& exchange) {
  std::size_t bytes = 0;
  for (;;) {
    Result<std::string_view> part = co_await exchange.read();
    if (!part || part->empty()) break;
    bytes += part->size();
  }
  Response response{.body = std::to_string(bytes)};
  co_await exchange.respond(std::move(response));
}

/// Reads to the end, counts into `read`, and wakes nobody: the other direction runs by itself.
Async<void> read_all(Exchange& exchange, std::atomic<std::size_t>& read, std::atomic<bool>& done) {
  for (;;) {
    Result<std::string_view> part = co_await exchange.read();
    if (!part || part->empty()) break;
    read += part->size();
  }
  done = true;
}

Async<void> read_while_writing(Exchange& exchange) {
  std::atomic<std::size_t> read = 0;
  std::atomic<bool> done = false;
  const auto executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, read_all(exchange, read, done), asio::detached);
  Response head;
  co_await exchange.start(std::move(head), std::nullopt);
  const std::string line(1000, 'w');
  while (!done) co_await exchange.write(line);
  const std::string total = std::to_string(read);
  co_await exchange.write(total);
}

TEST(Stream, WithoutAnAnswerIs500) {
  TestServer server({stream_route(say_nothing)});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/s")).status, 500U);
}

TEST(Stream, ThatThrowsBeforeItsAnswerIs500) {
  TestServer server({stream_route(throw_at_once)});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/s")).status, 500U);
}

TEST(Stream, ThatThrowsInItsAnswerEndsWithoutTheLastChunk) {
  TestServer server({stream_route(throw_later)});
  Client client(server.port());
  client.send(get("/s"));
  const std::string all = client.read_until("0\r\n\r\n");
  EXPECT_TRUE(all.ends_with("4\r\nhalf\r\n"));
}

TEST(Stream, RespondsWithAWholeAnswerAndGoesOn) {
  TestServer server({stream_route(respond_conflict)});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/s")).status, 409U);
  EXPECT_EQ(client.ask(get("/s")).status, 409U);
}

TEST(Stream, RespondsWithoutReadingALargeBodyAndCloses) {
  TestServer server({stream_route(respond_conflict, Method::post)});
  Client client(server.port());
  client.send("POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
  client.send(std::string(5'000'000, 'x'));
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST(Stream, WithALengthIsNotChunked) {
  TestServer server({stream_route(write_with_length)});
  Client client(server.port());
  const Answer answer = client.ask(get("/s"));
  EXPECT_EQ(answer.header("content-length"), "10");
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_EQ(client.ask(get("/s")).body, "0123456789");
}

TEST(Stream, ThatWritesTooLittleEndsTheConnection) {
  TestServer server({stream_route(write_too_little)});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/s")).body, "01234");
  EXPECT_TRUE(client.is_closed());
}

TEST(Stream, WithoutALengthIsChunked) {
  TestServer server({stream_route(write_parts)});
  Client client(server.port());
  EXPECT_EQ(client.ask(get("/s")).body, "one " + std::string(150'000, 'x'));
  EXPECT_EQ(client.ask(get("/s")).status, 200U);
}

TEST(Stream, WithoutALengthEndsWithTheConnectionInHttp10) {
  TestServer server({stream_route(write_parts)});
  Client client(server.port());
  client.send("GET /s HTTP/1.0\r\n\r\n");
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_until("never"), "one " + std::string(150'000, 'x'));
}

TEST(Stream, OfHeadHasNoBody) {
  TestServer server({stream_route(write_parts), text_route("/a", "next")});
  Client client(server.port());
  client.send("HEAD /s HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read(true).status, 200U);
  EXPECT_EQ(client.ask(get("/a")).body, "next");
}

TEST(Stream, ReadsALargeBodyInParts) {
  TestServer server({stream_route(count_body, Method::post)});
  Client client(server.port());
  client.send("POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
  client.send(std::string(20'000'000, 'x'));
  EXPECT_EQ(client.read().body, "20000000");
}

TEST(Stream, ReadsAndWritesAtTheSameTime) {
  TestServer server({stream_route(read_while_writing, Method::post), text_route("/a", "next")});
  Client client(server.port());
  std::thread sender([&client] {
    client.send("POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
    for (int i = 0; i < 20; ++i) client.send(std::string(1'000'000, 'x'));
  });
  const Answer answer = client.read();
  sender.join();
  EXPECT_TRUE(answer.body.ends_with("w20000000"));
  EXPECT_EQ(client.ask(get("/a")).body, "next");
}

TEST(Stream, WithoutEndEndsWhenTheServerDrains) {
  TestServer server({stream_route(wait_for_closing)});
  Client client(server.port());
  client.send(get("/s"));
  client.read_until("first\n");
  server.start_drain(std::chrono::seconds(20));
  client.read_until("last\n");
  EXPECT_TRUE(server.is_drained());
}

TEST(Stream, WithoutEndEndsWhenTheClientIsGone) {
  TestServer server({stream_route(wait_for_closing)});
  {
    Client client(server.port());
    client.send(get("/s"));
    client.read_until("first\n");
  }
  while (server.server().connections() > 0) std::this_thread::yield();
  EXPECT_EQ(server.observed(), std::vector<unsigned>{200});
}

}  // namespace
}  // namespace vcp::http::testing
