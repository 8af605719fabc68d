// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/json.hpp"
#include "vcp/base/random.hpp"

// Compares the reader with nlohmann/json on random texts and on mutations of them.
namespace vcp::json {
namespace {

using namespace std::string_view_literals;

template <std::size_t size>
std::string pick(Random& random, const std::array<std::string_view, size>& choices) {
  return std::string(choices[random.below(size)]);
}

/// Writes random JSON texts in all spellings that RFC 8259 allows.
class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  std::string text() { return space() + value(0) + space(); }

 private:
  std::string space() {
    return pick(random_, std::array{""sv, ""sv, ""sv, " "sv, "\n\t"sv, "\r\n  "sv});
  }

  std::string value(int depth) {
    switch (random_.below(depth < 5 ? 8 : 5)) {
      case 0:
        return pick(random_, std::array{"null"sv, "true"sv, "false"sv});
      case 1:
      case 2:
        return number();
      case 3:
      case 4:
        return string();
      case 5:
      case 6:
        return object(depth);
      default:
        return array(depth);
    }
  }

  std::string digits(std::uint64_t most) {
    std::string digits;
    for (std::uint64_t count = 1 + random_.below(most); count > 0; --count) {
      digits += static_cast<char>('0' + random_.below(10));
    }
    return digits;
  }

  std::string number() {
    std::string number = random_.below(3) == 0 ? "-" : "";
    number += random_.below(4) == 0 ? "0" : std::to_string(1 + random_.below(9)) + digits(20);
    if (random_.below(3) == 0) number += "." + digits(20);
    if (random_.below(3) == 0) {
      number += pick(random_, std::array{"e"sv, "E"sv, "e+"sv, "e-"sv, "E-"sv}) + digits(2);
    }
    return number;
  }

  std::string string() {
    std::string content;
    for (std::uint64_t count = random_.below(12); count > 0; --count) {
      content += pick(
          random_, std::array{"a"sv, "bc"sv, " "sv, "/"sv, "0123456789"sv, "\\n"sv, "\\\\"sv,
                              "\\\""sv, "\\/"sv, "\\u0041"sv, "\\u00e9"sv, "\\uD83D\\uDE39"sv,
                              "\\u0000"sv, "\xC3\xA9"sv, "\xE2\x82\xAC"sv, "\xF0\x9F\x98\xB9"sv});
    }
    return '"' + content + '"';
  }

  std::string name() {
    return random_.below(4) == 0 ? string() : "\"n" + std::to_string(random_.below(1000)) + "\"";
  }

  std::string array(int depth) {
    std::string text = "[" + space();
    for (std::uint64_t i = 0, size = random_.below(5); i < size; ++i) {
      text += (i > 0 ? "," : "") + space() + value(depth + 1) + space();
    }
    return text + "]";
  }

  std::string object(int depth) {
    std::string text = "{" + space();
    const std::uint64_t size = random_.below(20) == 0 ? 30 : random_.below(6);
    for (std::uint64_t i = 0; i < size; ++i) {
      text += (i > 0 ? "," : "") + space() + name() + space() + ":" + space();
      text += value(size == 30 ? 9 : depth + 1) + space();
    }
    return text + "}";
  }

  Random& random_;
};

/// Changes a text in one place.
std::string mutate(Random& random, std::string text) {
  const std::uint64_t at = random.below(text.size() + 1);
  switch (random.below(5)) {
    case 0:
      return text.erase(at, 1 + random.below(3));
    case 1: {
      const std::uint64_t from = random.below(text.size() + 1);
      return text.insert(at, text.substr(from, random.below(10)));
    }
    case 2:
      if (at < text.size()) text[at] = static_cast<char>(random.below(256));
      return text;
    case 3:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << random.below(8));
      return text;
    default:
      return text.insert(
          at,
          pick(random,
               std::array{"\""sv,  "\\"sv,      ","sv,       ":"sv,   "["sv,    "]"sv,
                          "{"sv,   "}"sv,       "0"sv,       "-"sv,   "."sv,    "e"sv,
                          "\\u"sv, "\\ud800"sv, "\\udc00"sv, "\0"sv,  "\x80"sv, "\xED\xA0\x80"sv,
                          " "sv,   "null"sv,    "//"sv,      "NaN"sv, "\x0B"sv}));
  }
}

