// SPDX-License-Identifier: Apache-2.0
#include "pairing.hpp"

#include <gtest/gtest.h>

#include "zk/reference.hpp"
#include "zk/samples.hpp"

namespace vcp::zk {
namespace {

using reference::Int;
using reference::integer;

/// One instruction set.
template <class Isa>
class PairingOn : public testing::Test {
 protected:
  using Field = Mont<BasePrime, Isa>;
  using E = Ext2<Field>;

  void SetUp() override {
    if (!is_available<Isa>()) GTEST_SKIP() << "not on this machine";
  }

  Ext12<Field> random_fp12() {
    const auto fp6 = [this] {
      return Ext6<Field>{E::of(sample_fp2(random_)), E::of(sample_fp2(random_)),
                         E::of(sample_fp2(random_))};
    };
    return {fp6(), fp6()};
  }
  /// The same in the reference's representation.
  static reference::Fp12 slow(const Ext12<Field>& a) {
    const auto term = [](const E& e, std::size_t k) {
      return reference::Fp12(integer(e.c0.residue()), integer(e.c1.residue()), k);
    };
    return term(a.c0.c0, 0) + term(a.c0.c1, 2) + term(a.c0.c2, 4) + term(a.c1.c0, 1) +
           term(a.c1.c1, 3) + term(a.c1.c2, 5);
  }
  static Ext12<Field> pairing(const G1& p, const G2& q) {
    MillerLoop<Field> loop;
    loop.add(Affine<Field>(p), Affine<E>(q));
    return final_exponentiation(loop.run());
  }
  /// Into the cyclotomic subgroup.
  static Ext12<Field> easy_part(const Ext12<Field>& f) {
    const Ext12<Field> g = f.conjugate() * f.inverse();
    return g.frobenius2() * g;
  }

