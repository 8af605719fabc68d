// SPDX-License-Identifier: Apache-2.0
#include "formats/circom.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "zk/formats/circom_bytes.hpp"

namespace vcp::zk {
namespace {

using ::testing::HasSubstr;

using circom::file;
using circom::place;
using circom::with_bytes;
using circom::with_u32;

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "(read)" : result.error().message;
}

const std::string kTooLarge(32, '\xff');

/// A linear combination of the witness.
Fr dot(std::span<const Term> row, const std::vector<Fr>& witness) {
  Fr sum;
  for (const Term& term : row) sum = sum + term.coefficient * witness.at(term.wire);
  return sum;
}

TEST(R1csFile, OfCircomHoldsForItsWitness) {
  const R1cs circuit = read_r1cs(file("r1cs")).value();
  const std::vector<Fr> witness = read_wtns(file("wtns")).value();
  ASSERT_EQ(witness.size(), circuit.wires);
  ASSERT_EQ(circuit.a.rows(), 3u);
  for (std::size_t i = 0; i < circuit.a.rows(); ++i) {
    EXPECT_EQ(dot(circuit.a.row(i), witness) * dot(circuit.b.row(i), witness),
              dot(circuit.c.row(i), witness));
  }
}

TEST(R1csFile, TellsItsWires) {
  const R1cs circuit = read_r1cs(file("r1cs")).value();
  EXPECT_EQ(circuit.wires, 6u);
  EXPECT_EQ(circuit.public_outputs, 1u);
  EXPECT_EQ(circuit.public_inputs, 0u);
  EXPECT_EQ(circuit.private_inputs, 2u);
}

TEST(R1csFile, CutAnywhereIsRefused) {
  const std::string whole = file("r1cs");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(read_r1cs(whole.substr(0, size))) << size;
  }
}

TEST(R1csFile, WithAWireThatIsNotThereIsRefused) {
  EXPECT_THAT(reason(read_r1cs(with_u32(file("r1cs"), 2, 4, 6))), HasSubstr("wire"));
}

TEST(R1csFile, ThatAnnouncesMoreTermsThanBytesIsRefused) {
  EXPECT_THAT(reason(read_r1cs(with_u32(file("r1cs"), 2, 0, 0xffffffff))), HasSubstr("terms"));
}

TEST(R1csFile, ThatAnnouncesMoreConstraintsThanBytesIsRefused) {
  EXPECT_THAT(reason(read_r1cs(with_u32(file("r1cs"), 1, 60, 0xffffffff))), HasSubstr("early"));
}

TEST(R1csFile, WithACoefficientNotBelowRIsRefused) {
  EXPECT_THAT(reason(read_r1cs(with_bytes(file("r1cs"), 2, 8, kTooLarge))), HasSubstr("below r"));
}

TEST(R1csFile, OfAnotherPrimeIsRefused) {
  EXPECT_THAT(reason(read_r1cs(with_u32(file("r1cs"), 1, 4, 7))), HasSubstr("another curve"));
}

TEST(R1csFile, WithMoreInputsThanWiresIsRefused) {
  EXPECT_THAT(reason(read_r1cs(with_u32(file("r1cs"), 1, 48, 0xffffffff))), HasSubstr("inputs"));
}

TEST(WtnsFile, CutAnywhereIsRefused) {
  const std::string whole = file("wtns");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(read_wtns(whole.substr(0, size))) << size;
  }
}

TEST(WtnsFile, WithAnotherCountIsRefused) {
  EXPECT_THAT(reason(read_wtns(with_u32(file("wtns"), 1, 36, 0xffffffff))),
              HasSubstr("number of values"));
}

TEST(WtnsFile, WithAValueNotBelowRIsRefused) {
  EXPECT_THAT(reason(read_wtns(with_bytes(file("wtns"), 2, 64, kTooLarge))), HasSubstr("below r"));
}

TEST(WtnsFile, ThatDoesNotBeginWithOneIsRefused) {
  EXPECT_THAT(reason(read_wtns(with_u32(file("wtns"), 2, 0, 2))), HasSubstr("one"));
}

TEST(WtnsFile, OfAnotherVersionIsRefused) {
  std::string bytes = file("wtns");
  bytes[4] = 3;
  EXPECT_THAT(reason(read_wtns(bytes)), HasSubstr("version"));
}

TEST(WtnsFile, OfAnotherKindIsRefused) {
  EXPECT_THAT(reason(read_wtns(file("r1cs"))), HasSubstr("none of this kind"));
}

TEST(WtnsFile, WithASectionTwiceIsRefused) {
  std::string bytes = file("wtns");
  const std::string second = bytes.substr(place(bytes, 2).size_at - 4);
  bytes[8] = 3;
  EXPECT_THAT(reason(read_wtns(bytes + second)), HasSubstr("twice"));
}

