// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"
#include "vcp/base/random.hpp"

namespace vcp::json {
namespace {

using namespace std::string_view_literals;

template <class T>
std::string written(const T& value) {
  std::string out;
  Writer(out).value(value);
  return out;
}

TEST(JsonWriter, SeparatesMembersAndElements) {
  std::string out;
  Writer writer(out);
  writer.begin_object().key("a").begin_array().number(std::int64_t{1}).null().end_array();
  writer.member("b", true).key("c").begin_object().end_object().key("d").begin_array().end_array();
  writer.key("e").begin_array().begin_object().member("f", 1).end_object().begin_array();
  writer.end_array().string("g").end_array().end_object();
  EXPECT_EQ(out, R"({"a":[1,null],"b":true,"c":{},"d":[],"e":[{"f":1},[],"g"]})");
}

TEST(JsonWriter, AppendsToWhatIsThere) {
  std::string out = "data: ";
  Writer(out).begin_array().end_array();
  EXPECT_EQ(out, "data: []");
}

TEST(JsonWriter, WritesIntegersExactly) {
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(0), "0");
}

TEST(JsonWriter, WritesDoublesAsTheShortestTextThatReadsBack) {
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(1.0), "1");
  EXPECT_EQ(written(-2.5), "-2.5");
  EXPECT_EQ(written(1e300), "1e+300");
  EXPECT_EQ(written(5e-324), "5e-324");
}

TEST(JsonWriter, WritesNullForWhatIsNotFinite) {
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(JsonWriter, WritesDoublesThatReadBack) {
  SeededRandom random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(random.next());
    if (!std::isfinite(value)) continue;
    const std::string text = written(value);
    Document document;
    ASSERT_EQ(document.parse(text).value().as_double(), value) << text;
  }
}

TEST(JsonWriter, ChoosesByType) {
  EXPECT_EQ(written(true), "true");
  EXPECT_EQ(written(nullptr), "null");
  EXPECT_EQ(written("literal"), R"("literal")");
  EXPECT_EQ(written(std::string("string")), R"("string")");
  EXPECT_EQ(written(std::uint8_t{7}), "7");
  EXPECT_EQ(written(0.5F), "0.5");
  EXPECT_EQ(written(std::optional<int>{}), "null");
  EXPECT_EQ(written(std::optional<int>{5}), "5");
  EXPECT_EQ(written(std::optional<std::string>{"a"}), R"("a")");
}

TEST(JsonWriter, WritesBase64AndRawValues) {
  std::string out;
  Writer(out).begin_array().base64("foob").raw(R"({"a": 1})").base64("").end_array();
  EXPECT_EQ(out, R"(["Zm9vYg==",{"a": 1},""])");
}

TEST(JsonWriter, EscapesWhatRfc8259Asks) {
  EXPECT_EQ(quote("\"\\/"), R"("\"\\/")");
  EXPECT_EQ(quote("\b\t\n\f\r"), R"("\b\t\n\f\r")");
  EXPECT_EQ(quote("\0\x01\x0B\x0E\x1F\x7F"sv), "\"\\u0000\\u0001\\u000b\\u000e\\u001f\x7F\"");
}

TEST(JsonWriter, EscapesNames) {
  std::string out;
  Writer(out).begin_object().member("a\"\n", 1).end_object();
  EXPECT_EQ(out, R"({"a\"\n":1})");
}

TEST(JsonWriter, KeepsGoodUtf8) {
  EXPECT_EQ(quote("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\xB9"),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\xB9\"");
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(quote("a\xFF"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(quote("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(quote("12345678\xC0z"), "\"12345678\xEF\xBF\xBDz\"");
}

/// Bytes that are often special in JSON or in UTF-8.
std::string random_text(Random& random) {
  constexpr std::string_view kSpecial =
      "\"\\\n\x1F\x7F\x80\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\xB9\xED";
  std::string text;
  for (std::uint64_t length = random.below(40); length > 0; --length) {
    text += random.below(3) == 0 ? kSpecial[random.below(kSpecial.size())]
                                 : static_cast<char>('a' + random.below(26));
  }
  return text;
}

TEST(JsonWriter, QuotesTextThatAnotherReaderReadsBack) {
  SeededRandom random(1);
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_text(random);
    const auto read = nlohmann::json::parse(quote(text)).get<std::string>();
    ASSERT_TRUE(is_utf8(read));
    if (!is_utf8(text)) continue;
    ++good;
    ASSERT_EQ(read, text);
  }
  EXPECT_GT(good, 1000);
}

}  // namespace
}  // namespace vcp::json
