// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/signature.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "vcp/base/encoding.hpp"

namespace vcp::ed25519 {
namespace {

template <class Array>
Array array_of(std::string_view hex) {
  const std::string bytes = from_hex(hex).value();
  Array array{};
  EXPECT_EQ(bytes.size(), array.size());
  std::ranges::copy(bytes, array.begin());
  return array;
}

struct Vector {
  std::string_view seed;
  std::string_view public_key;
  std::string_view message;
  std::string_view signature;
};

// RFC 8032, section 7.1, tests 1 to 3.
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

TEST(Ed25519, DerivesThePublicKeysOfRfc8032) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(public_key(array_of<Seed>(vector.seed)), array_of<PublicKey>(vector.public_key));
  }
}

TEST(Ed25519, MakesTheSignaturesOfRfc8032) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(sign(array_of<Seed>(vector.seed), from_hex(vector.message).value()),
              array_of<Signature>(vector.signature));
  }
}

TEST(Ed25519, AcceptsTheSignaturesOfRfc8032) {
  for (const Vector& vector : kVectors) {
    EXPECT_TRUE(verify(array_of<PublicKey>(vector.public_key), from_hex(vector.message).value(),
                       array_of<Signature>(vector.signature)));
  }
}

class Ed25519Signed : public testing::Test {
 protected:
  const Seed seed_ = array_of<Seed>(kVectors[0].seed);
  const PublicKey key_ = public_key(seed_);
  const Signature signature_ = sign(seed_, "message");
};

TEST_F(Ed25519Signed, IsRefusedForAnotherMessage) {
  EXPECT_FALSE(verify(key_, "massage", signature_));
  EXPECT_FALSE(verify(key_, "message ", signature_));
}

TEST_F(Ed25519Signed, IsRefusedUnderAnotherKey) {
  EXPECT_FALSE(verify(array_of<PublicKey>(kVectors[1].public_key), "message", signature_));
}

TEST_F(Ed25519Signed, IsRefusedWithAnyBitFlipped) {
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Signature changed = signature_;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(verify(key_, "message", changed)) << bit;
  }
}

TEST_F(Ed25519Signed, IsRefusedWithTheGroupOrderAddedToS) {
  // L of RFC 8032, section 5.1, little-endian: S + L satisfies the equation, but is malleable.
  constexpr std::array<std::uint8_t, 32> kOrder{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                                0,    0,    0,    0,    0,    0,    0,    0,
                                                0,    0,    0,    0,    0,    0,    0,    0x10};
  Signature changed = signature_;
  unsigned carry = 0;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    carry += changed[32 + i] + unsigned{kOrder[i]};
    changed[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(verify(key_, "message", changed));
}

TEST_F(Ed25519Signed, IsRefusedUnderAKeyOfSmallOrder) {
  PublicKey identity{1};
  Signature trivial{1};  // R the identity, S zero: holds for every message without this rule
  EXPECT_FALSE(verify(identity, "message", trivial));
}

}  // namespace
}  // namespace vcp::ed25519
