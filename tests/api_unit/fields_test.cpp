// SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vcp::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A JSON text and its members.
class Reading {
 public:
  explicit Reading(std::string text, std::string pointer = "")
      : text_(std::move(text)),
        fields_(document_.parse(text_).value(), std::move(pointer), errors_) {}

  Fields& operator*() { return fields_; }
  Fields* operator->() { return &fields_; }

  /// Where something was wrong, in the order in which it was noticed.
  [[nodiscard]] std::vector<std::string> wrong() const {
    std::vector<std::string> pointers;
    const Result<> result = errors_.result();
    if (result) return pointers;
    for (const FieldError& field : result.error().fields) pointers.push_back(field.pointer);
    return pointers;
  }

  [[nodiscard]] Result<> result() const { return errors_.result(); }

 private:
  std::string text_;
  json::Document document_;
  FieldErrors errors_;
  Fields fields_;
};

TEST(FieldErrors, AreNoErrorWhenThereAreNone) {
  const FieldErrors errors;
  EXPECT_TRUE(errors.empty());
  EXPECT_TRUE(errors.result().has_value());
}

TEST(FieldErrors, NameTheFirstAndCountTheOthers) {
  FieldErrors errors;
  errors.add("/a", "is wrong");
  EXPECT_EQ(errors.result().error().message, "/a: is wrong");
  errors.add("/b", "too");
  errors.add("/c", "as well");
  const Error error = errors.result().error();
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_EQ(error.message, "/a: is wrong, and 2 more");
  EXPECT_EQ(error.fields.size(), 3U);
  EXPECT_EQ(error.fields[1], (FieldError{"/b", "too"}));
}

TEST(FieldErrors, KeepNoMoreThanAnAnswerHasRoomFor) {
  FieldErrors errors;
  for (int i = 0; i < 100'000; ++i) errors.add("/a", "is wrong");
  const Error error = errors.result().error();
  EXPECT_LT(error.fields.size(), 10'000U);
  EXPECT_THAT(error.message, HasSubstr("99999 more"));
}

TEST(Fields, MustBeAnObject) {
  for (const std::string text : {"[]", "1", "\"{}\"", "null"}) {
    Reading fields(text, "/at");
    fields->finish();
    EXPECT_THAT(fields.wrong(), ElementsAre("/at")) << text;
  }
}

TEST(Fields, GiveNothingForMembersThatAreAbsent) {
  Reading fields("{}");
  EXPECT_FALSE(fields->has("a"));
  EXPECT_FALSE(fields->value("a"));
  EXPECT_FALSE(fields->text("a", {0, 9}));
  EXPECT_FALSE(fields->boolean("a"));
  EXPECT_FALSE(fields->integer("a", {0, 9}));
  EXPECT_FALSE(fields->number("a", {0, 9}));
  EXPECT_FALSE(fields->digest("a"));
  EXPECT_FALSE(fields->base64("a"));
  EXPECT_FALSE(fields->time("a"));
  EXPECT_FALSE(fields->object("a"));
  fields->finish();
  EXPECT_THAT(fields.wrong(), IsEmpty());
}

TEST(Fields, GiveMembersOfTheirType) {
  const std::string digest = sha256("x").to_string();
  Reading fields(R"({"text": "h\u0069", "boolean": false, "integer": 7, "number": -1.5,
                     "base64": "AQI=", "time": "2026-01-31T09:30:00.250Z", "digest": ")" +
                 digest + "\"}");
  EXPECT_EQ(fields->text("text", {2, 2}), "hi");
  EXPECT_EQ(fields->boolean("boolean"), false);
  EXPECT_EQ(fields->integer("integer", {7, 7}), 7U);
  EXPECT_EQ(fields->number("number", {-1.5, 0}), -1.5);
  EXPECT_EQ(fields->base64("base64"), "\1\2");
  EXPECT_EQ(to_rfc3339(*fields->time("time")), "2026-01-31T09:30:00.250Z");
  EXPECT_EQ(fields->digest("digest"), sha256("x"));
  fields->finish();
  EXPECT_THAT(fields.wrong(), IsEmpty());
}

TEST(Fields, NoteMembersOfTheWrongType) {
  Reading fields(R"({"text": 1, "boolean": "true", "integer": "1", "number": "1", "digest": [],
                     "base64": {}, "time": 0, "object": []})");
  EXPECT_FALSE(fields->text("text", {0, 9}));
  EXPECT_FALSE(fields->boolean("boolean"));
  EXPECT_FALSE(fields->integer("integer", {0, 9}));
  EXPECT_FALSE(fields->number("number", {0, 9}));
  EXPECT_FALSE(fields->digest("digest"));
  EXPECT_FALSE(fields->base64("base64"));
  EXPECT_FALSE(fields->time("time"));
  fields->object("object");
  fields->finish();
  EXPECT_THAT(fields.wrong(), ElementsAre("/text", "/boolean", "/integer", "/number", "/digest",
                                          "/base64", "/time", "/object"));
}

TEST(Fields, TakeNullForAValueOfTheWrongType) {
  Reading fields(R"({"text": null})");
  EXPECT_FALSE(fields->text("text", {0, 9}));
  EXPECT_THAT(fields.wrong(), ElementsAre("/text"));
}

TEST(Fields, NoteTextsOfTheWrongLength) {
  Reading fields(R"({"short": "a", "good": "ab", "fits": "abc", "long": "abcd", "bytes": "éé"})");
  EXPECT_FALSE(fields->text("short", {2, 3}));
  EXPECT_EQ(fields->text("good", {2, 3}), "ab");
  EXPECT_EQ(fields->text("fits", {2, 3}), "abc");
  EXPECT_FALSE(fields->text("long", {2, 3}));
  EXPECT_FALSE(fields->text("bytes", {2, 3}));
  EXPECT_THAT(fields.wrong(), ElementsAre("/short", "/long", "/bytes"));
}

TEST(Fields, NoteIntegersOutOfRange) {
  Reading fields(R"({"below": 1, "least": 2, "greatest": 5, "above": 6, "negative": -1, "half": 2.5,
                     "huge": 18446744073709551616, "exact": 3.0})");
  const auto read = [&fields](std::string_view name) { return fields->integer(name, {2, 5}); };
  EXPECT_FALSE(read("below"));
  EXPECT_EQ(read("least"), 2U);
  EXPECT_EQ(read("greatest"), 5U);
  EXPECT_FALSE(read("above"));
  EXPECT_FALSE(read("negative"));
  EXPECT_FALSE(read("half"));
  EXPECT_FALSE(read("huge"));
  EXPECT_EQ(read("exact"), 3U);
  EXPECT_THAT(fields.wrong(), ElementsAre("/below", "/above", "/negative", "/half", "/huge"));
}

