// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vcp/base/encoding.hpp"
#include "zk/formats/fixture.hpp"

namespace vcp::zk {
namespace {

using fixture::Json;
using ::testing::HasSubstr;

/// The contents of files as tools leave them.
struct Contents {
  std::string key;
  std::string proof;
  std::string statement;

  [[nodiscard]] Result<Outcome> verify() const {
    return verify_files({.key = key, .proof = proof, .statement = statement}, fixture::verifiers());
  }
};

Contents snarkjs() {
  return {.key = fixture::load_text("snarkjs/product/verification_key.json"),
          .proof = fixture::load_text("snarkjs/product/proof.json"),
          .statement = fixture::load_text("snarkjs/product/public.json")};
}

Contents binary(const std::string& format, const std::string& suffix) {
  const Json data = fixture::load(format + "/proofs.json")["cubic"];
  const auto bytes = [&](const std::string& member) {
    return from_base64(data.at(member + suffix).get<std::string>()).value();
  };
  return {
      .key = bytes("key"), .proof = bytes("proof"), .statement = data.at("public_signals").dump()};
}

Contents receipt() {
  const Json data = fixture::load("risc0/receipts.json").back();
  return {.key = Json{{"format", "risc0"}, {"image_id", data.at("image_id")}}.dump(),
          .proof = data.at("seal").get<std::string>() + "\n",
          .statement = "just a simple receipt"};
}

TEST(CircuitBody, NamesTheFormatOfABinaryKey) {
  for (const std::string format : {"gnark", "arkworks"}) {
    const auto body = circuit_body(binary(format, "").key, fixture::verifiers());
    EXPECT_EQ(Json::parse(body.value()).at("format"), format);
  }
}

TEST(CircuitBody, IsAKeyOfSnarkjsAsItStands) {
  EXPECT_EQ(circuit_body(snarkjs().key, fixture::verifiers()).value(), snarkjs().key);
}

TEST(Files, OfSnarkjsAreVerified) { EXPECT_TRUE(snarkjs().verify().value().valid); }

TEST(Files, OfGnarkAreRecognised) {
  EXPECT_TRUE(binary("gnark", "").verify().value().valid);
  EXPECT_TRUE(binary("gnark", "_raw").verify().value().valid);
}

TEST(Files, OfArkworksAreRecognised) {
  EXPECT_TRUE(binary("arkworks", "").verify().value().valid);
  EXPECT_TRUE(binary("arkworks", "_raw").verify().value().valid);
}

TEST(Files, OfAReceiptAreVerified) { EXPECT_TRUE(receipt().verify().value().valid); }

TEST(Files, OfAReceiptMayHoldTheBytesOfTheSeal) {
  Contents files = receipt();
  files.proof = from_hex(std::string_view(files.proof).substr(2, files.proof.size() - 3)).value();
  EXPECT_TRUE(files.verify().value().valid);
}

TEST(Files, WithAnotherStatementAreInvalid) {
  Contents files = snarkjs();
  files.statement = R"(["35"])";
  EXPECT_FALSE(files.verify().value().valid);
}

TEST(Files, WithAKeyOfNoFormatAreUnreadable) {
  Contents files = snarkjs();
  files.key = "rubbish";
  const auto outcome = files.verify();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("the key"));
}

TEST(Files, WithAnUnsafeKeyAreUnreadable) {
  Contents files = snarkjs();
  files.key = fixture::load_text("snarkjs/product/uncontributed_key.json");
  EXPECT_FALSE(files.verify());
}

TEST(Files, WithAProofThatIsNoJsonAreUnreadable) {
  Contents files = snarkjs();
  files.proof = "{";
  const auto outcome = files.verify();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("the proof"));
}

TEST(Files, WithSignalsThatSmuggleAMemberAreUnreadable) {
  Contents files = snarkjs();
  files.statement = R"(["35"],"proof":{})";
  EXPECT_FALSE(files.verify());
}

TEST(BatchFile, NamesTheInvalidOnes) {
  Json bad = fixture::snarkjs_proof("product");
  bad["public_signals"][0] = "35";
  const Json batch{{"proofs", Json::array({fixture::snarkjs_proof("product"), bad, 7})}};
  SeededRandom random(1);
  const auto outcomes =
      verify_batch_file(snarkjs().key, batch.dump(), fixture::verifiers(), random);
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 3u);
  EXPECT_TRUE((*outcomes)[0].valid);
  EXPECT_THAT((*outcomes)[1].reason, HasSubstr("does not hold"));
  EXPECT_THAT((*outcomes)[2].reason, HasSubstr("object"));
}

TEST(BatchFile, MayBeABareArray) {
  SeededRandom random(1);
  const Json batch = Json::array({fixture::snarkjs_proof("product")});
  EXPECT_TRUE(verify_batch_file(snarkjs().key, batch.dump(), fixture::verifiers(), random)
                  .value()
                  .front()
                  .valid);
}

TEST(BatchFile, OfAnotherShapeIsUnreadable) {
  SeededRandom random(1);
  EXPECT_FALSE(verify_batch_file(snarkjs().key, R"({"proofs":1})", fixture::verifiers(), random));
}

}  // namespace
}  // namespace vcp::zk
