// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "formats/binary.hpp"
#include "formats/receipt_releases.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/base/hash.hpp"
#include "zk/formats/fixture.hpp"

namespace vcp::zk {
namespace {

using fixture::Json;
using ::testing::HasSubstr;

const std::vector<std::string> kAllowed = {"risc0 2.0", "risc0 2.1", "sp1 6.0"};

std::string unhex(const Json& hex) {
  return from_hex(std::string_view(hex.get_ref<const std::string&>()).substr(2)).value();
}

/// A genuine receipt (data/README.md), as the bodies of requests.
struct Receipt {
  Json circuit;
  Json proof;
};

Receipt risc0(const Json& data) {
  return {{{"format", "risc0"}, {"image_id", data.at("image_id")}},
          {{"proof", data.at("seal")}, {"journal", to_base64(unhex(data.at("journal")))}}};
}

Receipt sp1(const Json& data) {
  return {
      {{"format", "sp1"}, {"program_vkey", data.at("program_vkey")}},
      {{"proof", data.at("proof")}, {"public_values", to_base64(unhex(data.at("public_values")))}}};
}

Receipt genuine(const std::string& zkvm, const std::string& version) {
  for (const Json& data : fixture::load(zkvm + "/receipts.json")) {
    if (data.at("version") == version) return zkvm == "risc0" ? risc0(data) : sp1(data);
  }
  throw std::out_of_range(version);
}

Outcome outcome(const Receipt& receipt, const std::vector<std::string>& allowed = {}) {
  return fixture::outcome(fixture::circuit(receipt.circuit, allowed), receipt.proof);
}

/// The receipt with bytes of its seal replaced.
Receipt with_seal(Receipt receipt, std::size_t at, const std::string& bytes) {
  std::string seal = unhex(receipt.proof.at("proof"));
  seal.replace(at, bytes.size(), bytes);
  receipt.proof["proof"] = "0x" + to_hex(seal);
  return receipt;
}

struct Version {
  const char* zkvm;
  const char* version;
};

void PrintTo(const Version& version, std::ostream* out) {
  *out << version.zkvm << ' ' << version.version;
}

class ReleasedReceipt : public ::testing::TestWithParam<Version> {
 protected:
  Receipt receipt() const { return genuine(GetParam().zkvm, GetParam().version); }
  const char* statement() const {
    return receipt().proof.contains("journal") ? "journal" : "public_values";
  }
};

TEST_P(ReleasedReceipt, Holds) { EXPECT_EQ(outcome(receipt(), kAllowed).reason, ""); }

TEST_P(ReleasedReceipt, InBase64Holds) {
  Receipt base64 = receipt();
  base64.proof["proof"] = to_base64(unhex(base64.proof["proof"]));
  EXPECT_TRUE(outcome(base64, kAllowed).valid);
}

TEST_P(ReleasedReceipt, DoesNotHoldForAnotherOutput) {
  Receipt other = receipt();
  other.proof[statement()] = to_base64("another output");
  EXPECT_THAT(outcome(other, kAllowed).reason, HasSubstr("does not hold"));
}

TEST_P(ReleasedReceipt, DoesNotHoldForAnotherProgram) {
  Receipt other = receipt();
  std::string& id = other.circuit.back().get_ref<std::string&>();
  id.back() = id.back() == '0' ? '1' : '0';
  EXPECT_THAT(outcome(other, kAllowed).reason, HasSubstr("does not hold"));
}

TEST_P(ReleasedReceipt, IsRefusedWithAByteMore) {
  Receipt longer = receipt();
  longer.proof["proof"] = longer.proof["proof"].get<std::string>() + "00";
  EXPECT_THAT(outcome(longer, kAllowed).reason, HasSubstr("bytes"));
}

TEST_P(ReleasedReceipt, IsRefusedUnderTheSelectorOfAnotherRelease) {
  for (const ReceiptRelease& release : receipt_releases()) {
    if (GetParam().version == release.versions) continue;
    EXPECT_FALSE(
        outcome(with_seal(receipt(), 0, from_hex(release.selector).value()), kAllowed).valid);
  }
}

TEST_P(ReleasedReceipt, IsRefusedWithACoordinateNotBelowP) {
  const std::size_t proof_at = unhex(receipt().proof["proof"]).size() - 256;
  EXPECT_THAT(outcome(with_seal(receipt(), proof_at, std::string(32, '\xff')), kAllowed).reason,
              HasSubstr("not below p"));
}

INSTANTIATE_TEST_SUITE_P(Genuine, ReleasedReceipt,
                         ::testing::Values(Version{"risc0", "1.1"}, Version{"risc0", "1.2"},
                                           Version{"risc0", "2.0"}, Version{"risc0", "2.1"},
                                           Version{"risc0", "2.2"}, Version{"risc0", "3.0"},
                                           Version{"sp1", "2.0"}, Version{"sp1", "3.0-rc4"},
                                           Version{"sp1", "3.0"}, Version{"sp1", "4.0"},
                                           Version{"sp1", "6.0"}, Version{"sp1", "6.1"}));

class WithdrawnReceipt : public ::testing::TestWithParam<Version> {};

TEST_P(WithdrawnReceipt, IsRefusedByName) {
  const Outcome refused = outcome(genuine(GetParam().zkvm, GetParam().version));
  EXPECT_FALSE(refused.valid);
  EXPECT_THAT(refused.reason, HasSubstr(std::string(GetParam().version) + " is withdrawn"));
}

INSTANTIATE_TEST_SUITE_P(Unsound, WithdrawnReceipt,
                         ::testing::Values(Version{"risc0", "2.0"}, Version{"risc0", "2.1"},
                                           Version{"sp1", "6.0"}));

TEST(ReceiptVerifiers, AllowingOneWithdrawnReleaseAllowsNoOther) {
  EXPECT_FALSE(outcome(genuine("risc0", "2.0"), {"risc0 2.1"}).valid);
}

TEST(ReceiptVerifiers, RefuseToAllowANameThatIsNoWithdrawnRelease) {
  const std::vector<std::string> names = {"risc0 3.0"};
  const auto verifiers = ReceiptVerifiers::make(names);
  ASSERT_FALSE(verifiers);
  EXPECT_THAT(verifiers.error().message, HasSubstr("risc0 3.0"));
}

TEST(Receipt, OfTheDevelopmentModeNeverHolds) {
  EXPECT_THAT(outcome(with_seal(genuine("risc0", "3.0"), 0, "\xff\xff\xff\xff"), kAllowed).reason,
              HasSubstr("development mode"));
}

TEST(Receipt, OfAnUnknownReleaseIsRefusedWithItsSelector) {
  EXPECT_THAT(outcome(with_seal(genuine("risc0", "3.0"), 0, "\x01\x02\x03\x04")).reason,
              HasSubstr("01020304"));
}

TEST(Receipt, ShorterThanASelectorIsRefused) {
  Receipt receipt = genuine("sp1", "6.1");
  receipt.proof["proof"] = "0x4388a2";
  EXPECT_THAT(outcome(receipt).reason, HasSubstr("shorter"));
}

TEST(Receipt, ThatIsNeitherBase64NorHexIsOfTheWrongShape) {
  Receipt receipt = genuine("sp1", "6.1");
  receipt.proof["proof"] = "0x4388a";
  EXPECT_EQ(fixture::pointers(fixture::present(fixture::circuit(receipt.circuit), receipt.proof)),
            "/proof");
}

TEST(Receipt, WithoutItsOutputIsOfTheWrongShape) {
  Receipt receipt = genuine("risc0", "3.0");
  receipt.proof.erase("journal");
  EXPECT_EQ(fixture::pointers(fixture::present(fixture::circuit(receipt.circuit), receipt.proof)),
            "/journal");
}

TEST(Receipt, IsAboutTheOutputThatIsGivenBeside) {
  const Receipt receipt = genuine("risc0", "3.0");
  const std::string output = from_base64(receipt.proof["journal"].get<std::string>()).value();
  const std::string text = Json{{"proof", receipt.proof["proof"]}}.dump();
  json::Document document;
  const auto body = document.parse(text);
  const Circuit circuit = fixture::circuit(receipt.circuit);
  EXPECT_TRUE(verify(read_presentation(circuit, *body, "", output).value()).valid);
  EXPECT_FALSE(verify(read_presentation(circuit, *body, "", "another").value()).valid);
}

TEST(Sp1Receipt, OfAProgramThatFailedIsRefused) {
  EXPECT_THAT(outcome(with_seal(genuine("sp1", "6.1"), 35, "\x01")).reason, HasSubstr("exit code"));
}

TEST(Sp1Receipt, UnderOtherRecursionKeysIsRefused) {
  EXPECT_THAT(outcome(with_seal(genuine("sp1", "6.1"), 40, "\x01")).reason,
              HasSubstr("recursion keys"));
}

TEST(Sp1Receipt, WithANonceNotBelowRIsRefused) {
  EXPECT_THAT(outcome(with_seal(genuine("sp1", "6.1"), 68, std::string(32, '\xff'))).reason,
              HasSubstr("not below r"));
}

TEST(Sp1Receipt, WithAnotherNonceDoesNotHold) {
  EXPECT_THAT(outcome(with_seal(genuine("sp1", "6.1"), 98, "\x01\x01")).reason,
              HasSubstr("does not hold"));
}

TEST(Sp1Program, KeyNotBelowRIsRefused) {
  EXPECT_EQ(fixture::pointers(
                fixture::read({{"format", "sp1"}, {"program_vkey", "0x" + std::string(64, 'f')}})),
            "/program_vkey");
}

TEST(Risc0Program, IdWithoutPrefixIsRefused) {
  EXPECT_EQ(
      fixture::pointers(fixture::read({{"format", "risc0"}, {"image_id", std::string(64, 'a')}})),
      "/image_id");
}

TEST(Risc0Program, IdOfAnotherLengthIsRefused) {
  EXPECT_EQ(fixture::pointers(
                fixture::read({{"format", "risc0"}, {"image_id", "0x" + std::string(62, 'a')}})),
            "/image_id");
}

TEST(Risc0Program, IdIsReadInEitherCase) {
  EXPECT_EQ(
      fixture::circuit({{"format", "risc0"}, {"image_id", "0x" + std::string(64, 'a')}}).id(),
      fixture::circuit({{"format", "risc0"}, {"image_id", "0x" + std::string(64, 'A')}}).id());
}

// The table. RISC Zero's digests: crate risc0-binfmt (tagged_struct, tagged_iter) and crate
// risc0-groth16, src/verifier.rs.

std::string digest(std::string_view bytes) { return std::string(sha256(bytes).view()); }

std::string tagged(std::string_view tag, const std::vector<std::string>& children) {
  std::string text = digest(tag);
  for (const std::string& child : children) text += child;
  text += static_cast<char>(children.size());
  return digest(text + '\0');
}

std::string point_digest(const G1& p) { return digest(p.x.to_be() + p.y.to_be()); }

std::string point_digest(const G2& p) {
  return digest(p.x.c1.to_be() + p.x.c0.to_be() + p.y.c1.to_be() + p.y.c0.to_be());
}

std::string risc0_key_digest(const VerifyingKey& key) {
  std::string list(32, '\0');
  for (auto point = key.ic.rbegin(); point != key.ic.rend(); ++point) {
    list = tagged("risc0_groth16.VerifyingKey.IC", {point_digest(*point), list});
  }
  return tagged("risc0_groth16.VerifyingKey",
                {point_digest(key.alpha), point_digest(key.beta), point_digest(key.gamma),
                 point_digest(key.delta), list});
}

std::string expected_selector(const ReceiptRelease& release) {
  const std::string key = from_hex(release.key).value();
  if (release.zkvm == Format::sp1) return to_hex(digest(key).substr(0, 4));
  const std::string parameters =
      tagged("risc0.Groth16ReceiptVerifierParameters",
             {from_hex(release.root).value(), from_hex(release.control_id).value(),
              risc0_key_digest(read_arkworks_key(key).value())});
  return to_hex(parameters.substr(0, 4));
}

TEST(ReceiptReleases, EverySelectorIsTheDigestOfWhatItStandsFor) {
  for (const ReceiptRelease& release : receipt_releases()) {
    EXPECT_EQ(expected_selector(release), release.selector) << release.versions;
  }
}

TEST(ReceiptReleases, EveryKeyIsSafe) {
  for (const ReceiptRelease& release : receipt_releases()) {
    const std::string bytes = from_hex(release.key).value();
    const auto key =
        release.zkvm == Format::risc0 ? read_arkworks_key(bytes) : read_gnark_key(bytes);
    ASSERT_TRUE(key) << key.error().message;
    const auto prepared = prepare(*key);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(prepared->public_signals(), release.layout == SignalLayout::sp1_v2 ? 2u : 5u);
  }
}

TEST(ReceiptReleases, HaveTheWholeDigestsOfThePublishedKeys) {
  for (const Json& data : fixture::load("sp1/receipts.json")) {
    const auto release = std::ranges::find(
        receipt_releases(), data.at("version").get<std::string>(), [](const ReceiptRelease& r) {
          return r.zkvm == Format::sp1 ? std::string(r.versions) : std::string();
        });
    ASSERT_NE(release, receipt_releases().end());
    EXPECT_EQ(to_hex(digest(from_hex(release->key).value())), data.at("key_sha256"));
  }
}

}  // namespace
}  // namespace vcp::zk
