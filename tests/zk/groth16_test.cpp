// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/groth16.hpp"

#include <gtest/gtest.h>

#include "verifier.hpp"
#include "zk/known_trapdoors.hpp"

namespace vcp::zk {
namespace {

constexpr std::size_t kSignals = 3;

std::string refusal(const VerifyingKey& key) {
  const auto prepared = prepare(key);
  return prepared ? "" : prepared.error().message;
}

class KeyCheck : public testing::Test {
 protected:
  SeededRandom random_{1};
  VerifyingKey key_ = KnownTrapdoors(kSignals, random_).key();
};

TEST_F(KeyCheck, GoodKeyIsPrepared) {
  const auto prepared = prepare(key_);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->public_signals(), kSignals);
}

TEST_F(KeyCheck, InfinityInAlphaIsRefused) {
  key_.alpha = G1::at_infinity();
  EXPECT_EQ(refusal(key_), "alpha of the key is infinity");
}

TEST_F(KeyCheck, InfinityInBetaIsRefused) {
  key_.beta = G2::at_infinity();
  EXPECT_EQ(refusal(key_), "beta of the key is infinity");
}

TEST_F(KeyCheck, InfinityInGammaIsRefused) {
  key_.gamma = G2::at_infinity();
  EXPECT_EQ(refusal(key_), "gamma of the key is infinity");
}

TEST_F(KeyCheck, InfinityInDeltaIsRefused) {
  key_.delta = G2::at_infinity();
  EXPECT_EQ(refusal(key_), "delta of the key is infinity");
}

TEST_F(KeyCheck, InfinityInTheFirstIcPointIsRefused) {
  key_.ic[0] = G1::at_infinity();
  EXPECT_EQ(refusal(key_), "IC[0] of the key is infinity");
}

TEST_F(KeyCheck, InfinityInALaterIcPointIsTaken) {
  key_.ic[2] = G1::at_infinity();
  EXPECT_EQ(refusal(key_), "");
}

TEST_F(KeyCheck, AlphaOffTheCurveIsRefused) {
  key_.alpha.y = key_.alpha.y + Fp(1);
  EXPECT_EQ(refusal(key_), "alpha of the key is not on the curve");
}

TEST_F(KeyCheck, GammaOffTheCurveIsRefused) {
  key_.gamma.y.c1 = key_.gamma.y.c1 + Fp(1);
  EXPECT_EQ(refusal(key_), "gamma of the key is not on the curve");
}

TEST_F(KeyCheck, IcPointOffTheCurveIsRefused) {
  key_.ic[3].x = key_.ic[3].x + Fp(1);
  EXPECT_EQ(refusal(key_), "IC[3] of the key is not on the curve");
}

TEST_F(KeyCheck, BetaOutsideTheSubgroupIsRefused) {
  key_.beta = random_twist_point(random_);
  EXPECT_EQ(refusal(key_), "beta of the key is outside the subgroup of order r");
}

TEST_F(KeyCheck, GammaEqualToDeltaIsRefused) {
  key_.gamma = key_.delta;
  EXPECT_EQ(refusal(key_), "gamma and delta of the key are equal up to sign: anybody can forge");
}

TEST_F(KeyCheck, GammaOppositeToDeltaIsRefused) {
  key_.gamma = -key_.delta;
  EXPECT_EQ(refusal(key_), "gamma and delta of the key are equal up to sign: anybody can forge");
}

TEST_F(KeyCheck, DeltaOfAnUncontributedSetupIsRefused) {
  key_.delta = G2::generator();
  EXPECT_EQ(refusal(key_),
            "delta of the key is the generator: nobody contributed to its setup, and anybody can "
            "forge");
}

TEST_F(KeyCheck, NoIcIsRefused) {
  key_.ic.clear();
  EXPECT_EQ(refusal(key_), "the key has no IC points");
}

TEST_F(KeyCheck, TooManySignalsAreRefused) {
  key_.ic.resize(kMaxPublicSignals + 2, key_.ic[0]);
  EXPECT_EQ(refusal(key_), "the key has more than 4096 public signals");
}

/// Both verifiers, whichever the machine would choose.
class ProofCheck : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const VerifyingKey key = setup_.key();
    verifier_ = make_portable_verifier(key);
#if defined(__x86_64__)
    if (GetParam() && !Adx::available()) GTEST_SKIP() << "not on this machine";
    if (GetParam()) verifier_ = make_adx_verifier(key);
#else
    if (GetParam()) GTEST_SKIP() << "not on this machine";
#endif
  }
  [[nodiscard]] Verdict verdict() const { return verifier_->verify(proof_, signals_); }

  SeededRandom random_{2};
  KnownTrapdoors setup_{kSignals, random_};
  std::vector<Fr> signals_ = setup_.signals();
  Proof proof_ = setup_.prove(signals_);
  std::shared_ptr<const Verifier> verifier_;
};
INSTANTIATE_TEST_SUITE_P(InstructionSets, ProofCheck, testing::Bool(),
                         [](const auto& instance) { return instance.param ? "Adx" : "Portable"; });

TEST_P(ProofCheck, GoodProofIsValid) { EXPECT_EQ(verdict(), Verdict::valid); }

TEST_P(ProofCheck, RerandomisedProofIsValid) {
  const Fr s(7);
  proof_.a = s.inverse() * proof_.a;
  proof_.b = s * proof_.b;
  EXPECT_EQ(verdict(), Verdict::valid);
}

TEST_P(ProofCheck, AnotherSignalFails) {
  signals_[1] = signals_[1] + Fr(1);
  EXPECT_EQ(verdict(), Verdict::equation_fails);
}

