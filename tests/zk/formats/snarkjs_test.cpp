// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "zk/formats/fixture.hpp"

namespace vcp::zk {
namespace {

using fixture::Json;
using ::testing::HasSubstr;

class SnarkjsProof : public ::testing::TestWithParam<const char*> {};

TEST_P(SnarkjsProof, OfStockToolsHolds) {
  const Circuit circuit = fixture::circuit(fixture::snarkjs_key(GetParam()));
  EXPECT_TRUE(fixture::outcome(circuit, fixture::snarkjs_proof(GetParam())).valid);
}

TEST_P(SnarkjsProof, DoesNotHoldForOtherSignals) {
  const Circuit circuit = fixture::circuit(fixture::snarkjs_key(GetParam()));
  Json body = fixture::snarkjs_proof(GetParam());
  for (Json& signal : body["public_signals"]) {
    Json other = body;
    other["public_signals"][0] = signal == "7" ? "8" : "7";
    const Outcome outcome = fixture::outcome(circuit, other);
    EXPECT_FALSE(outcome.valid);
    EXPECT_THAT(outcome.reason, HasSubstr("does not hold"));
  }
}

INSTANTIATE_TEST_SUITE_P(Circuits, SnarkjsProof, ::testing::Values("product", "sealed_sum"));

/// Why a proof of `product` is invalid after a change.
template <class Change>
std::string reason_after(Change change) {
  const Circuit circuit = fixture::circuit(fixture::snarkjs_key("product"));
  Json body = fixture::snarkjs_proof("product");
  change(body);
  const Outcome outcome = fixture::outcome(circuit, body);
  EXPECT_FALSE(outcome.valid);
  return outcome.reason;
}

/// What is wrong with the shape of a proof of `product` after a change.
template <class Change>
std::string pointers_after(Change change) {
  const Circuit circuit = fixture::circuit(fixture::snarkjs_key("product"));
  Json body = fixture::snarkjs_proof("product");
  change(body);
  return fixture::pointers(fixture::present(circuit, body));
}

TEST(SnarkjsProof, WithoutCurveHoldsAsRapidsnarkLeavesItOut) {
  const Circuit circuit = fixture::circuit(fixture::snarkjs_key("product"));
  Json body = fixture::snarkjs_proof("product");
  body["proof"].erase("curve");
  EXPECT_TRUE(fixture::outcome(circuit, body).valid);
}

TEST(SnarkjsSignals, OneThatAliasesAnotherAboveRIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) {
                Json& signal = body["public_signals"][0];
                signal = fixture::plus_r(signal);
              }),
              HasSubstr("/public_signals/0"));
}

class SnarkjsSignals : public ::testing::TestWithParam<const char*> {};

TEST_P(SnarkjsSignals, TextThatSnarkjsDoesNotWriteIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["public_signals"][0] = GetParam(); }),
              HasSubstr("without leading zeros"));
}

INSTANTIATE_TEST_SUITE_P(Texts, SnarkjsSignals,
                         ::testing::Values("-1", "+1", "0x1", "1e3", "1.0", " 1", "1 ", "", "00",
                                           "01", "one"));

TEST(SnarkjsSignals, LeadingZerosAreRefused) {
  EXPECT_THAT(reason_after([](Json& body) {
                Json& signal = body["public_signals"][0];
                signal = "0" + signal.get<std::string>();
              }),
              HasSubstr("without leading zeros"));
}

TEST(SnarkjsSignals, HexadecimalOfMillionsOfDigitsIsRefusedAtOnce) {
  EXPECT_THAT(
      reason_after([](Json& body) { body["public_signals"][0] = std::string(4'000'000, '9'); }),
      HasSubstr("below r"));
}

TEST(SnarkjsSignals, NumbersAreOfTheWrongType) {
  EXPECT_EQ(pointers_after([](Json& body) { body["public_signals"][0] = 7; }), "/public_signals/0");
}

TEST(SnarkjsSignals, AnObjectIsOfTheWrongType) {
  EXPECT_EQ(pointers_after([](Json& body) { body["public_signals"] = Json::object(); }),
            "/public_signals");
}

TEST(SnarkjsSignals, TooFewAreRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["public_signals"] = Json::array(); }),
              HasSubstr("there are 0 public signals, and the circuit has 1"));
}

TEST(SnarkjsSignals, TooManyAreRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["public_signals"].push_back("0"); }),
              HasSubstr("there are 2 public signals, and the circuit has 1"));
}

class SnarkjsCoordinate : public ::testing::TestWithParam<const char*> {};

TEST_P(SnarkjsCoordinate, PlusPIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) {
                Json& coordinate = body[Json::json_pointer(GetParam())];
                coordinate = fixture::plus_p(coordinate);
              }),
              HasSubstr(GetParam()));
}