TEST(Fields, NoteNumbersOutOfRange) {
  Reading fields(R"({"below": -0.1, "least": 0, "greatest": 1e2, "above": 100.1, "huge": 1e999})");
  const auto read = [&fields](std::string_view name) { return fields->number(name, {0, 100}); };
  EXPECT_FALSE(read("below"));
  EXPECT_EQ(read("least"), 0);
  EXPECT_EQ(read("greatest"), 100);
  EXPECT_FALSE(read("above"));
  EXPECT_FALSE(read("huge"));
  EXPECT_THAT(fields.wrong(), ElementsAre("/below", "/above", "/huge"));
}

TEST(Fields, NoteDigestsTimesAndBase64ThatAreNone) {
  Reading fields(
      R"({"digest": "sha256:00", "time": "yesterday", "unpadded": "AQI", "url": "_-8="})");
  EXPECT_FALSE(fields->digest("digest"));
  EXPECT_FALSE(fields->time("time"));
  EXPECT_FALSE(fields->base64("unpadded"));
  EXPECT_FALSE(fields->base64("url"));
  EXPECT_THAT(fields.wrong(), ElementsAre("/digest", "/time", "/unpadded", "/url"));
}

TEST(Fields, ReadBase64ThatIsSpelledWithEscapes) {
  Reading fields(R"({"a": "\u0041QI\u003d"})");
  EXPECT_EQ(fields->base64("a"), "\1\2");
}

TEST(Fields, NoteChoicesThatAreNone) {
  const auto parse = [](std::string_view text) {
    return text == "one" ? std::optional(1) : std::nullopt;
  };
  Reading fields(R"({"good": "one", "bad": "t\"wo", "other": 1})");
  EXPECT_EQ(fields->choice("good", parse), 1);
  EXPECT_FALSE(fields->choice("bad", parse));
  EXPECT_FALSE(fields->choice("other", parse));
  EXPECT_FALSE(fields->choice("absent", parse));
  EXPECT_THAT(fields.wrong(), ElementsAre("/bad", "/other"));
  EXPECT_THAT(fields.result().error().message, HasSubstr(R"("t\"wo")"));
}

TEST(Fields, NoteRequiredMembersThatAreMissingOnce) {
  Reading fields(R"({"wrong": "x"})");
  EXPECT_EQ(fields->require("absent", fields->integer("absent", {3, 9}), std::uint64_t{3}), 3U);
  EXPECT_EQ(fields->require("wrong", fields->integer("wrong", {3, 9}), std::uint64_t{3}), 3U);
  EXPECT_THAT(fields.wrong(), ElementsAre("/absent", "/wrong"));
}

TEST(Fields, NoteEveryMemberThatNobodyAskedFor) {
  Reading fields(R"({"b": 1, "known": 2, "a": {"c": 3}})");
  fields->integer("known", {0, 9});
  fields->finish();
  EXPECT_THAT(fields.wrong(), ElementsAre("/b", "/a"));
}

TEST(Fields, PointIntoObjectsWithinObjects) {
  Reading fields(R"({"outer": {"in/n~er": 1, "other": 2}})", "/top");
  auto outer = fields->object("outer");
  ASSERT_TRUE(outer);
  EXPECT_FALSE(outer->text("in/n~er", {0, 9}));
  outer->finish();
  fields->finish();
  EXPECT_THAT(fields.wrong(), ElementsAre("/top/outer/in~1n~0er", "/top/outer/other"));
}

TEST(Fields, GiveAValueForOthersToRead) {
  Reading fields(R"({"a": [1,  2]})");
  EXPECT_EQ(fields->value("a")->source(), "[1,  2]");
  fields->finish();
  EXPECT_THAT(fields.wrong(), IsEmpty());
}

TEST(NameCharacters, AreLettersDigitsAndWhatIsAllowedBesides) {
  EXPECT_TRUE(consists_of_name_characters("azAZ09", ""));
  EXPECT_TRUE(consists_of_name_characters("a-b_c", "-_"));
  EXPECT_FALSE(consists_of_name_characters("a-b", "_"));
  EXPECT_FALSE(consists_of_name_characters("a b", "-_"));
  EXPECT_FALSE(consists_of_name_characters("é", "-_"));
  EXPECT_TRUE(consists_of_name_characters("", ""));
}

}  // namespace
}  // namespace vcp::api
