// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/prover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "formats/snarkjs.hpp"
#include "prover/key_prover.hpp"
#include "zk/formats/circom_bytes.hpp"
#include "zk/formats/fixture.hpp"
#include "zk/samples.hpp"

namespace vcp::zk {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Proving : public ::testing::Test {
 public:
  Proving() {
    std::string pattern = (fs::temp_directory_path() / "vcp-prover-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) directory_ = pattern;
  }
  ~Proving() override { fs::remove_all(directory_); }

  [[nodiscard]] fs::path checked() const { return directory_ / "checked"; }

  /// A prover of a `.zkey` of these bytes.
  Result<Prover> open(const std::string& zkey) {
    const fs::path path = directory_ / "circuit.zkey";
    std::ofstream(path, std::ios::binary) << zkey;
    return Prover::open(path, checked(), 2, random);
  }
  Prover product() { return open(circom::file("zkey")).value(); }

  SystemRandom random;

 private:
  fs::path directory_;
};

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "(it passed)" : result.error().message;
}

TEST_F(Proving, GivesAProofThatTheExportedKeyVerifies) {
  for (const unsigned threads : {1U, 2U, 5U}) {
    const Proven proven = product().prove(circom::file("wtns"), threads, random).value();
    fixture::Json body;
    body["proof"] = fixture::Json::parse(to_snarkjs_json(proven.proof));
    body["public_signals"] = fixture::Json::parse(to_snarkjs_json(proven.signals));
    const Outcome outcome =
        fixture::outcome(fixture::circuit(fixture::snarkjs_key("product")), body);
    EXPECT_TRUE(outcome.valid) << outcome.reason;
  }
}

TEST_F(Proving, GivesAnotherProofEachTime) {
  const Prover prover = product();
  const Proven first = prover.prove(circom::file("wtns"), 1, random).value();
  const Proven second = prover.prove(circom::file("wtns"), 1, random).value();
  EXPECT_EQ(first.signals, second.signals);
  EXPECT_NE(first.proof.a, second.proof.a);
  EXPECT_NE(first.proof.c, second.proof.c);
}

TEST_F(Proving, IsTheSameWithEitherInstructionSet) {
#if defined(__x86_64__)
  if (!Adx::available()) GTEST_SKIP() << "this machine has one";
  const std::string bytes = circom::file("zkey");
  const std::string witness = circom::file("wtns");
  const Zkey key = read_zkey(bytes).value();
  Blinding blinding;
  blinding.r = random_residue<Fr>(random);
  blinding.s = random_residue<Fr>(random);
  const std::string_view values = view_wtns(witness).value();
  EXPECT_EQ(make_adx_key_prover(key)->prove(values, blinding, 1),
            make_portable_key_prover(key)->prove(values, blinding, 1));
#endif
}

TEST_F(Proving, OfAWitnessThatDoesNotSatisfyTheCircuitIsRefused) {
  const std::string wtns = circom::with_u32(circom::file("wtns"), 2, 32, 1);
  EXPECT_THAT(reason(product().prove(wtns, 1, random)), HasSubstr("does not satisfy"));
}

TEST_F(Proving, OfAWitnessOfAnotherSizeIsRefused) {
  std::string wtns = circom::file("wtns");
  wtns = circom::with_u32(wtns, 1, 36, 5);
  const auto values = circom::place(wtns, 2);
  wtns = circom::with_u32_at(wtns.substr(0, values.begin + 5 * 32), values.size_at, 5 * 32);
  EXPECT_THAT(reason(product().prove(wtns, 1, random)), HasSubstr("another circuit"));
}

TEST_F(Proving, NotesTheKeysThatPassed) {
  EXPECT_FALSE(fs::exists(checked()));
  const Prover prover = product();
  EXPECT_TRUE(fs::exists(checked() / (prover.digest().hex() + ".zkey-1")));
}

TEST_F(Proving, NotesNoKeyThatDidNotPass) {
  EXPECT_FALSE(open(circom::with_u32(circom::file("zkey"), 9, 0, 1)));
  EXPECT_FALSE(fs::exists(checked()));
}

TEST_F(Proving, WithAMissingFileIsRefused) {
  EXPECT_EQ(Prover::open(checked() / "none", checked(), 1, random).error().code, Code::io);
}

TEST_F(Proving, WithADirectoryIsRefused) {
  EXPECT_THAT(reason(Prover::open(fs::temp_directory_path(), checked(), 1, random)),
              HasSubstr("no ordinary file"));
}

TEST_F(Proving, WithAKeyCutAnywhereIsRefused) {
  const std::string whole = circom::file("zkey");
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    ASSERT_FALSE(open(whole.substr(0, size))) << size;
  }
}

TEST_F(Proving, WithAPointOffTheCurveIsRefused) {
  for (const std::uint32_t section : {5U, 6U, 7U, 8U, 9U}) {
    const std::string zkey = circom::with_u32(circom::file("zkey"), section, 0, 1);
    EXPECT_THAT(reason(open(zkey)), HasSubstr("section " + std::to_string(section)));
  }
}

TEST_F(Proving, WithACoordinateNotReducedIsRefused) {
  const std::string zkey = circom::with_bytes(circom::file("zkey"), 9, 0, std::string(32, '\xff'));
  EXPECT_THAT(reason(open(zkey)), HasSubstr("section 9"));
}

TEST_F(Proving, WithAPointOutsideTheSubgroupIsRefused) {
  const G2 point = random_twist_point(random);
  std::string bytes;
  for (const Fp& coordinate : {point.x.c0, point.x.c1, point.y.c0, point.y.c1}) {
    bytes.append(reinterpret_cast<const char*>(coordinate.montgomery().data()), 32);
  }
  const std::string zkey = circom::with_bytes(circom::file("zkey"), 7, 128, bytes);
  EXPECT_THAT(reason(open(zkey)), HasSubstr("outside the subgroup"));
}

TEST_F(Proving, WithAWireOutOfRangeIsRefused) {
  EXPECT_THAT(reason(open(circom::with_u32(circom::file("zkey"), 4, 12, 6))), HasSubstr("wire"));
}

TEST_F(Proving, WithAnotherBetaInG1IsRefused) {
  const std::string whole = circom::file("zkey");
  const auto header = circom::place(whole, 2);
  const std::string alpha = whole.substr(header.begin + 84, 64);
  EXPECT_THAT(reason(open(circom::with_bytes(whole, 2, 84 + 64, alpha))), HasSubstr("beta"));
}

TEST(SnarkjsProof, IsWrittenAsSnarkjsWritesIt) {
  const std::string text = fixture::load_text("snarkjs/product/proof.json");
  Findings findings;
  json::Document document;
  const Proof proof = read_snarkjs_proof(document.parse(text).value(), "", findings);
  EXPECT_EQ(to_snarkjs_json(proof) + "\n", text);
}

}  // namespace
}  // namespace vcp::zk