TEST_P(SnarkjsCoordinate, WithALeadingZeroIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) {
                Json& coordinate = body[Json::json_pointer(GetParam())];
                coordinate = "0" + coordinate.get<std::string>();
              }),
              HasSubstr(GetParam()));
}

TEST_P(SnarkjsCoordinate, ThatIsANumberIsOfTheWrongType) {
  EXPECT_EQ(pointers_after([](Json& body) { body[Json::json_pointer(GetParam())] = 1; }),
            GetParam());
}

INSTANTIATE_TEST_SUITE_P(Places, SnarkjsCoordinate,
                         ::testing::Values("/proof/pi_a/0", "/proof/pi_a/1", "/proof/pi_a/2",
                                           "/proof/pi_b/0/0", "/proof/pi_b/0/1", "/proof/pi_b/1/0",
                                           "/proof/pi_b/1/1", "/proof/pi_b/2/0", "/proof/pi_b/2/1",
                                           "/proof/pi_c/0", "/proof/pi_c/1", "/proof/pi_c/2"));

TEST(SnarkjsPoint, WithAThirdCoordinateOfTwoIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["pi_c"][2] = "2"; }),
              HasSubstr("must be one"));
}

TEST(SnarkjsPoint, OfG2WithAnotherThirdCoordinateIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["pi_b"][2] = {"1", "1"}; }),
              HasSubstr("must be one"));
}

TEST(SnarkjsPoint, AtInfinityIsRefusedInAProof) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["pi_a"] = {"0", "1", "0"}; }),
              HasSubstr("infinity"));
}

TEST(SnarkjsPoint, OfG2AtInfinityIsRefusedInAProof) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["pi_b"] = fixture::g2_infinity(); }),
              HasSubstr("infinity"));
}

TEST(SnarkjsPoint, OffTheCurveIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["pi_a"] = {"1", "3", "1"}; }),
              HasSubstr("curve"));
}

TEST(SnarkjsPoint, OfG2OffTheTwistIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["pi_b"][0] = {"1", "3"}; }),
              HasSubstr("B"));
}

TEST(SnarkjsPoint, OfG2OutsideTheSubgroupIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["pi_b"] = fixture::outside_subgroup(); }),
              HasSubstr("group"));
}

TEST(SnarkjsPoint, OfTwoCoordinatesIsOfTheWrongShape) {
  EXPECT_EQ(pointers_after([](Json& body) { body["proof"]["pi_a"].erase(2); }), "/proof/pi_a");
}

TEST(SnarkjsProof, OfAnotherProtocolIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["protocol"] = "plonk"; }),
              HasSubstr("groth16"));
}

TEST(SnarkjsProof, OfAnotherCurveIsRefused) {
  EXPECT_THAT(reason_after([](Json& body) { body["proof"]["curve"] = "bls12381"; }),
              HasSubstr("bn128"));
}

TEST(SnarkjsProof, NamesEveryMemberOfTheWrongShape) {
  EXPECT_EQ(pointers_after([](Json& body) {
              body["proof"].erase("pi_a");
              body["proof"]["pi_d"] = 1;
              body.erase("public_signals");
            }),
            "/proof/pi_a /proof/pi_d /public_signals");
}

// Keys.

template <class Change>
Result<Circuit> key_after(Change change) {
  Json key = fixture::snarkjs_key("sealed_sum");
  change(key);
  return fixture::read(key);
}

template <class Change>
std::string key_error_after(Change change) {
  const auto circuit = key_after(change);
  return circuit ? "(read)" : circuit.error().message;
}

TEST(SnarkjsKey, TellsTheNumberOfPublicSignals) {
  EXPECT_EQ(fixture::circuit(fixture::snarkjs_key("sealed_sum")).public_signals(), 4u);
}

TEST(SnarkjsKey, HasTheSameIdInAnotherOrderOfMembers) {
  Json key = fixture::snarkjs_key("product");
  Json reversed;
  for (auto member = key.rbegin(); member != key.rend(); ++member) {
    reversed[member.key()] = member.value();
  }
  EXPECT_EQ(fixture::circuit(key).id(), fixture::circuit(reversed).id());
}

TEST(SnarkjsKey, HasTheSameIdWrapped) {
  const Json key = fixture::snarkjs_key("product");
  EXPECT_EQ(fixture::circuit(key).id(),
            fixture::circuit({{"format", "snarkjs"}, {"key", key}}).id());
}

TEST(SnarkjsKey, HasAnotherIdForAnotherKey) {
  EXPECT_NE(fixture::circuit(fixture::snarkjs_key("product")).id(),
            fixture::circuit(fixture::snarkjs_key("sealed_sum")).id());
}

