// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/encoding.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "vcp/base/random.hpp"

namespace vcp {
namespace {

using namespace std::string_view_literals;

std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

// RFC 4648, section 10.
constexpr std::pair<std::string_view, std::string_view> kBase64Vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  for (const auto& [bytes, text] : kBase64Vectors) EXPECT_EQ(to_base64(bytes), text);
}

TEST(Base64, DecodesTheVectorsOfRfc4648) {
  for (const auto& [bytes, text] : kBase64Vectors) EXPECT_EQ(from_base64(text), bytes);
}

TEST(Base64, UsesTheStandardAlphabet) {
  EXPECT_EQ(to_base64("\xFB\xEF\xFF"), "++//");
  EXPECT_EQ(from_base64("++//"), "\xFB\xEF\xFF");
  EXPECT_FALSE(from_base64("--__"));
}

TEST(Base64, AppendsToWhatIsThere) {
  std::string text = "data:";
  append_base64(text, "foob");
  EXPECT_EQ(text, "data:Zm9vYg==");
}

TEST(Base64, ReadsBackBytesOfEveryLength) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(random, size);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, RefusesMissingPadding) {
  for (const auto text : {"Z", "Zg", "Zm8", "Zg="}) EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Base64, RefusesPaddingThatIsTooMuchOrNotAtTheEnd) {
  for (const auto text :
       {"=", "====", "Z===", "Zg==Zg==", "Zm8=Zm8=", "Zg=a", "=Zg=", "Zm9v===="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Base64, RefusesBitsLeftOver) {
  for (const auto text : {"Zh==", "Zm9=", "Zv==", "//=="}) EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Base64, RefusesEveryOtherCharacterInEveryPlace) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int c = 0; c < 256; ++c) {
    if (alphabet.find(static_cast<char>(c)) != std::string::npos) continue;
    for (std::size_t place = 0; place < 6; ++place) {
      std::string text = "AAAAAA==";
      text[place] = static_cast<char>(c);
      EXPECT_FALSE(from_base64(text)) << c << " at " << place;
    }
  }
}

TEST(Hex, WritesLowerCase) { EXPECT_EQ(to_hex("\x00\x0F\xA5\xFF"sv), "000fa5ff"); }

TEST(Hex, ReadsEitherCase) {
  EXPECT_EQ(from_hex("000fA5Ff"), "\x00\x0F\xA5\xFF"sv);
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, RefusesAnOddLength) { EXPECT_FALSE(from_hex("abc")); }

TEST(Hex, RefusesWhatIsNoDigit) {
  for (const auto text : {"0g", "g0", "0x", "-1", " 1", "\xC3\xA4"}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
}

TEST(Utf8, AcceptsTheEndsOfEachLength) {
  for (const std::string_view text :
       {""sv, "\0"sv, "\x7F"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xEF\xBF\xBF"sv,
        "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv}) {
    EXPECT_TRUE(is_utf8(text)) << to_hex(text);
  }
}

// The ill-formed sequences of Markus Kuhn's "UTF-8 decoder capability and stress test".
constexpr std::string_view kIllFormed[] = {
    "\x80",                      // continuation alone
    "\xBF",                      //
    "\xC0\xAF",                  // overlong
    "\xC1\xBF",                  //
    "\xE0\x80\xAF",              //
    "\xE0\x9F\xBF",              //
    "\xF0\x80\x80\xAF",          //
    "\xF0\x8F\xBF\xBF",          //
    "\xED\xA0\x80",              // surrogates
    "\xED\xBF\xBF",              //
    "\xF4\x90\x80\x80",          // past U+10FFFF
    "\xF5\x80\x80\x80",          //
    "\xF8\x88\x80\x80\x80",      // five bytes
    "\xFC\x84\x80\x80\x80\x80",  // six bytes
    "\xFE",                      // never bytes
    "\xFF",                      //
    "\xC3",                      // cut off
    "\xE2\x82",                  //
    "\xF0\x9F\x98",              //
    "\xC3(",                     // continuation missing
    "\xE2(\xA1",                 //
    "\xE2\x82(",                 //
    "\xF0\x9F\x98(",             //
};

TEST(Utf8, RefusesIllFormedSequences) {
  for (const std::string_view text : kIllFormed) EXPECT_FALSE(is_utf8(text)) << to_hex(text);
}

TEST(Utf8, RefusesIllFormedSequencesAnywhereInLongText) {
  for (const std::string_view text : kIllFormed) {
    for (std::size_t before = 0; before < 20; ++before) {
      const std::string around = std::string(before, 'a') + std::string(text) + "b23456789";
      EXPECT_FALSE(is_utf8(around)) << to_hex(around);
    }
  }
}

}  // namespace
}  // namespace vcp
