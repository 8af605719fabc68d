// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "vcp/http/message.hpp"

namespace vcp::http {
namespace {

std::pair<std::uint64_t, std::uint64_t> selected(std::string_view header, std::uint64_t size) {
  const auto range = parse_range(header, size);
  EXPECT_TRUE(range.has_value() && range->has_value());
  return {(*range)->offset, (*range)->length};
}

bool is_everything(std::string_view header) {
  const auto range = parse_range(header, 1000);
  return range.has_value() && !range->has_value();
}

TEST(Range, FirstToLast) {
  EXPECT_EQ(selected("bytes=0-499", 1000), std::pair(0UL, 500UL));
  EXPECT_EQ(selected("bytes=500-999", 1000), std::pair(500UL, 500UL));
}

TEST(Range, WithoutLastGoesToTheEnd) {
  EXPECT_EQ(selected("bytes=900-", 1000), std::pair(900UL, 100UL));
}

TEST(Range, LastBeyondTheEndIsCut) {
  EXPECT_EQ(selected("bytes=900-5000", 1000), std::pair(900UL, 100UL));
  EXPECT_EQ(selected("bytes=900-99999999999999999999999", 1000), std::pair(900UL, 100UL));
}

TEST(Range, SuffixIsCountedFromTheEnd) {
  EXPECT_EQ(selected("bytes=-200", 1000), std::pair(800UL, 200UL));
  EXPECT_EQ(selected("bytes=-5000", 1000), std::pair(0UL, 1000UL));
}

TEST(Range, UnitIsCaseInsensitive) { EXPECT_EQ(selected("Bytes=1-1", 1000), std::pair(1UL, 1UL)); }

TEST(Range, BeyondTheEndIsNotSatisfiable) {
  EXPECT_FALSE(parse_range("bytes=1000-", 1000).has_value());
  EXPECT_FALSE(parse_range("bytes=99999999999999999999999-", 1000).has_value());
  EXPECT_FALSE(parse_range("bytes=-0", 1000).has_value());
  EXPECT_FALSE(parse_range("bytes=0-", 0).has_value());
}

TEST(Range, WhatIsNotServedIsIgnored) {
  EXPECT_TRUE(is_everything(""));
  EXPECT_TRUE(is_everything("lines=1-2"));
  EXPECT_TRUE(is_everything("bytes=0-1,5-6"));
  EXPECT_TRUE(is_everything("bytes=5-2"));
  EXPECT_TRUE(is_everything("bytes=a-b"));
  EXPECT_TRUE(is_everything("bytes=-"));
  EXPECT_TRUE(is_everything("bytes=5"));
}

TEST(Range, NotSatisfiableSaysHowMuchThereIs) {
  const Response response = range_not_satisfiable(1000);
  EXPECT_EQ(response.status, 416);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].second, "bytes */1000");
}

}  // namespace
}  // namespace vcp::http
