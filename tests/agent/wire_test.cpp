// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vcp::agent::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const std::string kModule =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string lease_json(const std::string& input) {
  return R"({"task_id":"t","epoch":18446744073709551615,"deadline":"2026-01-01T00:00:30.000Z",)"
         R"("task_type":"wasm_execution","module_id":")" +
         kModule +
         R"(","function":null,"args":[1, 9007199254740993],"argv":["a"],"env":{"K":"V"},)" + input +
         R"(,"limits":{"gas":10000000000,"memory_mb":256,"output_bytes":1048576},)"
         R"("max_execution_time_sec":60,"rank":1,"size":3,"proof":null,"fl":null})";
}

TEST(Wire, ReadsALease) {
  auto leases = parse_leases(R"({"leases":[)" + lease_json(R"("input":"aGk=")") + "]}");
  ASSERT_TRUE(leases) << leases.error().message;
  const Lease& lease = leases->at(0);
  EXPECT_EQ(lease.task_id, "t");
  EXPECT_EQ(lease.epoch, Epoch{18446744073709551615U});
  EXPECT_EQ(lease.deadline, parse_rfc3339("2026-01-01T00:00:30Z"));
  EXPECT_EQ(lease.module_id.to_string(), kModule);
  EXPECT_EQ(lease.function, "");
  EXPECT_EQ(lease.args, "[1, 9007199254740993]");
  EXPECT_THAT(lease.argv, ElementsAre("a"));
  EXPECT_THAT(lease.env, ElementsAre(Pair("K", "V")));
  EXPECT_EQ(lease.input, "hi");
  EXPECT_EQ(lease.input_blob, std::nullopt);
  EXPECT_EQ(lease.limits.gas, 10'000'000'000U);
  EXPECT_EQ(lease.limits.memory_mb, 256U);
  EXPECT_EQ(lease.limits.output_bytes, 1'048'576U);
  EXPECT_EQ(lease.max_execution_time, std::chrono::seconds(60));
  EXPECT_EQ(lease.rank, 1U);
  EXPECT_EQ(lease.size, 3U);
}

TEST(Wire, ReadsThatALeaseWantsAProof) {
  std::string json = lease_json(R"("input":"")");
  EXPECT_FALSE(parse_leases(R"({"leases":[)" + json + "]}").value().at(0).wants_proof);
  const std::string none = R"("proof":null)";
  json.replace(json.find(none), none.size(), R"("proof":{"circuit_id":"c","bind":[]})");
  EXPECT_TRUE(parse_leases(R"({"leases":[)" + json + "]}").value().at(0).wants_proof);
}

TEST(Wire, ReadsALeaseWhoseInputIsABlob) {
  auto leases =
      parse_leases(R"({"leases":[)" + lease_json(R"("input_blob":")" + kModule + "\"") + "]}");
  ASSERT_TRUE(leases);
  EXPECT_EQ(leases->at(0).input_blob, Digest::parse(kModule));
}

TEST(Wire, ALeaseThatLacksAMemberIsNamed) {
  auto leases = parse_leases(R"({"leases":[{"task_id":"t"}]})");
  ASSERT_FALSE(leases);
  EXPECT_EQ(leases.error().code, Code::malformed);
  EXPECT_THAT(leases.error().message, HasSubstr("epoch"));
}

TEST(Wire, ALeaseWithBadBase64IsRefused) {
  EXPECT_FALSE(parse_leases(R"({"leases":[)" + lease_json(R"("input":"a")") + "]}"));
}

TEST(Wire, WhatIsNoListOfLeasesIsRefused) {
  EXPECT_FALSE(parse_leases("[]"));
  EXPECT_FALSE(parse_leases("nonsense"));
  EXPECT_FALSE(parse_leases(R"({"leases":{}})"));
}

TEST(Wire, WritesAResult) {
  Report report{.task_id = "t",
                .epoch = Epoch{7},
                .rank = 1,
                .status = Status::exit_code,
                .detail = "exited with 3",
                .output = "hi",
                .log = "log",
                .log_truncated = true,
                .exit_code = 3,
                .gas_used = 42,
                .execution_time = std::chrono::milliseconds(5)};
  EXPECT_EQ(result_body("n", report),
            R"({"node_id":"n","epoch":7,"rank":1,"status":"exit_code","detail":"exited with 3",)"
            R"("output":"aGk=","log":"log","log_truncated":true,"exit_code":3,"gas_used":42,)"
            R"("execution_time_ms":5})");
}

