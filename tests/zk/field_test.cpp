// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/field.hpp"

#include <gtest/gtest.h>

#include "zk/reference.hpp"
#include "zk/samples.hpp"

namespace vcp::zk {
namespace {

using reference::Int;
using reference::integer;
using reference::modulo;

constexpr int kRounds = 2000;

template <class Prime>
const Int& modulus() {
  return std::is_same_v<Prime, BasePrime> ? reference::kP : reference::kR;
}

/// One prime with one instruction set.
template <class Field>
class FieldOn : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_available<typename Field::Instructions>()) GTEST_SKIP() << "not on this machine";
  }
  using Public = typename Field::Public;

  /// Applies both operations to random and extreme pairs and compares.
  template <class Fast, class Slow>
  void compare(const Fast& fast, const Slow& slow) {
    SeededRandom random(1);
    for (int i = 0; i < kRounds; ++i) {
      const auto a = sample<Public>(random);
      const auto b = sample<Public>(random);
      const Int& m = modulus<typename Field::Modulus>();
      EXPECT_EQ(integer(fast(Field(a), Field(b)).residue()),
                modulo(slow(integer(a), integer(b)), m));
    }
  }
};

#if defined(__x86_64__)
using Fields = testing::Types<Mont<BasePrime, Portable>, Mont<ScalarPrime, Portable>,
                              Mont<BasePrime, Adx>, Mont<ScalarPrime, Adx>>;
#else
using Fields = testing::Types<Mont<BasePrime, Portable>, Mont<ScalarPrime, Portable>>;
#endif
TYPED_TEST_SUITE(FieldOn, Fields);

TYPED_TEST(FieldOn, AdditionAgreesWithIntegers) {
  this->compare([](auto a, auto b) { return a + b; }, [](Int a, Int b) { return Int(a + b); });
}

TYPED_TEST(FieldOn, SubtractionAgreesWithIntegers) {
  this->compare([](auto a, auto b) { return a - b; }, [](Int a, Int b) { return Int(a - b); });
}

TYPED_TEST(FieldOn, NegationAgreesWithIntegers) {
  this->compare([](auto a, auto) { return -a; }, [](Int a, Int) { return Int(-a); });
}

TYPED_TEST(FieldOn, MultiplicationAgreesWithIntegers) {
  this->compare([](auto a, auto b) { return a * b; }, [](Int a, Int b) { return Int(a * b); });
}

TYPED_TEST(FieldOn, LooseSumsMayBeMultiplied) {
  using F = TypeParam;
  this->compare([](auto a, auto b) { return F::add_loose(a, b) * F::add_loose(b, b); },
                [](Int a, Int b) { return Int((a + b) * 2 * b); });
}

TYPED_TEST(FieldOn, SumOfProductsAgreesWithIntegers) {
  using F = TypeParam;
  this->compare([](auto a, auto b) { return F::mul_add(a, b, b, b); },
                [](Int a, Int b) { return Int(a * b + b * b); });
}

TYPED_TEST(FieldOn, NineTimesPlusAgreesWithIntegers) {
  using F = TypeParam;
  this->compare([](auto a, auto b) { return F::nine_times_plus(a, b); },
                [](Int a, Int b) { return Int(9 * a + b); });
}

TYPED_TEST(FieldOn, InverseTimesElementIsOne) {
  SeededRandom random(2);
  for (int i = 0; i < 50; ++i) {
    const TypeParam a(sample<typename TypeParam::Public>(random));
    EXPECT_EQ(a * a.inverse(), a.is_zero() ? TypeParam::zero() : TypeParam::one());
  }
}

TYPED_TEST(FieldOn, InvertAllInvertsEachAndKeepsZero) {
  SeededRandom random(3);
  std::vector<TypeParam> elements;
  for (int i = 0; i < 40; ++i) elements.emplace_back(sample<typename TypeParam::Public>(random));
  auto inverses = elements;
  invert_all(std::span(inverses));
  for (std::size_t i = 0; i < elements.size(); ++i) EXPECT_EQ(inverses[i], elements[i].inverse());
}

template <class Field>
class Encoding : public testing::Test {};
using Residues = testing::Types<Fp, Fr>;
TYPED_TEST_SUITE(Encoding, Residues);

template <class Field>
const Int& modulus_of() {
  return std::is_same_v<Field, Fp> ? reference::kP : reference::kR;
}

/// The 32 bytes of an integer, most significant first.
std::string be_bytes(const Int& value) {
  std::vector<unsigned char> bytes;
  export_bits(value, std::back_inserter(bytes), 8);
  return std::string(32 - bytes.size(), '\0') + std::string(bytes.begin(), bytes.end());
}

