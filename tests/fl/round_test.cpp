// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/round.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fl/model.hpp"

namespace vcp::fl {
namespace {

using testing::HasSubstr;

std::string refusal(TestRound& round) {
  const Result<RoundOutcome> outcome = round.try_close();
  EXPECT_FALSE(std::filesystem::exists(round.round().next_model));
  EXPECT_FALSE(std::filesystem::exists(round.round().next_model.string() + ".unfinished"));
  return outcome ? "closed" : outcome.error().message;
}

TEST(Round, KeepsTheModelsMetadata) {
  TestRound round("fedavg", vector_model({1}));
  const Layout layout = make_layout({{.name = "w", .shape = {1}}}, {{"format", "np"}});
  write_file(round.round().model, write_header(layout) + std::string(4, '\0'));
  round.add("a", vector_model({2}));
  round.close();
  const std::string next = round.next_bytes();
  EXPECT_EQ(next.substr(0, layout.data_begin()), write_header(layout));
}

TEST(Round, ReadsTensorsInWhateverOrderAFileHasThem) {
  const Model w = {{"a", {Dtype::f32, {1}, {0}}}, {"b", {Dtype::f32, {1}, {0}}}};
  TestRound round("fedavg", w);
  round.add("x", w);
  const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::vector<double> b_then_a = {2, 1};
  std::string data(8, '\0');
  encode(Dtype::f32, b_then_a, data.data());
  write_file(round.round().updates[0].file, std::string(1, static_cast<char>(header.size())) +
                                                std::string(7, '\0') + header + data);
  const Model next = round.close();
  EXPECT_EQ(next.at("a").values, std::vector<double>{1});
  EXPECT_EQ(next.at("b").values, std::vector<double>{2});
}

TEST(Round, EqualModelsStayAsTheyAre) {
  std::mt19937_64 random(1);
  const Model w = random_like(many_shapes(Dtype::f32), random);
  TestRound round("fedavg", w);
  for (int k = 0; k < 9; ++k)
    round.add(std::to_string(k), w, 1 + static_cast<std::uint64_t>(k) * 1'000'003);
  round.close();
  EXPECT_TRUE(round.next_bytes() == to_bytes(w));
}

TEST(Round, ASumDoesNotOverflowWhereTheMeanDoesNot) {
  const double most = std::numeric_limits<double>::max();
  TestRound round("fedavg", vector_model({0, 0}, Dtype::f64));
  for (int k = 0; k < 7; ++k) {
    round.add(std::to_string(k), vector_model({most, -most}, Dtype::f64), 1'000'000'007);
  }
  EXPECT_EQ(round.close().at("w").values, (std::vector<double>{most, -most}));
}

TEST(Round, TheGreatestFloatsAndHalvesAverageToThemselves) {
  for (const auto& [dtype, most] :
       {std::pair(Dtype::f32, static_cast<double>(std::numeric_limits<float>::max())),
        std::pair(Dtype::f16, 65'504.0), std::pair(Dtype::bf16, 0x1.fep127)}) {
    TestRound round("fedavg", vector_model({0, 0}, dtype));
    for (int k = 0; k < 7; ++k) {
      round.add(std::to_string(k), vector_model({most, -most}, dtype), 1ULL << 53);
    }
    EXPECT_EQ(round.close().at("w").values, (std::vector<double>{most, -most}));
  }
}

TEST(Round, SmallestNumbersAreKept) {
  TestRound round("fedavg", vector_model({0}));
  round.add("a", vector_model({0x1p-149}));
  round.add("b", vector_model({0x1.8p-148}));
  EXPECT_EQ(round.close().at("w").values, std::vector<double>{0x1p-148});
}

TEST(Round, RefusesToPublishAnInfinity) {
  TestRound round({"fedavgm", {{"eta", 1e6}}}, vector_model({0}));
  round.add("a", vector_model({3e38}));
  EXPECT_THAT(refusal(round), HasSubstr("\"w\" would not be finite"));
}

TEST(Round, RefusesNoUpdates) {
  TestRound round("fedavg", vector_model({0}));
  EXPECT_THAT(refusal(round), HasSubstr("needs an update"));
}

TEST(Round, RefusesTwoUpdatesOfOneClient) {
  TestRound round("fedavg", vector_model({0}));
  round.add("a", vector_model({1}));
  round.add("a", vector_model({2}));
  EXPECT_THAT(refusal(round), HasSubstr("two updates"));
}

TEST(Round, RefusesSampleCountsThatAreNone) {
  for (const std::uint64_t samples : {std::uint64_t{0}, (std::uint64_t{1} << 53) + 1}) {
    TestRound round("fedavg", vector_model({0}));
    round.add("a", vector_model({1}), samples);
    EXPECT_THAT(refusal(round), HasSubstr("num_samples"));
  }
}

TEST(Round, RefusesAFileThatDoesNotFitTheModel) {
  TestRound round("fedavg", vector_model({0}));
  round.add("a", vector_model({1, 2}));
  EXPECT_THAT(refusal(round), HasSubstr("another shape"));
}

TEST(Round, RefusesAFileThatWasCut) {
  TestRound round("fedavg", vector_model({0}));
  round.add("a", vector_model({1}));
  std::filesystem::resize_file(round.round().updates[0].file, 40);
  EXPECT_NE(refusal(round), "closed");
}

TEST(Round, RefusesAStaleUpdateButForFedBuff) {
  TestRound round("fedavg", vector_model({0}));
  round.add("a", vector_model({1}), 1, Kind::delta);
  round.round().updates[0].staleness = 1;
  EXPECT_THAT(refusal(round), HasSubstr("earlier versions"));
}

TEST(Round, SaysWhenTheModelIsNotThere) {
  TestRound round("fedavg", vector_model({0}));
  round.add("a", vector_model({1}));
  std::filesystem::remove(round.round().model);
  EXPECT_EQ(round.try_close().error().code, Code::not_found);
}

TEST(Round, TellsWhetherThereIsState) {
  TestRound without("fedavg", vector_model({0}));
  without.add("a", vector_model({1}));
  EXPECT_FALSE(without.try_close().value().has_state);
  EXPECT_FALSE(std::filesystem::exists(without.round().next_state));
  TestRound with("fedadam", vector_model({0}));
  with.add("a", vector_model({1}));
  EXPECT_TRUE(with.try_close().value().has_state);
  EXPECT_TRUE(std::filesystem::exists(with.round().next_state));
}

TEST(UpdateNorms, AreThoseOfTheWholeDelta) {
  TestRound round("fedavg", {{"a", {Dtype::f32, {1}, {1}}}, {"b", {Dtype::f16, {1}, {2}}}});
  round.add("x", {{"a", {Dtype::f32, {1}, {4}}}, {"b", {Dtype::f16, {1}, {-2}}}});
  const Norms norms = update_norms(round.round().model, round.round().updates[0], serial()).value();
  EXPECT_EQ(norms.l1, 7);
  EXPECT_EQ(norms.l2, 5);
}

TEST(UpdateNorms, TellOfAnOverflow) {
  TestRound round("fedavg", vector_model({0}, Dtype::f64));
  round.add("x", vector_model({1e200}, Dtype::f64));
  EXPECT_EQ(update_norms(round.round().model, round.round().updates[0], serial()).value().l2,
            std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace vcp::fl