TEST(ZkeyFile, HasTheVerificationKeyThatSnarkjsExports) {
  const std::string bytes = file("zkey");
  const Zkey key = read_zkey(bytes).value();
  const auto prepared = prepare(key.verifying);
  ASSERT_TRUE(prepared) << prepared.error().message;
  const auto exported = fixture::snarkjs_key("product");
  EXPECT_EQ(key.verifying.alpha.x.to_decimal(), exported["vk_alpha_1"][0]);
  EXPECT_EQ(key.verifying.beta.y.c1.to_decimal(), exported["vk_beta_2"][1][1]);
  EXPECT_EQ(key.verifying.delta.x.c0.to_decimal(), exported["vk_delta_2"][0][0]);
  ASSERT_EQ(key.verifying.ic.size(), 2u);
  EXPECT_EQ(key.verifying.ic[1].y.to_decimal(), exported["IC"][1][1]);
}

TEST(ZkeyFile, HasTheCoefficientsOfTheCircuit) {
  const std::string bytes = file("zkey");
  const Zkey key = read_zkey(bytes).value();
  ASSERT_TRUE(check_coefficients(key));
  const R1cs circuit = read_r1cs(file("r1cs")).value();
  const Fr one_over_r = *Fr::from_montgomery({1, 0, 0, 0});
  for (std::size_t i = 0; i < key.coefficient_count(); ++i) {
    const Coefficient entry = key.coefficient(i);
    if (entry.constraint >= circuit.a.rows()) continue;  // one more row for each public signal
    const auto row = (entry.matrix == 1 ? circuit.b : circuit.a).row(entry.constraint);
    const auto term = std::ranges::find(row, entry.wire, &Term::wire);
    ASSERT_NE(term, row.end());
    EXPECT_EQ(term->coefficient, *Fr::from_montgomery(entry.value) * one_over_r);
  }
}

TEST(ZkeyFile, CutAnywhereIsRefused) {
  const std::string whole = file("zkey");
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    ASSERT_FALSE(read_zkey(whole.substr(0, size))) << size;
  }
}

constexpr std::size_t kWiresAt = 72;  // in section 2, after the two primes
constexpr std::size_t kDomainAt = kWiresAt + 8;

/// What becomes of the file's coefficients.
Result<> checked(const std::string& bytes) {
  const auto key = read_zkey(bytes);
  return key ? check_coefficients(*key) : std::unexpected(key.error());
}

class ZkeyDomain : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(ZkeyDomain, IsRefused) {
  EXPECT_THAT(reason(read_zkey(with_u32(file("zkey"), 2, kDomainAt, GetParam()))),
              HasSubstr("domain"));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ZkeyDomain, ::testing::Values(0u, 3u, 1u << 28, 0xffffffffu));

TEST(ZkeyFile, WithALargerDomainThanPointsIsRefused) {
  EXPECT_THAT(reason(read_zkey(with_u32(file("zkey"), 2, kDomainAt, 1U << 27))),
              HasSubstr("section 9 has another number of points"));
}

TEST(ZkeyFile, WithMoreWiresThanPointsIsRefused) {
  EXPECT_THAT(reason(read_zkey(with_u32(file("zkey"), 2, kWiresAt, 0xffffffff))),
              HasSubstr("section 5 has another number of points"));
}

TEST(ZkeyFile, WithMorePublicSignalsThanWiresIsRefused) {
  EXPECT_THAT(reason(read_zkey(with_u32(file("zkey"), 2, kWiresAt + 4, 6))),
              HasSubstr("public signals"));
}

TEST(ZkeyFile, WithASignalOutOfRangeIsRefused) {
  EXPECT_THAT(reason(checked(with_u32(file("zkey"), 4, 12, 6))), HasSubstr("wire"));
}

TEST(ZkeyFile, WithAConstraintOutOfRangeIsRefused) {
  EXPECT_THAT(reason(checked(with_u32(file("zkey"), 4, 8, 0x10000))), HasSubstr("constraint"));
}

TEST(ZkeyFile, WithACoefficientOfAThirdMatrixIsRefused) {
  EXPECT_THAT(reason(checked(with_u32(file("zkey"), 4, 4, 2))), HasSubstr("neither A nor B"));
}

TEST(ZkeyFile, ThatAnnouncesMoreCoefficientsThanBytesIsRefused) {
  EXPECT_THAT(reason(read_zkey(with_u32(file("zkey"), 4, 0, 0xffffffff))),
              HasSubstr("number of coefficients"));
}

TEST(ZkeyFile, WithACoefficientNotReducedIsRefused) {
  EXPECT_THAT(reason(checked(with_bytes(file("zkey"), 4, 16, kTooLarge))), HasSubstr("reduced"));
}

TEST(ZkeyFile, OfAnotherProtocolIsRefused) {
  EXPECT_THAT(reason(read_zkey(with_u32(file("zkey"), 1, 0, 2))), HasSubstr("Groth16"));
}

}  // namespace
}  // namespace vcp::zk