TEST(SnarkjsKey, CachedPairingIsNeitherNeededNorTrusted) {
  Json with_another = fixture::snarkjs_key("product");
  with_another["vk_alphabeta_12"] = fixture::snarkjs_key("sealed_sum")["vk_alphabeta_12"];
  Json without = fixture::snarkjs_key("product");
  without.erase("vk_alphabeta_12");
  EXPECT_EQ(fixture::circuit(with_another).id(), fixture::circuit(without).id());
  EXPECT_TRUE(
      fixture::outcome(fixture::circuit(with_another), fixture::snarkjs_proof("product")).valid);
}

TEST(SnarkjsKey, WithAWrongNumberOfSignalsIsRefused) {
  EXPECT_EQ(fixture::pointers(key_after([](Json& key) { key["nPublic"] = 3; })), "/nPublic");
}

TEST(SnarkjsKey, WithAnIcPointTooFewIsRefused) {
  EXPECT_EQ(fixture::pointers(key_after([](Json& key) { key["IC"].erase(4); })), "/nPublic");
}

TEST(SnarkjsKey, WithoutIcIsRefused) {
  EXPECT_EQ(fixture::pointers(key_after([](Json& key) { key["IC"] = Json::array(); })), "/IC");
}

TEST(SnarkjsKey, WithMoreIcThanMayBeIsRefused) {
  EXPECT_EQ(fixture::pointers(key_after([](Json& key) {
              key["IC"] = std::vector<Json>(kMaxPublicSignals + 2, key["IC"][0]);
            })),
            "/IC");
}

TEST(SnarkjsKey, OfAnotherProtocolIsRefused) {
  EXPECT_EQ(fixture::pointers(key_after([](Json& key) { key["protocol"] = "plonk"; })),
            "/protocol");
}

TEST(SnarkjsKey, OfAnotherCurveIsRefused) {
  EXPECT_EQ(fixture::pointers(key_after([](Json& key) { key["curve"] = "bls12381"; })), "/curve");
}

TEST(SnarkjsKey, WithACoordinatePlusPIsRefused) {
  EXPECT_EQ(fixture::pointers(
                key_after([](Json& key) { key["IC"][3][1] = fixture::plus_p(key["IC"][3][1]); })),
            "/IC/3/1");
}

TEST(SnarkjsKey, WrappedNamesTheMemberInside) {
  Json key = fixture::snarkjs_key("product");
  key["vk_beta_2"][0] = "1";
  EXPECT_EQ(fixture::pointers(fixture::read({{"format", "snarkjs"}, {"key", key}})),
            "/key/vk_beta_2/0");
}

TEST(SnarkjsKey, NamesMissingAndUnknownMembers) {
  EXPECT_EQ(fixture::pointers(key_after([](Json& key) {
              key.erase("vk_delta_2");
              key["vk_epsilon_2"] = 1;
            })),
            "/vk_delta_2 /vk_epsilon_2");
}

TEST(SnarkjsKey, ThatNobodyContributedToIsRefused) {
  const auto circuit = fixture::read(fixture::load("snarkjs/product/uncontributed_key.json"));
  ASSERT_FALSE(circuit);
  EXPECT_THAT(circuit.error().message, HasSubstr("anybody can forge"));
  EXPECT_EQ(fixture::pointers(circuit), "");
}

TEST(SnarkjsKey, WithGammaLikeDeltaIsRefused) {
  EXPECT_THAT(key_error_after([](Json& key) { key["vk_gamma_2"] = key["vk_delta_2"]; }),
              HasSubstr("gamma"));
}

TEST(SnarkjsKey, WithAPointOffTheCurveIsRefused) {
  EXPECT_THAT(key_error_after([](Json& key) { key["vk_alpha_1"] = {"1", "3", "1"}; }),
              HasSubstr("curve"));
}

TEST(SnarkjsKey, WithAPointOutsideTheSubgroupIsRefused) {
  EXPECT_THAT(key_error_after([](Json& key) { key["vk_beta_2"] = fixture::outside_subgroup(); }),
              HasSubstr("group"));
}

class SnarkjsKeyPoint : public ::testing::TestWithParam<const char*> {};

TEST_P(SnarkjsKeyPoint, AtInfinityIsRefused) {
  EXPECT_THAT(key_error_after([](Json& key) {
                const bool g1 = key[GetParam()][0].is_string();
                key[GetParam()] = g1 ? Json::array({"0", "1", "0"}) : fixture::g2_infinity();
              }),
              HasSubstr("infinity"));
}

INSTANTIATE_TEST_SUITE_P(Points, SnarkjsKeyPoint,
                         ::testing::Values("vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2"));

TEST(SnarkjsKey, MayHaveInfinityInALaterIcPoint) {
  EXPECT_TRUE(key_after([](Json& key) { key["IC"][2] = {"0", "1", "0"}; }));
}

}  // namespace
}  // namespace vcp::zk
