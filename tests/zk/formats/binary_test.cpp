// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vcp/base/encoding.hpp"
#include "zk/formats/fixture.hpp"

namespace vcp::zk {
namespace {

using fixture::Json;
using ::testing::HasSubstr;

/// A key and proof of one library, compressed or in full.
struct Encoded {
  std::string format;
  std::string key;
  std::string proof;
  Json signals;

  [[nodiscard]] Json key_body() const { return {{"format", format}, {"key", to_base64(key)}}; }
  [[nodiscard]] Json proof_body() const {
    return {{"proof", to_base64(proof)}, {"public_signals", signals}};
  }
};

Encoded encoded(const std::string& format, const std::string& suffix,
                const std::string& name = "cubic") {
  const Json data = fixture::load(format + "/proofs.json").at(name);
  const auto bytes = [&](const std::string& member) {
    return from_base64(data.at(member + suffix).get<std::string>()).value();
  };
  return {.format = format,
          .key = bytes("key"),
          .proof = bytes("proof"),
          .signals = data.at("public_signals")};
}

std::string key_error(const Encoded& encoded) {
  const auto circuit = fixture::read(encoded.key_body());
  return circuit ? "(read)" : circuit.error().message;
}

/// Why the proof is invalid under its own, intact key.
std::string proof_error(const Encoded& intact, const std::string& proof) {
  Encoded changed = intact;
  changed.proof = proof;
  const Outcome outcome =
      fixture::outcome(fixture::circuit(intact.key_body()), changed.proof_body());
  return outcome.valid ? "(valid)" : outcome.reason;
}

struct Form {
  const char* format;
  const char* suffix;
  std::size_t count_at;  // where the key's count of IC stands
};

void PrintTo(const Form& form, std::ostream* out) { *out << form.format << form.suffix; }

class BinaryForm : public ::testing::TestWithParam<Form> {
 protected:
  Encoded intact() const { return encoded(GetParam().format, GetParam().suffix); }
};

TEST_P(BinaryForm, ProofOfStockToolsHolds) {
  EXPECT_TRUE(fixture::outcome(fixture::circuit(intact().key_body()), intact().proof_body()).valid);
}

TEST_P(BinaryForm, ProofDoesNotHoldForOtherSignals) {
  Encoded other = intact();
  other.signals[0] = "35";
  EXPECT_THAT(fixture::outcome(fixture::circuit(other.key_body()), other.proof_body()).reason,
              HasSubstr("does not hold"));
}

TEST_P(BinaryForm, KeyCutAnywhereIsRefused) {
  Encoded cut = intact();
  while (!cut.key.empty()) {
    cut.key.pop_back();
    ASSERT_NE(key_error(cut), "(read)") << cut.key.size();
  }
}

TEST_P(BinaryForm, KeyWithTrailingBytesIsRefused) {
  Encoded longer = intact();
  longer.key += '\0';
  EXPECT_NE(key_error(longer), "(read)");
}

TEST_P(BinaryForm, KeyThatAnnouncesMorePointsThanItHasIsRefused) {
  Encoded huge = intact();
  huge.key.replace(GetParam().count_at, 4, "\x7f\xff\xff\xff");
  EXPECT_NE(key_error(huge), "(read)");
}

TEST_P(BinaryForm, ProofWithAnyByteChangedIsInvalid) {
  const Encoded original = intact();
  const Circuit circuit = fixture::circuit(original.key_body());
  for (std::size_t i = 0; i < original.proof.size(); i += 3) {
    Encoded changed = original;
    changed.proof[i] = static_cast<char>(changed.proof[i] ^ 1 << i % 6);
    EXPECT_FALSE(fixture::outcome(circuit, changed.proof_body()).valid) << i;
  }
}

TEST_P(BinaryForm, ProofCutAnywhereIsInvalid) {
  const Encoded original = intact();
  const Circuit circuit = fixture::circuit(original.key_body());
  const std::size_t points = original.proof.size() / 128 * 128;
  Encoded cut = original;
  while (!cut.proof.empty()) {
    cut.proof.pop_back();
    if (cut.proof.size() == points) continue;  // gnark's form before it had commitments
    EXPECT_FALSE(fixture::outcome(circuit, cut.proof_body()).valid) << cut.proof.size();
  }
}

TEST_P(BinaryForm, ProofWithTrailingBytesIsInvalid) {
  EXPECT_THAT(proof_error(intact(), intact().proof + '\0'), HasSubstr("follow the end"));
}

TEST_P(BinaryForm, ProofWithACoordinateNotBelowPIsInvalid) {
  std::string proof = intact().proof;
  proof.replace(0, 32, std::string(32, '\x3f'));
  if (std::string(GetParam().suffix).empty() && intact().format == "gnark") proof[0] = '\xbf';
  EXPECT_THAT(proof_error(intact(), proof), HasSubstr("not below p"));
}

TEST_P(BinaryForm, ProofThatIsNoBase64IsOfTheWrongShape) {
  Json body = intact().proof_body();
  body["proof"] = "not base64";
  EXPECT_EQ(fixture::pointers(fixture::present(fixture::circuit(intact().key_body()), body)),
            "/proof");
}

TEST_P(BinaryForm, KeyThatIsNoBase64IsRefused) {
  Json body = intact().key_body();
  body["key"] = "AA=";
  EXPECT_EQ(fixture::pointers(fixture::read(body)), "/key");
}

INSTANTIATE_TEST_SUITE_P(Libraries, BinaryForm,
                         ::testing::Values(Form{"gnark", "", 288}, Form{"gnark", "_raw", 576},
                                           Form{"arkworks", "", 224},
                                           Form{"arkworks", "_raw", 448}));

class Library : public ::testing::TestWithParam<const char*> {};

TEST_P(Library, KeyHasTheSameIdCompressedAndInFull) {
  EXPECT_EQ(fixture::circuit(encoded(GetParam(), "").key_body()).id(),
            fixture::circuit(encoded(GetParam(), "_raw").key_body()).id());
}

TEST_P(Library, CompressedProofHoldsUnderTheKeyInFull) {
  EXPECT_TRUE(fixture::outcome(fixture::circuit(encoded(GetParam(), "_raw").key_body()),
                               encoded(GetParam(), "").proof_body())
                  .valid);
}

INSTANTIATE_TEST_SUITE_P(Libraries, Library, ::testing::Values("gnark", "arkworks"));

// What is gnark's alone.

TEST(Gnark, KeyWithCommitmentsIsRefusedByName) {
  EXPECT_THAT(key_error(encoded("gnark", "", "committed")),
              HasSubstr("commitments are not supported"));
}

TEST(Gnark, KeyInFullWithCommitmentsIsRefusedByName) {
  EXPECT_THAT(key_error(encoded("gnark", "_raw", "committed")),
              HasSubstr("commitments are not supported"));
}

TEST(Gnark, ProofWithCommitmentsIsRefusedByName) {
  EXPECT_THAT(proof_error(encoded("gnark", ""), encoded("gnark", "", "committed").proof),
              HasSubstr("commitments are not supported"));
}

TEST(Gnark, ProofOfCommitmentsWithoutCommitmentsIsRefused) {
  std::string proof = encoded("gnark", "").proof;
  proof.replace(132, 32, proof.substr(0, 32));
  EXPECT_THAT(proof_error(encoded("gnark", ""), proof), HasSubstr("without commitments"));
}

TEST(Gnark, CommitmentKeyWithoutCommitmentsIsRefused) {
  Encoded extra = encoded("gnark", "");
  extra.key.back() = 1;
  extra.key += extra.key.substr(64, 128);
  EXPECT_THAT(key_error(extra), HasSubstr("without commitments"));
}

TEST(Gnark, ProofFromBeforeCommitmentsHolds) {
  EXPECT_EQ(proof_error(encoded("gnark", ""), encoded("gnark", "").proof.substr(0, 128)),
            "(valid)");
}

TEST(Gnark, ProofAsWordsForEthereumHolds) {
  EXPECT_EQ(proof_error(encoded("gnark", ""), encoded("gnark", "_raw").proof.substr(0, 256)),
            "(valid)");
}

TEST(Gnark, PointInFullAmongCompressedOnesIsRefused) {
  std::string proof = encoded("gnark", "").proof;
  proof[32] = static_cast<char>(proof[32] & 0x3f);
  EXPECT_THAT(proof_error(encoded("gnark", ""), proof), HasSubstr("flags"));
}

TEST(Gnark, InfinityWithACoordinateIsRefused) {
  std::string proof = encoded("gnark", "").proof;
  proof[0] = static_cast<char>((proof[0] & 0x3f) | 0x40);
  EXPECT_THAT(proof_error(encoded("gnark", ""), proof), HasSubstr("infinity is not written"));
}

TEST(Gnark, InfinityInAProofIsRefused) {
  std::string proof = encoded("gnark", "").proof;
  proof.replace(0, 32, "\x40" + std::string(31, '\0'));
  EXPECT_THAT(proof_error(encoded("gnark", ""), proof), HasSubstr("infinity"));
}

TEST(Gnark, WordsOfInfinityInAProofAreRefused) {
  std::string proof = encoded("gnark", "_raw").proof;
  proof.replace(0, 64, std::string(64, '\0'));
  EXPECT_THAT(proof_error(encoded("gnark", ""), proof), HasSubstr("infinity"));
}

TEST(Gnark, XWithoutAPointIsRefused) {
  std::string proof = encoded("gnark", "").proof;
  proof.replace(0, 32, "\x80" + std::string(30, '\0') + "\x04");  // 4³ + 3 is no square
  EXPECT_THAT(proof_error(encoded("gnark", ""), proof), HasSubstr("no point"));
}

TEST(Gnark, InfinityForAnUnconstrainedInputIsAccepted) {
  const Encoded cubic = encoded("gnark", "_raw");
  ASSERT_EQ(cubic.key.substr(580 + 2 * 64, 64), std::string(64, '\0'));  // IC[2], of Tag
  EXPECT_EQ(key_error(cubic), "(read)");
}

// What is arkworks' alone.

TEST(Arkworks, BothFlagsTogetherAreRefused) {
  std::string proof = encoded("arkworks", "").proof;
  proof[31] = static_cast<char>(proof[31] | 0xc0);
  EXPECT_THAT(proof_error(encoded("arkworks", ""), proof), HasSubstr("flags"));
}

TEST(Arkworks, InfinityWithACoordinateIsRefused) {
  std::string proof = encoded("arkworks", "").proof;
  proof[31] = static_cast<char>((proof[31] & 0x3f) | 0x40);
  EXPECT_THAT(proof_error(encoded("arkworks", ""), proof), HasSubstr("infinity is not written"));
}

TEST(Arkworks, InfinityInAProofIsRefused) {
  std::string proof = encoded("arkworks", "").proof;
  proof.replace(96, 32, std::string(31, '\0') + "\x40");
  EXPECT_THAT(proof_error(encoded("arkworks", ""), proof), HasSubstr("infinity"));
}

TEST(Arkworks, FlagOfTheLargerYBesideTheSmallerIsRefused) {
  const Encoded intact = encoded("arkworks", "_raw");
  Encoded changed = intact;
  // y and −y: where the flag is set, clear it together with nothing else; where not, set it.
  std::string& proof = changed.proof;
  const bool larger = (proof[63] & 0x80) != 0;
  if (larger) {
    const auto y = Fp::from_le(proof.substr(32, 31) + static_cast<char>(proof[63] & 0x3f));
    proof.replace(32, 32, (-y.value()).to_le());
  }
  proof[63] = static_cast<char>(proof[63] | 0x80);
  EXPECT_THAT(proof_error(intact, proof), HasSubstr("flags"));
}

TEST(Arkworks, PointsInFullWithoutFlagsHoldAsBeforeVersion04) {
  const Encoded intact = encoded("arkworks", "_raw");
  std::string proof = intact.proof;
  for (const std::size_t last : {63, 191, 255}) proof[last] = static_cast<char>(proof[last] & 0x3f);
  EXPECT_EQ(proof_error(intact, proof), "(valid)");
}

}  // namespace
}  // namespace vcp::zk
