// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/circuit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "zk/formats/fixture.hpp"

namespace vcp::zk {
namespace {

using fixture::Json;
using ::testing::HasSubstr;

Json program(const std::string& format) {
  const Json data = fixture::load(format + "/receipts.json").back();
  return format == "risc0" ? Json{{"format", format}, {"image_id", data.at("image_id")}}
                           : Json{{"format", format}, {"program_vkey", data.at("program_vkey")}};
}

Json key(const std::string& format) {
  if (format == "snarkjs") return fixture::snarkjs_key("product");
  if (format == "risc0" || format == "sp1") return program(format);
  return {{"format", format}, {"key", fixture::load(format + "/proofs.json")["cubic"]["key"]}};
}

class AnyCircuit : public ::testing::TestWithParam<const char*> {};

TEST_P(AnyCircuit, IsTheSameAfterItWasKept) {
  const Circuit original = fixture::circuit(key(GetParam()));
  const auto restored = restore_circuit(original.canonical(), fixture::verifiers());
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->id(), original.id());
  EXPECT_EQ(restored->format(), original.format());
  EXPECT_EQ(restored->public_signals(), original.public_signals());
  EXPECT_EQ(restored->canonical(), original.canonical());
}

TEST_P(AnyCircuit, TellsItsFormat) {
  EXPECT_EQ(to_string(fixture::circuit(key(GetParam())).format()), GetParam());
}

TEST_P(AnyCircuit, KeptInPartIsCorrupt) {
  const std::string canonical = fixture::circuit(key(GetParam())).canonical();
  for (std::size_t size = 0; size < canonical.size(); size += 7) {
    const auto restored = restore_circuit(canonical.substr(0, size), fixture::verifiers());
    ASSERT_FALSE(restored) << size;
    EXPECT_EQ(restored.error().code, Code::corrupt);
  }
}

TEST_P(AnyCircuit, UnderAnUnknownMemberIsRefused) {
  Json body = key(GetParam());
  body["more"] = 1;
  EXPECT_EQ(fixture::pointers(fixture::read(body)), "/more");
}

INSTANTIATE_TEST_SUITE_P(Formats, AnyCircuit,
                         ::testing::Values("snarkjs", "gnark", "arkworks", "risc0", "sp1"));

TEST(Circuit, OfAnUnknownFormatIsRefused) {
  EXPECT_EQ(fixture::pointers(fixture::read({{"format", "bellman"}, {"key", ""}})), "/format");
}

TEST(Circuit, WhoseFormatIsNoStringIsRefused) {
  EXPECT_EQ(fixture::pointers(fixture::read({{"format", 1}})), "/format");
}

TEST(Circuit, WithoutAKeyIsRefused) {
  EXPECT_EQ(fixture::pointers(fixture::read({{"format", "gnark"}})), "/key");
}

TEST(Circuit, ThatIsNoObjectIsRefused) {
  EXPECT_EQ(fixture::pointers(fixture::read(Json::array())), "");
}

TEST(Circuit, OfNothingNamesEveryMemberOfASnarkjsKey) {
  EXPECT_EQ(fixture::pointers(fixture::read(Json::object())),
            "/protocol /curve /vk_alpha_1 /vk_beta_2 /vk_gamma_2 /vk_delta_2 /IC /nPublic");
}

TEST(Circuit, HasTheSignalsOfTheLatestReleaseOfAZkvm) {
  EXPECT_EQ(fixture::circuit(program("risc0")).public_signals(), 5u);
  EXPECT_EQ(fixture::circuit(program("sp1")).public_signals(), 5u);
}

TEST(Batch, NamesThoseThatAreWrongAndWhy) {
  const Circuit circuit = fixture::circuit(fixture::snarkjs_key("sealed_sum"));
  const Json good = fixture::snarkjs_proof("sealed_sum");
  Json false_claim = good;
  false_claim["public_signals"][0] = "1";
  Json flawed = good;
  flawed["public_signals"][0] = "01";
  std::vector<Presentation> presentations;
  for (const Json& body : {good, false_claim, good, flawed, good}) {
    presentations.push_back(fixture::present(circuit, body).value());
  }
  SeededRandom random(1);
  const auto outcomes = verify_batch(presentations, random);
  ASSERT_EQ(outcomes.size(), 5u);
  EXPECT_TRUE(outcomes[0].valid && outcomes[2].valid && outcomes[4].valid);
  EXPECT_THAT(outcomes[1].reason, HasSubstr("does not hold"));
  EXPECT_THAT(outcomes[3].reason, HasSubstr("/public_signals/0"));
}

TEST(Batch, MayMixReleasesOfAZkvm) {
  std::vector<Presentation> presentations;
  for (const Json& data : fixture::load("risc0/receipts.json")) {
    const Circuit circuit =
        fixture::circuit({{"format", "risc0"}, {"image_id", data.at("image_id")}});
    Json body{{"proof", data.at("seal")}, {"journal", "anVzdCBhIHNpbXBsZSByZWNlaXB0"}};
    presentations.push_back(fixture::present(circuit, body).value());
  }
  SeededRandom random(1);
  std::string valid;
  for (const Outcome& outcome : verify_batch(presentations, random)) {
    valid += outcome.valid ? 'v' : '-';
  }
  EXPECT_EQ(valid, "vv--vv");  // 2.0 and 2.1 are withdrawn
}

TEST(Batch, OfNothingIsNothing) {
  SeededRandom random(1);
  EXPECT_TRUE(verify_batch(std::span<const Presentation>{}, random).empty());
}

}  // namespace
}  // namespace vcp::zk
