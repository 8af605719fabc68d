// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/incoming.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fl/model.hpp"

namespace vcp::fl {
namespace {

using testing::HasSubstr;

/// What becomes of the bytes when they come in portions of that size.
Result<Layout> feed(IncomingModel incoming, std::string_view bytes, std::size_t portion) {
  for (std::size_t i = 0; i < bytes.size(); i += portion) {
    if (auto taken = incoming.append(bytes.substr(i, portion)); !taken) {
      return std::unexpected(taken.error());
    }
  }
  return incoming.finish();
}

Model mixed_model() {
  return {{"a", {Dtype::f64, {3}, {1, 2, 3}}},
          {"b", {Dtype::f16, {5}, {1, 2, 3, 4, 5}}},
          {"c", {Dtype::f32, {2, 2}, {1, 2, 3, 4}}},
          {"d", {Dtype::bf16, {1}, {1}}},
          {"e", {Dtype::f32, {0}, {}}}};
}

Layout layout_of(const std::string& bytes) {
  return parse_header(bytes.substr(kLengthBytes, parse_header_length(bytes).value())).value();
}

TEST(IncomingModel, IsAcceptedInPortionsOfAnySize) {
  const std::string bytes = to_bytes(mixed_model());
  for (std::size_t portion = 1; portion <= bytes.size(); ++portion) {
    ASSERT_TRUE(feed(IncomingModel(layout_of(bytes)), bytes, portion)) << portion;
  }
}

// An unpadded header puts every value at an odd place.
TEST(IncomingModel, IsAcceptedWithoutPadding) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string bytes = std::string(1, static_cast<char>(header.size())) +
                            std::string(7, '\0') + header + std::string(4, '\0');
  ASSERT_NE(header.size() % 4, 0);
  EXPECT_TRUE(feed(IncomingModel(), bytes, 3));
}

TEST(IncomingModel, NamesTheTensorAndElementThatIsNotFinite) {
  for (const double bad :
       {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    for (const char* name : {"a", "b", "c"}) {
      Model model = mixed_model();
      model[name].values[2] = bad;
      const std::string bytes = to_bytes(model);
      for (const std::size_t portion : {std::size_t{1}, std::size_t{5}, bytes.size()}) {
        const auto refused = feed(IncomingModel(layout_of(bytes)), bytes, portion);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Code::invalid);
        EXPECT_EQ(refused.error().message,
                  "tensor \"" + std::string(name) + "\" has a NaN or an infinity at element 2");
      }
    }
  }
}

TEST(IncomingModel, RefusesANaN) {
  std::string bytes = to_bytes(vector_model({1, 2, 3}));
  bytes.replace(bytes.size() - 4, 4, std::string("\0\0\xc0\x7f", 4));
  EXPECT_THAT(feed(IncomingModel(), bytes, 64).error().message, HasSubstr("element 2"));
}

TEST(IncomingModel, RefusesEveryCut) {
  const std::string bytes = to_bytes(mixed_model());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(feed(IncomingModel(), bytes.substr(0, size), 16)) << size;
  }
}

TEST(IncomingModel, RefusesWhatFollowsTheData) {
  EXPECT_THAT(feed(IncomingModel(), to_bytes(mixed_model()) + "x", 16).error().message,
              HasSubstr("after the last tensor"));
}

TEST(IncomingModel, RefusesOtherTensorsBeforeTheirData) {
  const std::string bytes = to_bytes(vector_model({1, 2}));
  IncomingModel incoming(layout_of(to_bytes(vector_model({1, 2, 3}))));
  const auto refused = incoming.append(std::string_view(bytes).substr(0, bytes.size() - 8));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("\"w\" has another shape"));
}

TEST(IncomingModel, RefusesALongHeaderBeforeItIsRead) {
  IncomingModel incoming;
  const auto refused = incoming.append(std::string_view("\xff\xff\xff\xff\0\0\0\0", 8));
  EXPECT_EQ(refused.error().code, Code::too_large);
}

TEST(IncomingModel, RefusesAModelWithoutParameters) {
  EXPECT_FALSE(feed(IncomingModel(), to_bytes({{"e", {Dtype::f32, {0}, {}}}}), 16));
}

TEST(IncomingModel, ReturnsTheMetadata) {
  const Layout layout = make_layout({{.name = "w", .shape = {1}}}, {{"num_samples", "9"}});
  const std::string bytes = write_header(layout) + std::string(4, '\0');
  EXPECT_EQ(feed(IncomingModel(), bytes, 16).value().metadata.at("num_samples"), "9");
}

}  // namespace
}  // namespace vcp::fl
