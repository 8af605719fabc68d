// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"

namespace vcp::json {
namespace {

using namespace std::string_literals;

bool accepts(std::string_view text, int max_depth = Document::kMaxDepth) {
  return Document().parse(text, max_depth).has_value();
}

/// A text and its document, which a Value needs.
class Parsed {
 public:
  explicit Parsed(std::string text) : text_(std::move(text)) {}
  Value operator*() { return document_.parse(text_).value(); }

 private:
  const std::string text_;
  Document document_;
};

std::string problem_of(std::string_view text) {
  Document document;
  const Result<Value> value = document.parse(text);
  if (value) return "accepted";
  EXPECT_EQ(value.error().code, Code::malformed);
  return value.error().message;
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

// The cases of this file's two lists follow Nicolas Seriot's JSONTestSuite, and are named as there.

TEST(JsonReader, AcceptsWhatRfc8259Does) {
  for (const std::string_view text : {
           "[]",                             // y_array_empty
           "[[]   ]",                        // y_array_arraysWithSpaces
           "[1\n]",                          // y_array_with_1_and_newline
           " [1]",                           // y_array_with_leading_space
           "[1,null,null,null,2]",           // y_array_with_several_null
           "[2] ",                           // y_array_with_trailing_space
           "[123e65]",                       // y_number
           "[0e+1]",                         // y_number_0e+1
           "[0e1]",                          // y_number_0e1
           "[ 4]",                           // y_number_after_space
           "[-0]",                           // y_number_negative_zero
           "[-0.0]",                         //
           "[20e1]",                         // y_number_int_with_exp
           "[1E22]",                         // y_number_real_capital_e
           "[1E-2]",                         // y_number_real_capital_e_neg_exp
           "[1E+2]",                         // y_number_real_capital_e_pos_exp
           "[123.456e78]",                   // y_number_real_fraction_exponent
           R"({"asd":"sdf", "dfg":"fgh"})",  // y_object
           R"({"":0})",                      // y_object_empty_key
           R"({"foo\u0000bar": 42})",        // y_object_escaped_null_in_key
           R"({ "min": -1.0e+28, "max": 1.0e+28 })",
           R"({"x":[{"id": "xxxxxxxxxx"}], "id": "xxxxxxx"})",
           R"(["\u0060\u012a\u12AB"])",           // y_string_1_2_3_bytes_UTF-8_sequences
           R"(["\uD801\udc37"])",                 // y_string_accepted_surrogate_pair
           R"(["\ud83d\ude39\ud83d\udc8d"])",     // y_string_accepted_surrogate_pairs
           R"(["\"\\\/\b\f\n\r\t"])",             // y_string_allowed_escapes
           R"(["\\u0000"])",                      // y_string_backslash_and_u_escaped_zero
           R"(["a/*b*/c/*d//e"])",                // y_string_comments
           R"(["\u0000"])",                       // y_string_null_escape
           "[\"\x7F\"]",                          // y_string_unescaped_char_delete
           "[\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"]",  // y_string_utf8
           "[\"\xEF\xBF\xBF\"]",                  // y_string_nonCharacterInUTF-8_U+FFFF
           "[\"\xE2\x80\xA8\"]",                  // y_string_u+2028_line_sep
           R"(["\uFFFE"])",                       // y_string_unicode_U+FFFE_nonchar
           "42",                                  // y_structure_lonely_int
           "false",                               // y_structure_lonely_false
           "null",                                // y_structure_lonely_null
           "-0.1",                                // y_structure_lonely_negative_real
           "\"asd\"",                             // y_structure_lonely_string
           "\"\"",                                // y_structure_string_empty
           " \t\r\n[] \t\r\n",                    // y_structure_whitespace_array
           "[1e400000000, -1e-400000000]",        // i_number_huge_exp: a number all the same
       }) {
    EXPECT_TRUE(accepts(text)) << text << "\n" << problem_of(text);
  }
}

TEST(JsonReader, RefusesWhatRfc8259Does) {
  for (const std::string& text : {
           ""s,                        // n_structure_no_data
           " "s,                       // n_single_space
           "\n"s,                      //
           "[1 true]"s,                // n_array_1_true_without_comma
           "[\"\": 1]"s,               // n_array_colon_instead_of_comma
           "[\"\"],"s,                 // n_array_comma_after_close
           "[,1]"s,                    // n_array_comma_and_number
           "[1,,2]"s,                  // n_array_double_comma
           "[\"x\"]]"s,                // n_array_extra_close
           "[\"\",]"s,                 // n_array_extra_comma
           "[\"x\""s,                  // n_array_incomplete
           "[x"s,                      // n_array_incomplete_invalid_value
           "[3[4]]"s,                  // n_array_inner_array_no_comma
           "[1:2]"s,                   // n_array_items_separated_by_semicolon
           "[,]"s,                     // n_array_just_comma
           "[-]"s,                     // n_array_just_minus
           "[1,"s,                     // n_array_unclosed_trailing_comma
           "[\"a\",\n4\n,1,"s,         // n_array_unclosed_with_new_lines
           "[fals]"s,                  // n_incomplete_false
           "[nul]"s,                   // n_incomplete_null
           "[tru]"s,                   // n_incomplete_true
           "[True]"s,                  // n_structure_capitalized_True
           "123\0"s,                   // n_multidigit_number_then_00
           "[++1234]"s,                // n_number_++
           "[+1]"s,                    // n_number_+1
           "[+Inf]"s,                  // n_number_+Inf
           "[-01]"s,                   // n_number_-01
           "[-1.0.]"s,                 // n_number_-1.0.
           "[-2.]"s,                   // n_number_-2.
           "[-NaN]"s,                  // n_number_-NaN
           "[.-1]"s,                   // n_number_.-1
           "[.2e-3]"s,                 // n_number_.2e-3
           "[0.1.2]"s,                 // n_number_0.1.2
           "[0.3e+]"s,                 // n_number_0.3e+
           "[0.e1]"s,                  // n_number_0.e1
           "[0E+]"s,                   // n_number_0_capital_E+
           "[1.0e-]"s,                 // n_number_1.0e-
           "[1 000.0]"s,               // n_number_1_000
           "[1eE2]"s,                  // n_number_1eE2
           "[9.e+3]"s,                 // n_number_9.e+3
           "[Inf]"s,                   // n_number_Inf
           "[NaN]"s,                   // n_number_NaN
           "[\xEF\xBC\x91]"s,          // n_number_U+FF11_fullwidth_digit_one
           "[1+2]"s,                   // n_number_expression
           "[0x1]"s,                   // n_number_hex_1_digit
           "[Infinity]"s,              // n_number_infinity
           "[0e+-1]"s,                 // n_number_invalid+-
           "[-1x]"s,                   // n_number_invalid-negative-real
           "[- 1]"s,                   // n_number_minus_space_1
           "[-012]"s,                  // n_number_neg_int_starting_with_zero
           "[012]"s,                   // n_number_with_leading_zero
           "[1ea]"s,                   // n_number_with_alpha
           "{\"x\", null}"s,           // n_object_comma_instead_of_colon
           "{\"x\"::\"b\"}"s,          // n_object_double_colon
           "{\"a\":\"a\" 123}"s,       // n_object_garbage_at_end
           "{key: 'value'}"s,          // n_object_key_with_single_quotes
           "{\"a\" b}"s,               // n_object_missing_colon
           "{:\"b\"}"s,                // n_object_missing_key
           "{\"a\" \"b\"}"s,           // n_object_missing_semicolon
           "{\"a\":"s,                 // n_object_missing_value
           "{\"a\""s,                  // n_object_no-colon
           "{1:1}"s,                   // n_object_non_string_key
           "{\"id\":0,,,,,}"s,         // n_object_several_trailing_commas
           "{\"id\":0,}"s,             // n_object_trailing_comma
           "{\"a\":\"b\"}/**/"s,       // n_object_trailing_comment
           "{\"a\":true} \"x\""s,      // n_object_with_trailing_garbage
           "{\"a\":1"s,                // n_structure_unclosed_object
           "{,}"s,                     //
           "[\"\\uD800\\u\"]"s,        // n_string_1_surrogate_then_escape_u
           "[\"\\uD800\\u1x\"]"s,      // n_string_1_surrogate_then_escape_u1x
           "[\"\\uDFAA\"]"s,           // i_string_1st_valid_surrogate_2nd_invalid and the like
           "[\"\\uD888\\u1234\"]"s,    //
           "[\"\\uD800\"]"s,           //
           "[\"\\uD800abc\"]"s,        //
           "[\"\\uD83D\\uD83D\"]"s,    //
           "[\"\\uDd1e\\uD834\"]"s,    // i_string_inverted_surrogates_U+1D11E
           "[\"\\x00\"]"s,             // n_string_escape_x
           "[\"\\\\\\\"]"s,            // n_string_escaped_backslash_bad
           "[\"\\\t\"]"s,              // n_string_escaped_ctrl_char_tab
           "[\"\\\"]"s,                // n_string_incomplete_escape
           "[\"\\u00A\"]"s,            // n_string_incomplete_escaped_character
           "[\"\\u+123\"]"s,           //
           "[\"\\u 123\"]"s,           //
           "[\"\\u-123\"]"s,           //
           "[\"\\u0x12\"]"s,           //
           "[\"\\U0041\"]"s,           //
           "[\"\\a\"]"s,               // n_string_invalid_backslash_esc
           "[\"\\v\"]"s,               //
           "[\"\\'\"]"s,               //
           "[\"\\uqqqq\"]"s,           // n_string_invalid_unicode_escape
           "[\"\\"s,                   // n_string_start_escape_unclosed
           "[\"\\u"s,                  //
           "[\"\\uD83D\\u"s,           //
           "[\xC3\xA9]"s,              // n_string_accentuated_char_no_quotes
           "[\"a\0a\"]"s,              // n_string_unescaped_ctrl_char
           "[\"new\nline\"]"s,         // n_string_unescaped_newline
           "[\"\t\"]"s,                // n_string_unescaped_tab
           "[\"\x1F\"]"s,              //
           "['single quote']"s,        // n_string_single_quote
           "\"\xE9\""s,                // i_string_invalid_utf-8
           "[\"\xED\xA0\x80\"]"s,      // i_string_UTF8_surrogate_U+D800
           "[\"\xC0\xAF\"]"s,          // i_string_overlong_sequence_2_bytes
           "[\"\xF4\xBF\xBF\xBF\"]"s,  // i_string_not_in_unicode_range
           "\"\xE2\x82"s,              //
           "\xEF\xBB\xBF[]"s,          // i_structure_UTF-8_BOM_empty_object
           "\xEF\xBB\xBF"s,            // n_structure_incomplete_UTF8_BOM
           "[\x0C]"s,                  // n_structure_whitespace_formfeed
           "[\xE2\x81\xA0]"s,          // n_structure_whitespace_U+2060_word_joiner
           "<null>"s,                  // n_structure_angle_bracket_null
           "[1]x"s,                    // n_structure_array_trailing_garbage
           "2@"s,                      // n_structure_number_with_trailing_garbage
           "{}}"s,                     // n_structure_object_followed_by_closing_object
           "]"s,                       // n_structure_lone_closing_bracket
           "\""s,                      // n_structure_open_array_... unclosed string
           "\"asd"s,                   // n_structure_lone-open-quote
           "[}"s,                      //
           "{]"s,                      //
           "[1}"s,                     //
           "{\"a\":1]"s,               //
           "nullx"s,                   //
           "1 2"s,                     //
           "\0"s,                      //
           "[]\0"s,                    //
       }) {
    EXPECT_FALSE(accepts(text)) << text;
  }
}

TEST(JsonReader, RefusesEveryPrefixOfAText) {
  const std::string text = R"({"name":[true,false,null,"a\u00e9\ud83d\ude39é",{"n":0}],"x":""})";
  ASSERT_TRUE(accepts(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(accepts(text.substr(0, length))) << text.substr(0, length);
  }
}

TEST(JsonReader, NestsAsDeepAsAllowed) {
  EXPECT_TRUE(accepts(nested(Document::kMaxDepth)));
  EXPECT_FALSE(accepts(nested(Document::kMaxDepth + 1)));
  EXPECT_TRUE(accepts(nested(3), 3));
  EXPECT_FALSE(accepts(R"({"a":[{}]})", 2));
}

TEST(JsonReader, CountsDepthNotContainers) { EXPECT_TRUE(accepts("[[],[],{},[{}]]", 3)); }

TEST(JsonReader, AllowsScalarsOnlyAtDepthZero) {
  EXPECT_TRUE(accepts("1", 0));
  EXPECT_FALSE(accepts("[]", 0));
}

TEST(JsonReader, RefusesTextsThatOnlyOpen) { EXPECT_FALSE(accepts(std::string(100'000, '['))); }

TEST(JsonReader, SaysWhereAndWhy) {
  EXPECT_EQ(problem_of(R"({"a":1,})"), "malformed JSON at byte 7: expected a member's name");
  EXPECT_EQ(problem_of("[1 2]"), "malformed JSON at byte 3: expected , or ]");
  EXPECT_EQ(problem_of("\"a\nb\""), "malformed JSON at byte 2: a control character in a string");
  EXPECT_EQ(problem_of("\"a\xFF\""), "malformed JSON at byte 2: not UTF-8");
}

TEST(JsonReader, RefusesAMemberGivenTwice) {
  EXPECT_FALSE(accepts(R"({"a":1,"a":1})"));
  EXPECT_FALSE(accepts(R"({"":1,"b":2,"":3})"));
  EXPECT_FALSE(accepts(R"({"x":{"a":1,"b":{},"a":[]}})"));
}

TEST(JsonReader, RefusesAMemberGivenTwiceInOtherSpelling) {
  EXPECT_FALSE(accepts(R"({"a":1,"\u0061":1})"));
  EXPECT_FALSE(accepts(R"({"\u0061":1,"a":1})"));
  EXPECT_FALSE(accepts("{\"\\ud83d\\ude39\":1,\"\xF0\x9F\x98\xB9\":1}"));
  EXPECT_FALSE(accepts(R"({"/":1,"\/":1})"));
  EXPECT_FALSE(accepts(R"({"\u00E9":1,"\u00e9":1})"));
}

TEST(JsonReader, TakesTheSameNameInDifferentObjects) {
  EXPECT_TRUE(accepts(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})"));
}

TEST(JsonReader, TakesNamesThatDifferOnlyInTheirMiddle) {
  EXPECT_TRUE(accepts(R"({"a1z":1,"a2z":1,"a3z":1,"aaz":{"a1z":1}})"));
}

/// An object of members "m0", "m1", ... with the last one's name given.
std::string object_of(int size, const std::string& last) {
  std::string text = "{";
  for (int i = 0; i + 1 < size; ++i) text += quote("m" + std::to_string(i)) + ":{\"m0\":[0]},";
  return text + last + ":1}";
}

TEST(JsonReader, FindsARepeatedNameInObjectsOfEverySize) {
  for (int size = 2; size < 70; ++size) {
    EXPECT_TRUE(accepts(object_of(size, "\"other\""))) << size;
    EXPECT_FALSE(accepts(object_of(size, "\"m0\""))) << size;
    EXPECT_FALSE(accepts(object_of(size, R"("\u006D0")"))) << size;
    const std::string before = "m" + std::to_string(size - 2);
    EXPECT_FALSE(accepts(object_of(size, quote(before)))) << size;
  }
}

TEST(JsonReader, TakesAHundredThousandMembers) {
  EXPECT_TRUE(accepts(object_of(100'000, "\"other\"")));
  EXPECT_FALSE(accepts(object_of(100'000, "\"m50000\"")));
}

TEST(JsonValue, HasItsKind) {
  Parsed parsed(R"([null,true,1,"s",[],{}])");
  std::vector<Kind> kinds;
  for (const Item item : *parsed) kinds.push_back(item.value.kind());
  EXPECT_EQ(kinds, (std::vector{Kind::null, Kind::boolean, Kind::number, Kind::string, Kind::array,
                                Kind::object}));
}

TEST(JsonValue, KeepsTheBytesOfItsSource) {
  Parsed parsed(" { \"inputs\" : { \"b\" :1.50, \"a\":[ \"\\u0041\" ] } , \"n\": -0e+1 } ");
  const Value value = *parsed;
  EXPECT_EQ(value.find("inputs")->source(), R"({ "b" :1.50, "a":[ "\u0041" ] })");
  EXPECT_EQ(value.find("n")->source(), "-0e+1");
  EXPECT_EQ(value.find("inputs")->find("a")->begin().operator*().value.source(), R"("\u0041")");
}

TEST(JsonValue, WalksMembersInTheOrderOfTheSource) {
  Parsed parsed(R"({"z":{"nested":[1,2]},"a":[[],[3]],"\u006d":"x"})");
  std::string names;
  std::string sources;
  for (const Item item : *parsed) {
    names += std::string(item.name) + ' ';
    sources += std::string(item.value.source()) + ' ';
  }
  EXPECT_EQ(names, "z a m ");
  EXPECT_EQ(sources, R"({"nested":[1,2]} [[],[3]] "x" )");
}

TEST(JsonValue, WalksElementsWithoutNames) {
  Parsed parsed(R"([1,[2,3],{"a":4},5])");
  std::string sources;
  for (const Item item : *parsed) {
    EXPECT_EQ(item.name, "");
    sources += std::string(item.value.source()) + ' ';
  }
  EXPECT_EQ(sources, R"(1 [2,3] {"a":4} 5 )");
}

TEST(JsonValue, CountsElementsAndMembers) {
  Parsed parsed(R"([[],[1,[2,3]],{},{"a":1,"\u0062":[1,2,3]},"four",5])");
  std::vector<std::size_t> sizes;
  for (const Item item : *parsed) sizes.push_back(item.value.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{0, 2, 0, 2, 0, 0}));
  EXPECT_EQ((*parsed).size(), 6);
}

TEST(JsonValue, WalksNothingInScalarsAndEmptyContainers) {
  for (const auto* text : {"1", "\"a\"", "null", "[]", "{}"}) {
    Parsed parsed(text);
    const Value value = *parsed;
    EXPECT_TRUE(value.begin() == value.end()) << text;
  }
}

TEST(JsonValue, FindsMembersByTheirResolvedNames) {
  Parsed parsed(R"({"a":1,"\u0062\n":2,"":3})");
  const Value value = *parsed;
  EXPECT_EQ(value.find("a")->as_int64(), 1);
  EXPECT_EQ(value.find("b\n")->as_int64(), 2);
  EXPECT_EQ(value.find("")->as_int64(), 3);
  EXPECT_FALSE(value.find("c"));
  EXPECT_FALSE(value.find("\\u0062\\n"));
}

TEST(JsonValue, FindsNothingInWhatIsNoObject) {
  Parsed parsed(R"(["a"])");
  EXPECT_FALSE((*parsed).find("a"));
}

TEST(JsonValue, IsNothingAsAnotherKind) {
  Parsed parsed(R"([null,true,1,"1",[1],{"a":1}])");
  for (const Item item : *parsed) {
    const Value value = item.value;
    EXPECT_EQ(value.as_bool().has_value(), value.is(Kind::boolean));
    EXPECT_EQ(value.as_int64().has_value(), value.is(Kind::number));
    EXPECT_EQ(value.as_uint64().has_value(), value.is(Kind::number));
    EXPECT_EQ(value.as_double().has_value(), value.is(Kind::number));
    EXPECT_EQ(value.as_string().has_value(), value.is(Kind::string));
    EXPECT_EQ(value.as_plain_string().has_value(), value.is(Kind::string));
  }
}

TEST(JsonValue, IsABoolean) {
  EXPECT_EQ((*Parsed("true")).as_bool(), true);
  EXPECT_EQ((*Parsed("false")).as_bool(), false);
}

std::optional<std::int64_t> int64_of(const std::string& text) { return (*Parsed(text)).as_int64(); }
std::optional<std::uint64_t> uint64_of(const std::string& text) {
  return (*Parsed(text)).as_uint64();
}
std::optional<double> double_of(const std::string& text) { return (*Parsed(text)).as_double(); }

TEST(JsonInteger, IsExactToTheLastDigit) {
  EXPECT_EQ(int64_of("9007199254740993"), 9'007'199'254'740'993);
  EXPECT_EQ(uint64_of("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(int64_of("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(int64_of("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(int64_of("9007199254740993.0"), 9'007'199'254'740'993);
  EXPECT_EQ(uint64_of("1.8446744073709551615e19"), std::numeric_limits<std::uint64_t>::max());
}

TEST(JsonInteger, IsNothingOutOfItsRange) {
  EXPECT_FALSE(int64_of("9223372036854775808"));
  EXPECT_FALSE(int64_of("-9223372036854775809"));
  EXPECT_FALSE(uint64_of("18446744073709551616"));
  EXPECT_FALSE(uint64_of("99999999999999999999"));
  EXPECT_FALSE(uint64_of("-1"));
  EXPECT_FALSE(uint64_of("1e20"));
  EXPECT_FALSE(uint64_of("184467440737095516150e0"));
}

TEST(JsonInteger, MayBeSpelledWithPointAndExponent) {
  for (const auto* text : {"100", "1e2", "1E+2", "100.0", "100.000e0", "10000e-2", "0.1e3",
                           "0.00001e7", "1000000e-00000004", "0.001e0000000005"}) {
    EXPECT_EQ(int64_of(text), 100) << text;
    EXPECT_EQ(uint64_of(text), 100) << text;
  }
  EXPECT_EQ(int64_of("-1.5e1"), -15);
}

TEST(JsonInteger, IsNothingWithAFraction) {
  for (const auto* text :
       {"1.5", "0.1", "15e-1", "1e-1", "1.00000000000000000000000001", "1e-400"}) {
    EXPECT_FALSE(int64_of(text)) << text;
  }
}

TEST(JsonInteger, IsZeroHoweverSpelled) {
  for (const auto* text : {"0", "-0", "0.0", "-0.000", "0e5", "0E-5", "0e400000000",
                           "-0.0e-99999999999999999999999999", "0e99999999999999999999999999"}) {
    EXPECT_EQ(int64_of(text), 0) << text;
    EXPECT_EQ(uint64_of(text), 0) << text;
  }
}

TEST(JsonInteger, OfAHugeExponentIsNothingAtOnce) {
  for (const auto* text :
       {"1e400000000", "1e-400000000", "1e99999999999999999999999999999",
        "1e-99999999999999999999999999999", "1e9223372036854775808", "1e18446744073709551616"}) {
    EXPECT_FALSE(int64_of(text)) << text;
    EXPECT_FALSE(uint64_of(text)) << text;
  }
}

TEST(JsonInteger, MayHaveManyZeros) {
  EXPECT_EQ(int64_of("1" + std::string(1000, '0') + "e-1000"), 1);
  EXPECT_EQ(int64_of("0." + std::string(1000, '0') + "7e1001"), 7);
  EXPECT_EQ(int64_of("7." + std::string(1000, '0')), 7);
}

TEST(JsonDouble, IsTheNearest) {
  EXPECT_EQ(double_of("0.1"), 0.1);
  EXPECT_EQ(double_of("1e23"), 1e23);
  EXPECT_EQ(double_of("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(double_of("2.2250738585072011e-308"), 2.2250738585072011e-308);
  EXPECT_EQ(double_of("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(double_of("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(double_of("0.3" + std::string(1000, '3')), 1.0 / 3);
}

TEST(JsonDouble, IsZeroWhereNoOtherIsNearer) {
  for (const auto* text : {"1e-400", "1e-400000000", "0.0001e-99999999999999999999", "0e400000000",
                           "1e-99999999999999999999999999"}) {
    EXPECT_EQ(double_of(text), 0.0) << text;
  }
  EXPECT_TRUE(std::signbit(double_of("-0").value()));
  EXPECT_TRUE(std::signbit(double_of("-1e-400").value()));
}

TEST(JsonDouble, IsNothingBeyondTheRange) {
  for (const auto* text : {"1e309", "-1e309", "1.7976931348623159e308", "1e400000000",
                           "1e99999999999999999999999999", "0.0001e400"}) {
    EXPECT_FALSE(double_of(text)) << text;
  }
  EXPECT_FALSE(double_of("1" + std::string(400, '0')));
  EXPECT_EQ(double_of("1" + std::string(400, '0') + "e-400"), 1.0);
}

TEST(JsonString, ResolvesEveryEscape) {
  EXPECT_EQ((*Parsed(R"("\"\\\/\b\f\n\r\t")")).as_string(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ((*Parsed(R"("a\u0000b")")).as_string(), "a\0b"s);
  EXPECT_EQ((*Parsed(R"("\u007f\u0080\u07FF\u0800\uFFFF")")).as_string(),
            "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
  EXPECT_EQ((*Parsed(R"("\uD800\uDC00\uDBFF\uDFFF")")).as_string(),
            "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
  EXPECT_EQ((*Parsed(R"("\\u0041")")).as_string(), "\\u0041");
}

TEST(JsonString, IsAViewOfTheSourceWithoutEscapes) {
  const std::string text = "\"na\xC3\xAFve\"";
  Document document;
  const Value value = document.parse(text).value();
  ASSERT_EQ(value.as_plain_string(), "na\xC3\xAFve");
  EXPECT_EQ(value.as_plain_string()->data(), text.data() + 1);
}

TEST(JsonString, IsNoViewWithEscapes) {
  Parsed parsed(R"("a\nb")");
  const Value value = *parsed;
  EXPECT_FALSE(value.as_plain_string());
  EXPECT_EQ(value.as_string(), "a\nb");
}

// The fast path takes 8 bytes at once: what is special may stand at any place of them.
TEST(JsonString, EndsWhereverItsQuoteStands) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string content(length, 'x');
    for (const std::string& after : {""s, " "s, "       \n        "s}) {
      EXPECT_EQ((*Parsed(quote(content) + after)).as_plain_string(), content);
    }
  }
}

TEST(JsonString, IsCheckedAtEveryPlace) {
  for (std::size_t at = 0; at < 20; ++at) {
    for (const char bad : {'\0', '\x1F', '\n', '\x80', '\xFF'}) {
      std::string text = "\"" + std::string(20, 'x') + "\"";
      text[at + 1] = bad;
      EXPECT_FALSE(accepts(text)) << to_hex(text);
    }
  }
}

TEST(JsonDocument, MayBeUsedAgain) {
  Document document;
  const std::string first = R"({"a\u0000":[1,2,3],"b":"c"})";
  ASSERT_TRUE(document.parse(first));
  ASSERT_FALSE(document.parse("{\"x\\n\":1,"));
  const std::string second = R"({"\u0061":7})";
  const Result<Value> value = document.parse(second);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->size(), 1);
  EXPECT_EQ(value->find("a")->as_int64(), 7);
}

TEST(JsonPointer, EscapesTokens) {
  EXPECT_EQ(pointer("", "a"), "/a");
  EXPECT_EQ(pointer("/a", "b/c"), "/a/b~1c");
  EXPECT_EQ(pointer("/a", "~1"), "/a/~01");
  EXPECT_EQ(pointer("/a", ""), "/a/");
  EXPECT_EQ(pointer("/a", std::size_t{10}), "/a/10");
}

}  // namespace
}  // namespace vcp::json