/// What nlohmann/json has to say of a text, with the rules that only we have checked beside it.
class Oracle : public nlohmann::json_sax<nlohmann::json> {
 public:
  enum class Verdict { good, bad, number_out_of_range };

  static Verdict judge(const std::string& text) {
    // It skips a byte-order mark and takes NUL for the end.
    if (text.starts_with("\xEF\xBB\xBF") || text.contains('\0')) return Verdict::bad;
    Oracle oracle;
    const bool good = nlohmann::json::sax_parse(text, &oracle);
    if (oracle.out_of_range_) return Verdict::number_out_of_range;
    return good ? Verdict::good : Verdict::bad;
  }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override { return names_.back().insert(name).second; }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::json::exception& error) override {
    out_of_range_ = error.id == 406;
    return false;
  }

 private:
  bool open() {
    names_.emplace_back();
    return names_.size() <= Document::kMaxDepth;
  }
  bool close() {
    names_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> names_;
  bool out_of_range_ = false;
};

void expect_same(Value ours, const nlohmann::json& theirs);

void expect_same_number(Value ours, const nlohmann::json& theirs) {
  if (theirs.is_number_float()) {
    EXPECT_EQ(ours.as_double(), theirs.get<double>());
  } else if (theirs.is_number_unsigned()) {
    EXPECT_EQ(ours.as_uint64(), theirs.get<std::uint64_t>());
  } else {
    EXPECT_EQ(ours.as_int64(), theirs.get<std::int64_t>());
  }
}

void expect_same_elements(Value ours, const nlohmann::json& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  std::size_t count = 0;
  for (const Item item : ours) {
    if (theirs.is_object()) {
      ASSERT_TRUE(theirs.contains(std::string(item.name)));
      EXPECT_EQ(ours.find(item.name)->source().data(), item.value.source().data());
      expect_same(item.value, theirs[std::string(item.name)]);
    } else {
      expect_same(item.value, theirs[count]);
    }
    ++count;
  }
  EXPECT_EQ(count, theirs.size());
}

void expect_same(Value ours, const nlohmann::json& theirs) {
  switch (ours.kind()) {
    case Kind::null:
      EXPECT_TRUE(theirs.is_null());
      break;
    case Kind::boolean:
      EXPECT_EQ(ours.as_bool(), theirs.get<bool>());
      break;
    case Kind::number:
      expect_same_number(ours, theirs);
      break;
    case Kind::string:
      EXPECT_EQ(ours.as_string(), theirs.get<std::string>());
      break;
    case Kind::array:
    case Kind::object:
      EXPECT_EQ(ours.is(Kind::array), theirs.is_array());
      expect_same_elements(ours, theirs);
      break;
  }
}

/// Compares both readers on one text; whether it was good.
bool compare(Document& document, const std::string& text) {
  const Oracle::Verdict verdict = Oracle::judge(text);
  const Result<Value> ours = document.parse(text);
  if (verdict == Oracle::Verdict::number_out_of_range) return false;
  EXPECT_EQ(ours.has_value(), verdict == Oracle::Verdict::good)
      << text << "\n"
      << (ours ? "" : ours.error().message);
  if (!ours || verdict != Oracle::Verdict::good) return false;
  expect_same(*ours, nlohmann::json::parse(text));
  return true;
}

TEST(JsonProperty, ReadsRandomTextsAsAnotherReaderDoes) {
  SeededRandom random(1);
  Generator generator(random);
  Document document;
  int good = 0;
  for (int i = 0; i < 4000 && !HasFailure(); ++i) {
    good += compare(document, generator.text()) ? 1 : 0;
  }
  EXPECT_GT(good, 3000);
}

TEST(JsonProperty, JudgesMutatedTextsAsAnotherReaderDoes) {
  SeededRandom random(2);
  Generator generator(random);
  Document document;
  int good = 0;
  constexpr int kTexts = 20'000;
  for (int i = 0; i < kTexts && !HasFailure(); ++i) {
    std::string text = mutate(random, generator.text());
    if (random.below(2) == 0) text = mutate(random, std::move(text));
    good += compare(document, text) ? 1 : 0;
  }
  EXPECT_GT(good, kTexts / 20);
  EXPECT_LT(good, kTexts * 19 / 20);
}

}  // namespace
}  // namespace vcp::json
