// SPDX-License-Identifier: Apache-2.0
#include "picture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace vcp::load {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Moment kStart = Moment(1'000s);

std::vector<Recorder> one_recorder() {
  std::vector<Recorder> recorders{Recorder("submit", kStart)};
  for (int i = 1; i <= 100; ++i) recorders.front().answered(kStart, kStart + i * 1ms);
  return recorders;
}

TEST(Picture, HasTwoPanelsForEachKindOfRequest) {
  const std::string svg = to_svg("title", one_recorder());
  EXPECT_THAT(svg, StartsWith("<svg "));
  EXPECT_THAT(svg, EndsWith("</svg>\n"));
  EXPECT_THAT(svg, HasSubstr(">submit: latency<"));
  EXPECT_THAT(svg, HasSubstr(">submit: answers a second<"));
}

TEST(Picture, LabelsTheDecadesThatOccur) {
  const std::string svg = to_svg("title", one_recorder());
  EXPECT_THAT(svg, HasSubstr(">1 ms<"));
  EXPECT_THAT(svg, HasSubstr(">100 ms<"));
  EXPECT_THAT(svg, Not(HasSubstr(">1 s<")));
}

TEST(Picture, EscapesWhatTheTextHolds) {
  EXPECT_THAT(to_svg("<a & b", one_recorder()), HasSubstr("&lt;a &amp; b"));
}

TEST(Picture, OfNothingHasNoNumbersThatAreNone) {
  const std::string svg = to_svg("title", std::vector<Recorder>{Recorder("empty", kStart)});
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace vcp::load
