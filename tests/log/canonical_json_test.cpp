// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/canonical_json.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace vcp::log {
namespace {

TEST(CanonicalJson, HasNoWhiteSpace) {
  EXPECT_EQ(canonical_json(" { \"a\" : [ 1 , true , null , { } ] } "), R"({"a":[1,true,null,{}]})");
}

// RFC 8785, section 3.2.3.
TEST(CanonicalJson, SortsTheMembersOfTheExampleOfRfc8785) {
  EXPECT_EQ(canonical_json(R"({
              "\u20ac": "Euro Sign",
              "\r": "Carriage Return",
              "\ufb33": "Hebrew Letter Dalet With Dagesh",
              "1": "One",
              "\ud83d\ude00": "Emoji: Grinning Face",
              "\u0080": "Control",
              "\u00f6": "Latin Small Letter O With Diaeresis"
            })"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
            "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
            "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
            "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

// RFC 8785, section 3.2.2.
TEST(CanonicalJson, WritesTheStringAndLiteralsOfTheExampleOfRfc8785) {
  EXPECT_EQ(canonical_json(R"({
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            })"),
            "{\"literals\":[null,true,false],"
            "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(CanonicalJson, SortsAPrefixFirst) {
  EXPECT_EQ(canonical_json(R"({"ab":1,"a":2,"":3})"), R"({"":3,"a":2,"ab":1})");
}

TEST(CanonicalJson, SortsInsideToo) {
  EXPECT_EQ(canonical_json(R"([{"b":{"d":1,"c":2},"a":3}])"), R"([{"a":3,"b":{"c":2,"d":1}}])");
}

TEST(CanonicalJson, WritesIntegersInOneWay) {
  EXPECT_EQ(canonical_json("[0,-0,1.0,1e2,-5,9007199254740991,-9007199254740991]"),
            "[0,0,1,100,-5,9007199254740991,-9007199254740991]");
}

TEST(CanonicalJson, RefusesOtherNumbersWithAPointerToThem) {
  for (const auto& [text, pointer] : {std::pair{"1.5", ""},
                                      {"[1,2.5]", "/1"},
                                      {R"({"a":{"b/c":[0,1e-4]}})", "/a/b~1c/1"},
                                      {R"({"n":9007199254740992})", "/n"},
                                      {R"({"n":-9007199254740992})", "/n"},
                                      {R"({"n":1e400})", "/n"}}) {
    const auto result = canonical_json(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().fields,
              (std::vector<FieldError>{{pointer, "not an integer below 2^53"}}));
  }
}

TEST(CanonicalJson, LeavesCanonicalTextAsItIs) {
  const std::string text = R"({"exit_code":0,"nodes":[{"epoch":7,"node":"a"}],"owner":"default"})";
  EXPECT_EQ(canonical_json(text), text);
}

TEST(CanonicalJson, RefusesAMemberGivenTwice) {
  const auto result = canonical_json(R"({"a":1,"\u0061":2})");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::malformed);
}

}  // namespace
}  // namespace vcp::log