TYPED_TEST(Encoding, BytesRoundTrip) {
  SeededRandom random(4);
  for (int i = 0; i < 200; ++i) {
    const auto a = sample<TypeParam>(random);
    EXPECT_EQ(TypeParam::from_be(a.to_be()), a);
    EXPECT_EQ(TypeParam::from_le(a.to_le()), a);
    EXPECT_EQ(a.to_be(), be_bytes(integer(a)));
  }
}

TYPED_TEST(Encoding, DecimalRoundTrips) {
  SeededRandom random(5);
  for (int i = 0; i < 200; ++i) {
    const auto a = sample<TypeParam>(random);
    EXPECT_EQ(TypeParam::from_decimal(a.to_decimal()), a);
  }
}

TYPED_TEST(Encoding, LargestIsRead) {
  const Int& m = modulus_of<TypeParam>();
  EXPECT_EQ(TypeParam::from_be(be_bytes(m - 1)), -TypeParam(1));
  EXPECT_EQ(TypeParam::from_decimal(Int(m - 1).str()), -TypeParam(1));
}

TYPED_TEST(Encoding, ModulusAndAboveAreRefused) {
  const Int& m = modulus_of<TypeParam>();
  EXPECT_FALSE(TypeParam::from_be(be_bytes(m)));
  EXPECT_FALSE(TypeParam::from_be(std::string(32, '\xff')));
  EXPECT_FALSE(TypeParam::from_le(std::string(32, '\xff')));
  EXPECT_FALSE(TypeParam::from_decimal(m.str()));
  EXPECT_FALSE(TypeParam::from_decimal(std::string(78, '9')));
}

TYPED_TEST(Encoding, WrongLengthIsRefused) {
  EXPECT_FALSE(TypeParam::from_be(std::string(31, '\0')));
  EXPECT_FALSE(TypeParam::from_be(std::string(33, '\0')));
}

TYPED_TEST(Encoding, OnlyCanonicalDecimalIsRead) {
  for (const auto* text : {"", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "1e3", "1.0"}) {
    EXPECT_FALSE(TypeParam::from_decimal(text)) << text;
  }
}

TYPED_TEST(Encoding, HashesAreReduced) {
  const std::uint64_t ones = ~std::uint64_t{0};
  const Int all = (Int(1) << 256) - 1;
  EXPECT_EQ(integer(TypeParam::reduce({ones, ones, ones, ones})), all % modulus_of<TypeParam>());
}

TYPED_TEST(Encoding, MontgomeryFormIsRefusedAboveTheModulus) {
  const std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_FALSE(TypeParam::from_montgomery({ones, ones, ones, ones}));
  EXPECT_EQ(TypeParam::from_montgomery(TypeParam(7).montgomery()), TypeParam(7));
}

TEST(Sqrt, RootsOfSquaresAreFoundInFp) {
  SeededRandom random(6);
  for (int i = 0; i < 100; ++i) {
    const auto a = sample<Fp>(random);
    const auto root = sqrt(a * a);
    ASSERT_TRUE(root);
    EXPECT_TRUE(*root == a || *root == -a);
  }
}

TEST(Sqrt, NegativesOfSquaresHaveNoneInFp) {
  SeededRandom random(7);
  for (int i = 0; i < 20; ++i) {
    const auto a = random_residue<Fp>(random);
    EXPECT_FALSE(sqrt(-(a * a)));
  }
}

TEST(Sqrt, RootsOfSquaresAreFoundInFp2) {
  using E = Ext2<Mont<BasePrime, Portable>>;
  SeededRandom random(8);
  for (int i = 0; i < 100; ++i) {
    const E a = E::of(sample_fp2(random));
    const auto root = sqrt(a.squared().residue());
    ASSERT_TRUE(root);
    EXPECT_TRUE(E::of(*root) == a || E::of(*root) == -a);
  }
}

TEST(Sqrt, MultiplesOfXiBySquaresHaveNoneInFp2) {
  using E = Ext2<Mont<BasePrime, Portable>>;
  SeededRandom random(9);
  for (int i = 0; i < 20; ++i) {
    const E a = E::of(Fp2{random_residue<Fp>(random), random_residue<Fp>(random)});
    EXPECT_FALSE(sqrt(a.squared().times_xi().residue()));
  }
}

TEST(LargerRoot, IsTheOneAboveHalfTheModulus) {
  const Fp half = reference::residue<Fp>((reference::kP - 1) / 2);
  EXPECT_FALSE(is_larger_root(half));
  EXPECT_TRUE(is_larger_root(half + Fp(1)));
}

TEST(LargerRoot, InFp2LooksAtC1First) {
  EXPECT_TRUE(is_larger_root(Fp2{Fp(1), -Fp(1)}));
  EXPECT_FALSE(is_larger_root(Fp2{-Fp(1), Fp(1)}));
  EXPECT_TRUE(is_larger_root(Fp2{-Fp(1), Fp()}));
}

}  // namespace
}  // namespace vcp::zk
