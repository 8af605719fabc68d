// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/curve.hpp"

#include <gtest/gtest.h>

#include "glv.hpp"
#include "multiexp.hpp"
#include "zk/reference.hpp"
#include "zk/samples.hpp"

namespace vcp::zk {
namespace {

using reference::embed;
using reference::Int;
using reference::integer;
using F = Mont<BasePrime, Portable>;

/// [k]q on the whole twist, where k may exceed r.
G2 multiple(const Int& k, const G2& q) {
  Jacobian<Ext2<F>> sum = Jacobian<Ext2<F>>::infinity();
  for (std::size_t i = msb(k) + 1; i-- > 0;) {
    sum = sum.doubled();
    if (bit_test(k, static_cast<unsigned>(i))) sum = sum + Affine<Ext2<F>>(q);
  }
  return to_public(sum.affine());
}

/// The prime factors of 2p − r, the order of the twist over r.
std::vector<Int> cofactor_primes() {
  return {10069, 5864401, Int("1875725156269"),
          Int("197620364512881247228717050342013327560683201906968909")};
}

/// A point of the twist of this order, a prime factor of the cofactor.
G2 point_of_order(const Int& order, Random& random) {
  const Int twist_order = reference::kR * (2 * reference::kP - reference::kR);
  for (;;) {
    const G2 point = multiple(twist_order / order, random_twist_point(random));
    if (!point.infinity) return point;
  }
}

TEST(G1, GeneratorIsOfOrderR) {
  EXPECT_TRUE(on_curve(G1::generator()));
  EXPECT_FALSE(G1::generator().infinity);
  EXPECT_EQ(-Fr(1) * G1::generator(), -G1::generator());
}

TEST(G1, AdditionAgreesWithReference) {
  SeededRandom random(1);
  for (int i = 0; i < 5; ++i) {
    const G1 a = random_g1(random);
    const G1 b = random_g1(random);
    EXPECT_EQ(embed(a + b), reference::add(embed(a), embed(b)));
    EXPECT_EQ(embed(a + a), reference::add(embed(a), embed(a)));
  }
}

TEST(G1, OppositesAddToInfinity) {
  SeededRandom random(2);
  const G1 a = random_g1(random);
  EXPECT_TRUE((a + -a).infinity);
  EXPECT_EQ(a + G1::at_infinity(), a);
  EXPECT_EQ(G1::at_infinity() + a, a);
  EXPECT_TRUE((Fr() * a).infinity);
}

TEST(G1, ScalarsDistribute) {
  SeededRandom random(3);
  for (int i = 0; i < 20; ++i) {
    const Fr k = sample<Fr>(random);
    const Fr l = sample<Fr>(random);
    const G1 a = random_g1(random);
    EXPECT_EQ((k + l) * a, k * a + l * a);
    EXPECT_EQ((k * l) * a, k * (l * a));
  }
}

TEST(G1, PointOffTheCurveIsSeen) {
  EXPECT_FALSE(on_curve(G1{.x = Fp(1), .y = Fp(3), .infinity = false}));
  EXPECT_FALSE(on_curve(G1{.x = Fp(), .y = Fp(), .infinity = false}));
}

TEST(G1, PointIsFoundFromItsX) {
  SeededRandom random(4);
  const G1 a = random_g1(random);
  EXPECT_EQ(g1_from_x(a.x, is_larger_root(a.y)), a);
  EXPECT_EQ(g1_from_x(a.x, !is_larger_root(a.y)), -a);
  EXPECT_FALSE(g1_from_x(Fp(4), false)) << "67 is no square";
}

TEST(G2, GeneratorIsOfOrderR) {
  EXPECT_TRUE(on_curve(G2::generator()));
  EXPECT_EQ(-Fr(1) * G2::generator(), -G2::generator());
}

TEST(G2, AdditionAgreesWithReference) {
  SeededRandom random(5);
  const G2 a = random_g2(random);
  const G2 b = random_g2(random);
  EXPECT_EQ(embed(a + b), reference::add(embed(a), embed(b)));
  EXPECT_EQ(embed(a + a), reference::add(embed(a), embed(a)));
}

TEST(G2, ScalarsDistribute) {
  SeededRandom random(6);
  for (int i = 0; i < 10; ++i) {
    const Fr k = sample<Fr>(random);
    const Fr l = sample<Fr>(random);
    const G2 a = random_g2(random);
    EXPECT_EQ((k + l) * a, k * a + l * a);
  }
}

TEST(G2, PointIsFoundFromItsX) {
  SeededRandom random(7);
  const G2 a = random_g2(random);
  EXPECT_EQ(g2_from_x(a.x, is_larger_root(a.y)), a);
  EXPECT_EQ(g2_from_x(a.x, !is_larger_root(a.y)), -a);
}

TEST(Subgroup, HasItsMultiplesAndInfinity) {
  SeededRandom random(8);
  EXPECT_TRUE(in_subgroup(G2::at_infinity()));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(in_subgroup(random_g2(random)));
}

TEST(Subgroup, HasNoOtherPointOfTheTwist) {
  SeededRandom random(9);
  for (int i = 0; i < 20; ++i) {
    const G2 point = random_twist_point(random);
    EXPECT_TRUE(on_curve(point));
    EXPECT_FALSE(in_subgroup(point));
  }
}

TEST(Subgroup, HasNoPointOfTheCofactorsOrders) {
  SeededRandom random(10);
  for (const Int& order : cofactor_primes()) {
    const G2 point = point_of_order(order, random);
    EXPECT_TRUE(on_curve(point)) << order;
    EXPECT_FALSE(in_subgroup(point)) << order;
    EXPECT_FALSE(in_subgroup(point + random_g2(random))) << order;
  }
}

TEST(Subgroup, HasNoPointOffTheCurve) {
  G2 point = G2::generator();
  point.y.c0 = point.y.c0 + Fp(1);
  EXPECT_FALSE(in_subgroup(point));
}

TEST(Glv, HalvesAddUpAndAreShort) {
  const Int lambda =
      36 * pow(reference::kX0, 3) + 18 * pow(reference::kX0, 2) + 6 * reference::kX0 + 1;
  SeededRandom random(11);
  const auto number = [](const Half& half) {
    const Int size = integer(Fr::reduce(half.size));
    return half.negative ? Int(-size) : size;
  };
  for (int i = 0; i < 2000; ++i) {
    const Fr k = sample<Fr>(random);
    const Split halves = split(k.value());
    EXPECT_EQ(reference::modulo(number(halves.k1) + number(halves.k2) * lambda, reference::kR),
              integer(k));
    EXPECT_LT(abs(number(halves.k1)), Int(1) << 128);
    EXPECT_LT(abs(number(halves.k2)), Int(1) << 128);
  }
}

TEST(Straus, AgreesWithSingleMultiplications) {
  SeededRandom random(12);
  std::vector<Affine<F>> points;
  std::vector<Split> scalars;
  G1 expected = G1::at_infinity();
  for (int i = 0; i < 12; ++i) {
    const G1 point = i == 3 ? G1::at_infinity() : random_g1(random);
    const Fr k = sample<Fr>(random);
    points.emplace_back(point);
    scalars.push_back(split(k.value()));
    expected = expected + k * point;
  }
  const auto tables = odd_multiples(std::span<const Affine<F>>(points), 5);
  const auto sum =
      straus(std::span<const OddMultiples<F>>(tables), std::span<const Split>(scalars), 5);
  EXPECT_EQ(to_public(sum.affine()), expected);
}

TEST(ShortMultiexp, AgreesWithSingleMultiplications) {
  SeededRandom random(13);
  for (const std::size_t size : {0U, 1U, 2U, 7U, 100U}) {
    std::vector<Affine<F>> points;
    std::vector<std::uint64_t> scalars;
    G1 expected = G1::at_infinity();
    for (std::size_t i = 0; i < size; ++i) {
      const G1 point = i % 5 == 4 ? to_public(points.back()) : random_g1(random);
      points.emplace_back(point);
      scalars.push_back(i % 7 == 6 ? ~std::uint64_t{0} : random.next());
      expected = expected + Fr(scalars.back()) * point;
    }
    const auto sum =
        short_multiexp(std::span<const Affine<F>>(points), std::span<const std::uint64_t>(scalars));
    EXPECT_EQ(to_public(sum.affine()), expected) << size;
  }
}

}  // namespace
}  // namespace vcp::zk
