// SPDX-License-Identifier: Apache-2.0
#include "prover/msm.hpp"

#include <gtest/gtest.h>

#include "zk/samples.hpp"

namespace vcp::zk {
namespace {

using F = Mont<BasePrime, Portable>;

template <class T>
void append(std::string& bytes, const T& item) {
  bytes.append(reinterpret_cast<const char*>(&item), sizeof item);
}

/// Points with their scalars, packed, and the sum by addition and doubling alone.
template <class E>
struct Terms {
  std::string points;
  std::string scalars;
  Jacobian<E> expected = Jacobian<E>::infinity();

  void add(const Affine<E>& point, const Fr& scalar) {
    append(points, Packed<E>::of(point));
    append(scalars, scalar.value());
    expected = expected + multiply(scalar.value(), point);
  }

  [[nodiscard]] bool agrees(unsigned threads = 1) const {
    return Msm<E>(points, scalars).run(threads).equals(expected);
  }
};

template <class Curve>
class MultiExponentiation : public ::testing::Test {
 public:
  using E = typename Curve::E;

  Affine<E> point() { return Affine<E>(Curve::random(random)); }
  Affine<E> infinity() {
    Affine<E> a(E::zero(), E::zero());
    a.infinity = true;
    return a;
  }

  SeededRandom random{7};
  Terms<E> terms;
};

struct OfG1 {
  using E = F;
  static G1 random(Random& random) { return random_g1(random); }
};
struct OfG2 {
  using E = Ext2<F>;
  static G2 random(Random& random) { return random_g2(random); }
};
using Curves = ::testing::Types<OfG1, OfG2>;
TYPED_TEST_SUITE(MultiExponentiation, Curves);

TYPED_TEST(MultiExponentiation, OfNothingIsInfinity) { EXPECT_TRUE(this->terms.agrees()); }

TYPED_TEST(MultiExponentiation, AgreesWithSingleMultiplicationsForAnyNumberOfPoints) {
  for (const std::size_t count : {1, 2, 3, 7, 64, 100}) {
    Terms<typename TypeParam::E> some;
    for (std::size_t i = 0; i < count; ++i) some.add(this->point(), sample<Fr>(this->random));
    EXPECT_TRUE(some.agrees()) << count;
  }
}

TYPED_TEST(MultiExponentiation, TakesTheExtremesAsScalars) {
  for (const Fr& scalar : {Fr(), Fr(1), -Fr(1), -Fr(2), Fr(1U << 15), -Fr(1U << 15)}) {
    this->terms.add(this->point(), scalar);
  }
  EXPECT_TRUE(this->terms.agrees());
}

TYPED_TEST(MultiExponentiation, TakesTheSamePointManyTimes) {
  const auto point = this->point();
  for (int i = 0; i < 40; ++i) this->terms.add(point, Fr(1));
  for (int i = 0; i < 20; ++i) this->terms.add(point, sample<Fr>(this->random));
  EXPECT_TRUE(this->terms.agrees());
}

TYPED_TEST(MultiExponentiation, CancelsOppositePoints) {
  const auto point = this->point();
  for (int i = 0; i < 9; ++i) {
    this->terms.add(point, Fr(5));
    this->terms.add(-point, Fr(5));
    this->terms.add(point, -Fr(5));
  }
  EXPECT_TRUE(this->terms.agrees());
}

TYPED_TEST(MultiExponentiation, SkipsInfinity) {
  for (int i = 0; i < 10; ++i) {
    this->terms.add(this->infinity(), sample<Fr>(this->random));
    this->terms.add(this->point(), sample<Fr>(this->random));
  }
  EXPECT_TRUE(this->terms.agrees());
}

TYPED_TEST(MultiExponentiation, OnThreadsIsTheSame) {
  for (int i = 0; i < 50; ++i) this->terms.add(this->point(), sample<Fr>(this->random));
  for (const unsigned threads : {2U, 3U, 40U}) EXPECT_TRUE(this->terms.agrees(threads)) << threads;
}

// The points are i·P, so that the sum is known without as many multiplications.
TEST(MultiExponentiationOfMany, FillsBucketsMoreThanOnce) {
  SeededRandom random(8);
  const Affine<F> p(random_g1(random));
  std::vector<Jacobian<F>> multiples = {Jacobian<F>::of(p)};
  for (int i = 1; i < 20'000; ++i) multiples.push_back(multiples.back() + p);
  Terms<F> terms;
  Fr total;
  std::uint64_t i = 0;
  for (const auto& point : to_affine(std::span<const Jacobian<F>>(multiples))) {
    const Fr scalar = i % 2 == 0 ? Fr(1) : random_residue<Fr>(random);
    append(terms.points, Packed<F>::of(point));
    append(terms.scalars, scalar.value());
    total = total + scalar * Fr(++i);
  }
  terms.expected = multiply(total.value(), p);
  EXPECT_TRUE(terms.agrees());
  EXPECT_TRUE(terms.agrees(3));
}

TEST(SignedDigitsOfAScalar, AddUpToIt) {
  SeededRandom random(9);
  for (unsigned width = 2; width <= 16; ++width) {
    const SignedDigits digits(width);
    for (int i = 0; i < 50; ++i) {
      const Fr k = sample<Fr>(random);
      Fr sum;
      for (unsigned j = digits.count(); j-- > 0;) {
        const std::int32_t digit = digits.digit(k.value(), j);
        ASSERT_LE(std::abs(digit), 1 << (width - 1));
        const Fr size(static_cast<std::uint64_t>(std::abs(digit)));
        sum = sum * Fr(std::uint64_t{1} << width) + (digit < 0 ? -size : size);
      }
      ASSERT_EQ(sum, k) << width;
    }
  }
}

}  // namespace
}  // namespace vcp::zk