TEST(Wire, WritesAResultALine) {
  std::vector<Report> reports(2);
  reports[0].task_id = "a";
  reports[1].task_id = "b";
  std::string body = results_body("n", reports);
  EXPECT_TRUE(body.starts_with(R"({"task_id":"a","node_id":"n",)"));
  EXPECT_THAT(body, HasSubstr("}\n{\"task_id\":\"b\""));
  EXPECT_TRUE(body.ends_with("}\n"));
}

TEST(Wire, ReadsAnOutcomeALine) {
  auto settlements = parse_settlements(R"({"index":0,"task_id":"a","status":"completed"})"
                                       "\n"
                                       R"({"index":1,"problem":{"status":409,"title":"Conflict"}})"
                                       "\n"
                                       R"({"index":2,"problem":{"status":422}})"
                                       "\n"
                                       R"({"index":3,"problem":{"status":503}})"
                                       "\n");
  ASSERT_TRUE(settlements);
  EXPECT_THAT(*settlements, ElementsAre(Settlement::accepted, Settlement::stale,
                                        Settlement::refused, Settlement::deferred));
}

TEST(Wire, WritesOnlyWhatWasMeasured) {
  Heartbeat beat{.telemetry = {.cpu_usage_percent = 12.5},
                 .leases = {{.task_id = "t", .epoch = Epoch{7}, .progress = 0.5},
                            {.task_id = "u", .epoch = Epoch{8}}}};
  EXPECT_EQ(heartbeat_body(beat),
            R"({"telemetry":{"cpu_usage_percent":12.5},"leases":)"
            R"([{"task_id":"t","epoch":7,"progress":0.5},{"task_id":"u","epoch":8}]})");
}

TEST(Wire, ReadsTheAnswerToAHeartbeat) {
  auto reply =
      parse_heartbeat_reply(R"({"health_score":87.5,"node_status":"online","safe_mode":false,)"
                            R"("cancelled":[{"task_id":"t","epoch":7}]})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->health_score, 87.5);
  EXPECT_EQ(reply->node_status, "online");
  EXPECT_THAT(reply->cancelled, ElementsAre(Pair("t", Epoch{7})));
}

TEST(Wire, WritesARegistration) {
  Registration registration{.node_id = "n",
                            .region = "eu",
                            .node_type = "compute",
                            .bandwidth_mbps = 100,
                            .cpu_cores = 2,
                            .memory_gb = 1.5,
                            .slots = 4,
                            .labels = {{"k", "v"}},
                            .max_temperature_c = 70};
  EXPECT_EQ(registration_body(registration),
            R"({"node_id":"n","region":"eu","node_type":"compute","capabilities":)"
            R"({"bandwidth_mbps":100,"cpu_cores":2,"memory_gb":1.5,"gpu_available":false},)"
            R"("slots":4,"labels":{"k":"v"},"safety_policy":{"max_temperature_c":70}})");
}

TEST(Wire, EveryStatusHasItsNameOnTheWire) {
  EXPECT_EQ(to_string(Status::ok), "ok");
  EXPECT_EQ(to_string(Status::exit_code), "exit_code");
  EXPECT_EQ(to_string(Status::trap), "trap");
  EXPECT_EQ(to_string(Status::stack_overflow), "stack_overflow");
  EXPECT_EQ(to_string(Status::timeout), "timeout");
  EXPECT_EQ(to_string(Status::out_of_gas), "out_of_gas");
  EXPECT_EQ(to_string(Status::out_of_memory), "out_of_memory");
  EXPECT_EQ(to_string(Status::output_too_large), "output_too_large");
  EXPECT_EQ(to_string(Status::module_invalid), "module_invalid");
  EXPECT_EQ(to_string(Status::cancelled), "cancelled");
  EXPECT_EQ(to_string(Status::handed_back), "handed_back");
  EXPECT_EQ(to_string(Status::node_error), "node_error");
}

TEST(Wire, ARefusedResultIsSettledAndATroubledServerIsNot) {
  EXPECT_EQ(to_settlement({.code = Code::conflict, .message = ""}), Settlement::stale);
  EXPECT_EQ(to_settlement({.code = Code::invalid, .message = ""}), Settlement::refused);
  EXPECT_FALSE(to_settlement({.code = Code::unavailable, .message = ""}));
  EXPECT_FALSE(to_settlement({.code = Code::unauthenticated, .message = ""}));
}

}  // namespace
}  // namespace vcp::agent::wire
