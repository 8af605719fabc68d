// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/hash.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace vcp {
namespace {

constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

// NIST's example values for FIPS 180-4, and the empty message of the SHAVS short-message vectors.
TEST(Sha256, HasTheValuesOfFips180) {
  EXPECT_EQ(sha256("abc").hex(), kAbc);
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, HashesAMillionTimesA) {
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfPartsIsThatOfTheWhole) {
  const std::string bytes(1000, 'x');
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 37) {
    Sha256 hash;
    hash.update(std::string_view(bytes).substr(0, cut));
    hash.update(std::string_view(bytes).substr(cut));
    EXPECT_EQ(hash.finish(), sha256(bytes));
  }
}

TEST(Sha256, OfNoPartsIsThatOfNothing) { EXPECT_EQ(Sha256().finish(), sha256("")); }

TEST(Sha256, GoesOnAfterAMove) {
  Sha256 first;
  first.update("a");
  Sha256 second = std::move(first);
  second.update("bc");
  EXPECT_EQ(second.finish().hex(), kAbc);
}

TEST(Digest, IsItsAlgorithmAndHexAsText) {
  EXPECT_EQ(sha256("abc").to_string(), "sha256:" + std::string(kAbc));
}

TEST(Digest, ReadsItsText) {
  EXPECT_EQ(Digest::parse("sha256:" + std::string(kAbc)), sha256("abc"));
}

TEST(Digest, RefusesOtherText) {
  const std::string hex(kAbc);
  std::string upper = hex;
  upper[0] = 'B';
  std::string no_digit = hex;
  no_digit[63] = 'g';
  for (const std::string& text :
       {std::string(), hex, "sha512:" + hex, "SHA256:" + hex, "sha256:" + upper,
        "sha256:" + no_digit, "sha256:" + hex + "00", "sha256:" + hex.substr(2), "sha256: " + hex,
        "sha256:" + hex + "\n"}) {
    EXPECT_FALSE(Digest::parse(text)) << text;
  }
}

TEST(Digest, OrdersByItsBytes) {
  Digest low;
  Digest high;
  low.bytes[31] = 255;
  high.bytes[0] = 1;
  EXPECT_LT(low, high);
}

TEST(Digest, IsAKeyOfHashTables) {
  const std::unordered_set<Digest> digests{sha256("a"), sha256("b"), sha256("a")};
  EXPECT_EQ(digests.size(), 2);
}

TEST(EqualConstantTime, IsEquality) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "Secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secrets"));
  EXPECT_FALSE(equal_constant_time("secret", ""));
}

}  // namespace
}  // namespace vcp
