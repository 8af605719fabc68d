// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/http_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "agent/temporary_directory.hpp"
#include "client/scripted_server.hpp"
#include "vcp/client/blocking.hpp"

namespace vcp::agent {
namespace {

using ::testing::HasSubstr;
using testing::http_answer;

const std::string kRegistered = http_answer("201 Created", R"({"node_id":"n","node_token":"own"})");
const std::string kKnown = http_answer("200 OK", R"({"node_id":"n"})");
const std::string kNoToken = http_answer("401 Unauthorized", "");

class HttpLinkTest : public ::testing::Test {
 protected:
  void open(std::deque<std::string> answers, const std::string& join_token = "join") {
    link_.reset();
    server_ = std::make_unique<testing::ScriptedServer>(std::move(answers));
    auto link = HttpLink::open(io_,
                               {.url = *client::parse_url(server_->url()),
                                .node_id = "n",
                                .join_token = join_token,
                                .data_dir = directory_.path()},
                               random_);
    ASSERT_TRUE(link);
    link_ = std::move(*link);
  }

  Result<> register_node() { return client::wait_for(io_, link_->register_node(registration_)); }

  std::string request(std::size_t index) { return server_->requests().at(index); }

  void TearDown() override { link_.reset(); }

  asio::io_context io_{1};
  testing::TemporaryDirectory directory_;
  SeededRandom random_{1};
  Registration registration_{.node_id = "n", .region = "eu", .node_type = "compute"};
  std::unique_ptr<testing::ScriptedServer> server_;
  std::unique_ptr<HttpLink> link_;
};

TEST_F(HttpLinkTest, FirstRegistersWithTheJoinTokenAndKeepsItsOwn) {
  open({kRegistered});
  ASSERT_TRUE(register_node());
  EXPECT_THAT(request(0), HasSubstr("Authorization: Bearer join\r\n"));
  EXPECT_EQ(directory_.read("node.token"), "own\n");
  struct stat status{};
  ASSERT_EQ(stat((directory_.path() / "node.token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(HttpLinkTest, AfterwardsItsOwnTokenServes) {
  directory_.write("node.token", "own\n");
  open({kKnown}, "");
  ASSERT_TRUE(register_node());
  EXPECT_THAT(request(0), HasSubstr("Authorization: Bearer own\r\n"));
}

TEST_F(HttpLinkTest, JoinsAnewWhenItsOwnTokenServesNoMore) {
  directory_.write("node.token", "old\n");
  open({kNoToken, kRegistered});
  ASSERT_TRUE(register_node());
  EXPECT_THAT(request(1), HasSubstr("Authorization: Bearer join\r\n"));
  EXPECT_EQ(directory_.read("node.token"), "own\n");
}

TEST_F(HttpLinkTest, WithoutAnyTokenItSaysSo) {
  open({}, "");
  auto registered = register_node();
  ASSERT_FALSE(registered);
  EXPECT_EQ(registered.error().code, Code::unauthenticated);
}

TEST_F(HttpLinkTest, ARegistrationWhoseAnswerWasLostIsRepeatedUnderItsKeyAfterARestart) {
  open({"<close>"});
  ASSERT_FALSE(register_node());
  std::string lost = request(0);
  open({kRegistered});
  ASSERT_TRUE(register_node());
  auto key = [](const std::string& text) {
    std::size_t at = text.find("Idempotency-Key: ");
    return text.substr(at, text.find("\r\n", at) - at);
  };
  EXPECT_EQ(key(lost), key(request(0)));
  EXPECT_EQ(directory_.read("registration.nonce"), "");
}

TEST_F(HttpLinkTest, AsksForLeases) {
  open({http_answer("200 OK", R"({"leases":[]})")});
  auto leases = client::wait_for(io_, link_->lease(5, std::chrono::seconds(0)));
  ASSERT_TRUE(leases);
  EXPECT_TRUE(request(0).starts_with("POST /api/v1/nodes/n/leases?max=5&wait=0 HTTP/1.1\r\n"));
}

TEST_F(HttpLinkTest, HandsInOneResultByItself) {
  open({http_answer("409 Conflict", "")});
  std::vector<Report> reports(1);
  reports[0].task_id = "t";
  auto settled = client::wait_for(io_, link_->report(reports));
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->at(0), Settlement::stale);
  EXPECT_TRUE(request(0).starts_with("POST /api/v1/tasks/t/result HTTP/1.1\r\n"));
}

TEST_F(HttpLinkTest, HandsInSeveralResultsTogether) {
  open({http_answer("200 OK",
                    "{\"index\":0,\"task_id\":\"a\"}\n{\"index\":1,\"task_id\":\"b\"}\n")});
  std::vector<Report> reports(2);
  auto settled = client::wait_for(io_, link_->report(reports));
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->size(), 2U);
  EXPECT_TRUE(request(0).starts_with("POST /api/v1/nodes/n/results HTTP/1.1\r\n"));
  EXPECT_THAT(request(0), HasSubstr("Content-Type: application/x-ndjson\r\n"));
}

TEST_F(HttpLinkTest, InterruptEndsARequestForLeases) {
  open({""});
  bool ended = false;
  asio::co_spawn(io_, link_->lease(1, std::chrono::seconds(30)),
                 [&](std::exception_ptr, const Result<std::vector<Lease>>& leases) {
                   ended = true;
                   EXPECT_FALSE(leases);
                 });
  while (!ended) {
    io_.run_one_for(std::chrono::milliseconds(1));
    if (!server_->requests().empty()) link_->interrupt();
  }
}

TEST_F(HttpLinkTest, DownloadsContentByItsKind) {
  open({http_answer("200 OK", "module"), http_answer("200 OK", "blob")});
  std::string got;
  ByteSink sink = [&got](std::string_view part) {
    got += part;
    return Result<>();
  };
  Digest id = sha256("x");
  ASSERT_TRUE(client::wait_for(io_, link_->download(ContentKind::module, id, sink)));
  ASSERT_TRUE(client::wait_for(io_, link_->download(ContentKind::blob, id, sink)));
  EXPECT_EQ(got, "moduleblob");
  EXPECT_THAT(request(0), HasSubstr("/api/v1/modules/" + id.to_string() + "/content"));
  EXPECT_THAT(request(1), HasSubstr("/api/v1/blobs/" + id.to_string() + "/content"));
}

}  // namespace
}  // namespace vcp::agent
