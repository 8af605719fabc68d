// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http/fixture.hpp"
#include "vcp/base/signal.hpp"

namespace vcp::http::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A GET that answers once the signal is set, and tells when it has begun.
struct Gate {
  Signal open;
  std::atomic<bool> entered = false;

  Async<Response> pass(Request& /*request*/) {
    entered = true;
    entered.notify_all();
    co_await open.wait();
    co_return Response{.body = "passed"};
  }

  Route route() {
    return {.method = Method::get,
            .pattern = "/gate",
            .roles = {Role::none},
            .long_poll = true,
            .handler = Call([this](Request& request) { return pass(request); })};
  }
};

TEST(Drain, ClosesConnectionsBetweenRequests) {
  TestServer server({text_route("/a", "hello")});
  Client fresh(server.port());
  Client used(server.port());
  EXPECT_EQ(used.ask(get("/a")).status, 200U);
  server.start_drain(seconds(20));
  EXPECT_TRUE(server.is_drained());
  EXPECT_TRUE(fresh.is_closed());
  EXPECT_TRUE(used.is_closed());
}

TEST(Drain, TakesNoNewConnection) {
  TestServer server({text_route("/a", "hello")});
  server.start_drain(seconds(20));
  EXPECT_TRUE(server.is_drained());
  EXPECT_THROW(
      {
        Client client(server.port());
        if (client.ask(get("/a")).status == 0) throw std::runtime_error("closed");
      },
      std::runtime_error);
}

TEST(Drain, LetsARunningRequestEndAndCloses) {
  Gate gate;
  TestServer server({gate.route()});
  Client client(server.port());
  client.send(get("/gate"));
  gate.entered.wait(false);
  server.start_drain(seconds(20));
  gate.open.set();
  const Answer answer = client.read();
  EXPECT_EQ(answer.body, "passed");
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(server.is_drained());
}

TEST(Drain, AnswersARequestThatFollowsWith503) {
  Gate gate;
  TestServer server({gate.route(), text_route("/a", "hello")});
  Client client(server.port());
  client.send(get("/gate") + get("/a"));
  gate.entered.wait(false);
  Client idle(server.port());
  server.start_drain(seconds(20));
  EXPECT_TRUE(idle.is_closed());
  gate.open.set();
  EXPECT_EQ(client.read().header("connection"), "close");
  EXPECT_TRUE(server.is_drained());
}

TEST(Drain, EndsAtItsTimeWhateverStillRuns) {
  Gate gate;
  TestServer server({gate.route()});
  Client client(server.port());
  client.send(get("/gate"));
  gate.entered.wait(false);
  server.start_drain(milliseconds(30));
  EXPECT_TRUE(server.is_drained());
  EXPECT_TRUE(client.is_closed());
  gate.open.set();
}

}  // namespace
}  // namespace vcp::http::testing
