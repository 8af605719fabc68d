// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/time.hpp"

#include <gtest/gtest.h>

#include "vcp/base/random.hpp"

namespace vcp {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

TEST(ToRfc3339, WritesUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(sys_days(2026y / 1 / 31) + 9h + 30min + 250ms), "2026-01-31T09:30:00.250Z");
}

TEST(ToRfc3339, WritesTheEpoch) { EXPECT_EQ(to_rfc3339(Time{}), "1970-01-01T00:00:00.000Z"); }

TEST(ToRfc3339, WritesTimesBeforeTheEpoch) {
  EXPECT_EQ(to_rfc3339(Time(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(ToRfc3339, WritesLeapDays) {
  EXPECT_EQ(to_rfc3339(sys_days(2000y / 2 / 29)), "2000-02-29T00:00:00.000Z");
}

TEST(ToRfc3339, StopsWhereFourDigitsOfYearDo) {
  EXPECT_EQ(to_rfc3339(Time::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(Time::min()), "0000-01-01T00:00:00.000Z");
}

// RFC 3339, section 5.8.
TEST(ParseRfc3339, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z"),
            sys_days(1985y / 4 / 12) + 23h + 20min + 50s + 520ms);
  EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00"), sys_days(1996y / 12 / 20) + 39min + 57s);
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60Z"), sys_days(1991y / 1 / 1));
  EXPECT_EQ(parse_rfc3339("1990-12-31T15:59:60-08:00"), sys_days(1991y / 1 / 1));
  EXPECT_EQ(parse_rfc3339("1937-01-01T12:00:27.87+00:20"),
            sys_days(1937y / 1 / 1) + 11h + 40min + 27s + 870ms);
}

TEST(ParseRfc3339, ReadsLowerCaseLetters) {
  EXPECT_EQ(parse_rfc3339("1970-01-01t00:00:01z"), Time(1s));
}

TEST(ParseRfc3339, CutsDigitsPastTheMillisecond) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.0019999999999999999999Z"), Time(1ms));
}

TEST(ParseRfc3339, ReadsOneDigitOfFraction) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.5Z"), Time(500ms));
}

TEST(ParseRfc3339, RefusesDaysThatAreNot) {
  for (const auto text : {"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
                          "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z",
                          "2026-01-32T00:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(ParseRfc3339, RefusesTimesThatAreNot) {
  for (const auto text : {"2026-01-31T24:00:00Z", "2026-01-31T00:60:00Z", "2026-01-31T00:00:61Z",
                          "2026-01-31T00:00:00+24:00", "2026-01-31T00:00:00+00:60"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(ParseRfc3339, RefusesLeapSecondsWithinAMonth) {
  for (const auto text : {"2026-01-30T23:59:60Z", "2026-01-31T12:59:60Z", "2026-01-31T23:58:60Z",
                          "2026-01-31T23:59:60+01:00"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(ParseRfc3339, RefusesOtherForms) {
  for (const auto text :
       {"", "2026-01-31", "2026-01-31T09:30Z", "2026-01-31T09:30:00", "2026-01-31 09:30:00Z",
        "20260131T093000Z", "2026-01-31T09:30:00.Z", "2026-01-31T09:30:00,5Z",
        "2026-01-31T09:30:00+0100", "2026-01-31T09:30:00+01", "2026-01-31T09:30:00Z ",
        " 2026-01-31T09:30:00Z", "2026-1-31T09:30:00Z", "+2026-01-31T09:30:00Z",
        "2026-01-31T09:30:00ZZ", "-026-01-31T09:30:00Z", "2026-01-31T+9:30:00Z", "1769851800"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(ParseRfc3339, RefusesYearsThatItsOffsetTakesPastFourDigits) {
  EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
  EXPECT_FALSE(parse_rfc3339("0000-01-01T00:00:00+00:01"));
}

TEST(ParseRfc3339, ReadsWhatToRfc3339Writes) {
  SeededRandom random(1);
  const Duration span = sys_days(9999y / 12 / 31) - sys_days(0000y / 1 / 1);
  for (int i = 0; i < 10'000; ++i) {
    const Time time =
        sys_days(0000y / 1 / 1) + Duration(random.below(static_cast<std::uint64_t>(span.count())));
    ASSERT_EQ(parse_rfc3339(to_rfc3339(time)), time);
  }
}

TEST(SystemClock, TellsTheWallClock) {
  const auto before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const Time now = SystemClock().now();
  EXPECT_GE(now, before);
  EXPECT_LT(now, before + 1h);
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  Time last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Time now = clock.now();
    ASSERT_LE(last, now);
    last = now;
  }
}

}  // namespace
}  // namespace vcp
