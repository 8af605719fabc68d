// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/schedule.hpp"

#include <gtest/gtest.h>

namespace vcp::agent {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Schedule schedule_of(std::initializer_list<const char*> rules) {
  Schedule schedule;
  for (const char* rule : rules) EXPECT_TRUE(schedule.add(rule)) << rule;
  return schedule;
}

bool allows_at(const Schedule& schedule, minutes time) {
  return schedule.allows({.time_of_day = time, .idle = false, .on_mains = false});
}

TEST(Schedule, AllowsEverythingWithoutRules) { EXPECT_TRUE(Schedule().allows({})); }

TEST(Schedule, HoursIncludeTheirBeginAndNotTheirEnd) {
  Schedule schedule = schedule_of({"09:30-17:00"});
  EXPECT_FALSE(allows_at(schedule, hours(9) + minutes(29)));
  EXPECT_TRUE(allows_at(schedule, hours(9) + minutes(30)));
  EXPECT_TRUE(allows_at(schedule, hours(16) + minutes(59)));
  EXPECT_FALSE(allows_at(schedule, hours(17)));
}

TEST(Schedule, HoursMayCrossMidnight) {
  Schedule schedule = schedule_of({"22:00-06:00"});
  EXPECT_TRUE(allows_at(schedule, hours(23)));
  EXPECT_TRUE(allows_at(schedule, minutes(0)));
  EXPECT_TRUE(allows_at(schedule, hours(5) + minutes(59)));
  EXPECT_FALSE(allows_at(schedule, hours(6)));
  EXPECT_FALSE(allows_at(schedule, hours(12)));
}

TEST(Schedule, SeveralHoursAddUp) {
  Schedule schedule = schedule_of({"01:00-02:00", "20:00-24:00"});
  EXPECT_TRUE(allows_at(schedule, hours(1)));
  EXPECT_TRUE(allows_at(schedule, hours(23) + minutes(59)));
  EXPECT_FALSE(allows_at(schedule, hours(3)));
}

TEST(Schedule, IdleAndMainsMustHoldBesides) {
  Schedule schedule = schedule_of({"idle", "mains", "01:00-02:00"});
  EXPECT_TRUE(schedule.allows({.time_of_day = hours(1), .idle = true, .on_mains = true}));
  EXPECT_FALSE(schedule.allows({.time_of_day = hours(1), .idle = false, .on_mains = true}));
  EXPECT_FALSE(schedule.allows({.time_of_day = hours(1), .idle = true, .on_mains = false}));
  EXPECT_FALSE(schedule.allows({.time_of_day = hours(3), .idle = true, .on_mains = true}));
}

class BadRule : public ::testing::TestWithParam<const char*> {};

TEST_P(BadRule, IsRefused) {
  Schedule schedule;
  EXPECT_EQ(schedule.add(GetParam()).error().code, Code::invalid);
}

INSTANTIATE_TEST_SUITE_P(All, BadRule,
                         ::testing::Values("", "never", "22:00", "22:00-", "-06:00", "9:00-10:00",
                                           "22:60-23:00", "24:01-25:00", "06:00-06:00", "22-06",
                                           "22:00-06:00-07:00"));

}  // namespace
}  // namespace vcp::agent