  SeededRandom random_{1};
};

#if defined(__x86_64__)
using InstructionSets = testing::Types<Portable, Adx>;
#else
using InstructionSets = testing::Types<Portable>;
#endif
TYPED_TEST_SUITE(PairingOn, InstructionSets);

TYPED_TEST(PairingOn, TowerMultiplicationAgreesWithReference) {
  for (int i = 0; i < 100; ++i) {
    const auto a = this->random_fp12();
    const auto b = this->random_fp12();
    EXPECT_EQ(this->slow(a * b), this->slow(a) * this->slow(b));
    EXPECT_EQ(a.squared(), a * a);
  }
}

TYPED_TEST(PairingOn, TowerInverseAgreesWithMultiplication) {
  const auto a = this->random_fp12();
  EXPECT_EQ(a * a.inverse(), Ext12<typename TestFixture::Field>::one());
}

TYPED_TEST(PairingOn, SparseProductsAreProducts) {
  using F = typename TestFixture::Field;
  for (int i = 0; i < 20; ++i) {
    const auto f = this->random_fp12();
    const auto g = this->random_fp12();
    const auto zero = Ext2<F>::zero();
    const LineValue<F> l{g.c0.c0, g.c1.c0, g.c1.c1};
    const LineValue<F> m{g.c0.c1, g.c0.c2, g.c1.c2};
    const Ext12<F> full_l{{l.l0, zero, zero}, {l.l1, l.l2, zero}};
    const Ext12<F> full_m{{m.l0, zero, zero}, {m.l1, m.l2, zero}};
    EXPECT_EQ(f * l, f * full_l);
    EXPECT_EQ(f * (l * m), f * full_l * full_m);
  }
}

TYPED_TEST(PairingOn, FrobeniusIsThePower) {
  const auto a = this->random_fp12();
  EXPECT_EQ(this->slow(a.frobenius()), this->slow(a).power(reference::kP));
  EXPECT_EQ(a.frobenius2(), a.frobenius().frobenius());
  EXPECT_EQ(a.frobenius3(), a.frobenius2().frobenius());
  EXPECT_EQ(a.conjugate(), a.frobenius3().frobenius3());
}

TYPED_TEST(PairingOn, CyclotomicSquaringIsSquaring) {
  const auto a = this->easy_part(this->random_fp12());
  EXPECT_EQ(a.cyclotomic_squared(), a * a);
}

TYPED_TEST(PairingOn, PowerOfParameterIsThePower) {
  const auto a = this->easy_part(this->random_fp12());
  EXPECT_EQ(this->slow(power_of_parameter(a)), this->slow(a).power(reference::kX0));
}

TYPED_TEST(PairingOn, AgreesWithReferenceUpToTheKnownPower) {
  const Int& x = reference::kX0;
  const Int factor = 2 * x * (6 * x * x + 3 * x + 1);
  const G1 p = random_g1(this->random_);
  const G2 q = random_g2(this->random_);
  EXPECT_EQ(this->slow(this->pairing(p, q)), reference::pairing(p, q).power(factor));
}

TYPED_TEST(PairingOn, IsBilinear) {
  const Fr k = random_residue<Fr>(this->random_);
  const G1 p = random_g1(this->random_);
  const G2 q = random_g2(this->random_);
  EXPECT_EQ(this->pairing(k * p, q), this->pairing(p, k * q));
  EXPECT_EQ(this->pairing(p + p, q), this->pairing(p, q) * this->pairing(p, q));
}

TYPED_TEST(PairingOn, IsNotDegenerate) {
  EXPECT_FALSE(this->pairing(G1::generator(), G2::generator()) ==
               Ext12<typename TestFixture::Field>::one());
}

TYPED_TEST(PairingOn, FixedLinesGiveTheSamePairing) {
  using F = typename TestFixture::Field;
  MillerLoop<F> loop;
  MillerLoop<F> fixed;
  std::vector<FixedLines<F>> lines;
  lines.reserve(3);
  for (int i = 0; i < 3; ++i) {
    const Affine<F> p(random_g1(this->random_));
    const Affine<Ext2<F>> q(random_g2(this->random_));
    loop.add(p, q);
    lines.emplace_back(q);
    fixed.add(ScaledPoint<F>::of(Jacobian<F>::of(p), p.y.inverse()), lines.back());
  }
  EXPECT_EQ(final_exponentiation(loop.run()), final_exponentiation(fixed.run()));
}

TYPED_TEST(PairingOn, LoopKnowsThePointsOfOrderR) {
  using F = typename TestFixture::Field;
  MillerLoop<F> loop;
  const Affine<F> p(G1::generator());
  for (int i = 0; i < 8; ++i) {
    loop.add(p, Affine<Ext2<F>>(i % 2 == 0 ? random_g2(this->random_)
                                           : random_twist_point(this->random_)));
  }
  loop.run();
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(loop.in_subgroup(i), i % 2 == 0);
}

/// The resultant of c0 + c1X + c2X² + c3X³ and X² − tX + p, the characteristic polynomial of ψ: the
/// norm of a + bψ, which the first reduces to.
Int resultant(const std::array<Int, 4>& c) {
  const Int t = 6 * reference::kX0 * reference::kX0 + 1;
  Int a = 0;
  Int b = 0;
  for (std::size_t i = c.size(); i-- > 0;) {
    const Int high = a + t * b;
    a = c[i] - reference::kP * b;
    b = high;
  }
  return a * a + a * b * t + b * b * reference::kP;
}

TEST(SubgroupCriterion, LeavesNoOrderButR) {
  const Int cofactor = 2 * reference::kP - reference::kR;
  const Int n = resultant({6 * reference::kX0 + 2, 1, -1, 1});
  EXPECT_EQ(n % reference::kR, 0);
  EXPECT_EQ(gcd(n, cofactor), 1);
}

TEST(SubgroupCriterion, OfTheSingleCheckLeavesNoOrderButR) {
  const Int& x = reference::kX0;
  const Int cofactor = 2 * reference::kP - reference::kR;
  const Int n = resultant({x + 1, x, x, -2 * x});
  EXPECT_EQ(n % reference::kR, 0);
  EXPECT_EQ(gcd(n, cofactor), 1);
}

}  // namespace
}  // namespace vcp::zk