TEST_P(ProofCheck, AnotherAFails) {
  proof_.a = proof_.a + G1::generator();
  EXPECT_EQ(verdict(), Verdict::equation_fails);
}

TEST_P(ProofCheck, AnotherBFails) {
  proof_.b = proof_.b + G2::generator();
  EXPECT_EQ(verdict(), Verdict::equation_fails);
}

TEST_P(ProofCheck, AnotherCFails) {
  proof_.c = proof_.c + G1::generator();
  EXPECT_EQ(verdict(), Verdict::equation_fails);
}

TEST_P(ProofCheck, TooFewSignalsAreRefused) {
  signals_.pop_back();
  EXPECT_EQ(verdict(), Verdict::signal_count);
}

TEST_P(ProofCheck, TooManySignalsAreRefused) {
  signals_.emplace_back();
  EXPECT_EQ(verdict(), Verdict::signal_count);
}

TEST_P(ProofCheck, InfinityInAIsRefused) {
  proof_.a = G1::at_infinity();
  EXPECT_EQ(verdict(), Verdict::infinity);
}

TEST_P(ProofCheck, InfinityInBIsRefused) {
  proof_.b = G2::at_infinity();
  EXPECT_EQ(verdict(), Verdict::infinity);
}

TEST_P(ProofCheck, InfinityInCIsRefused) {
  proof_.c = G1::at_infinity();
  EXPECT_EQ(verdict(), Verdict::infinity);
}

TEST_P(ProofCheck, AOffTheCurveIsRefused) {
  proof_.a.x = proof_.a.x + Fp(1);
  EXPECT_EQ(verdict(), Verdict::a_off_curve);
}

TEST_P(ProofCheck, BOffTheCurveIsRefused) {
  proof_.b.x.c0 = proof_.b.x.c0 + Fp(1);
  EXPECT_EQ(verdict(), Verdict::b_off_curve);
}

TEST_P(ProofCheck, COffTheCurveIsRefused) {
  proof_.c.y = Fp();
  EXPECT_EQ(verdict(), Verdict::c_off_curve);
}

TEST_P(ProofCheck, BOutsideTheSubgroupIsRefused) {
  proof_.b = random_twist_point(random_);
  EXPECT_EQ(verdict(), Verdict::b_outside_subgroup);
}

TEST_P(ProofCheck, KeyWithoutSignalsWorks) {
  KnownTrapdoors setup(0, random_);
  const Proof proof = setup.prove({});
  EXPECT_EQ(verify(*prepare(setup.key()), proof, {}), Verdict::valid);
}

TEST_P(ProofCheck, InputSumOfInfinityIsTaken) {
  VerifyingKey key = setup_.key();
  key.ic = {key.ic[0], key.ic[0]};
  const auto prepared = prepare(key);
  const std::array<Fr, 1> cancelling = {-Fr(1)};
  EXPECT_EQ(verify(*prepared, proof_, cancelling), Verdict::equation_fails);
}

/// A batch of good proofs, some of which a test spoils.
class BatchCheck : public ProofCheck {
 protected:
  void make(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      all_signals_.push_back(setup_.signals());
      proofs_.push_back(setup_.prove(all_signals_.back()));
    }
  }
  [[nodiscard]] std::vector<Verdict> verdicts() {
    std::vector<Claim> claims;
    for (std::size_t i = 0; i < proofs_.size(); ++i) {
      claims.push_back({.proof = &proofs_[i], .signals = all_signals_[i]});
    }
    return verifier_->verify_batch(claims, random_);
  }

  std::vector<Proof> proofs_;
  std::vector<std::vector<Fr>> all_signals_;
};
INSTANTIATE_TEST_SUITE_P(InstructionSets, BatchCheck, testing::Bool(),
                         [](const auto& instance) { return instance.param ? "Adx" : "Portable"; });

TEST_P(BatchCheck, EmptyBatchHasNoVerdicts) { EXPECT_TRUE(verdicts().empty()); }

TEST_P(BatchCheck, GoodBatchesOfAnySizeAreValid) {
  for (int i = 0; i < 18; ++i) {
    make(1);
    EXPECT_EQ(verdicts(), std::vector(proofs_.size(), Verdict::valid));
  }
}

TEST_P(BatchCheck, EachBadProofIsNamed) {
  make(23);
  std::vector<Verdict> expected(23, Verdict::valid);
  all_signals_[0][0] = all_signals_[0][0] + Fr(1);
  expected[0] = Verdict::equation_fails;
  proofs_[7].b = random_twist_point(random_);
  expected[7] = Verdict::b_outside_subgroup;
  proofs_[8].c = -proofs_[8].c;
  expected[8] = Verdict::equation_fails;
  proofs_[15].a = G1::at_infinity();
  expected[15] = Verdict::infinity;
  proofs_[16].a.x = Fp();
  expected[16] = Verdict::a_off_curve;
  all_signals_[22].pop_back();
  expected[22] = Verdict::signal_count;
  EXPECT_EQ(verdicts(), expected);
}

TEST_P(BatchCheck, ErrorsThatCancelInAPlainSumAreFound) {
  make(2);
  const G1 shift = G1::generator();
  proofs_[0].c = proofs_[0].c + shift;
  proofs_[1].c = proofs_[1].c + -shift;
  EXPECT_EQ(verdicts(), std::vector(2, Verdict::equation_fails));
}

TEST(Verdict, HasWords) {
  EXPECT_EQ(to_string(Verdict::equation_fails), "the proof does not hold for these public signals");
}

}  // namespace
}  // namespace vcp::zk
