// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/ids.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <unordered_set>

namespace vcp {
namespace {

/// Gives the same 64 bits each time.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(std::uint64_t bits) : bits_(bits) {}
  void fill(std::span<std::byte> out) override {
    ASSERT_EQ(out.size(), sizeof bits_);
    std::memcpy(out.data(), &bits_, sizeof bits_);
  }

 private:
  std::uint64_t bits_;
};

// RFC 9562, appendix A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
constexpr std::string_view kExample = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
constexpr Time kExampleTime{Duration(0x017F22E279B0)};

TEST(Uuid, ReadsTheExampleOfRfc9562) {
  const std::optional<TaskId> id = TaskId::parse(kExample);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->to_string(), kExample);
  EXPECT_EQ(id->bytes[0], 0x01);
  EXPECT_EQ(id->bytes[15], 0x8F);
}

TEST(Uuid, ReadsUpperCaseAsRfc9562Asks) {
  EXPECT_EQ(TaskId::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), TaskId::parse(kExample));
}

TEST(Uuid, RefusesOtherText) {
  for (const std::string_view text : {
           "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",  // short
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",    // long
           "017f22e279b07cc398c4dc0c0c07398f",         // no hyphens
           "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",     // braces
           "017f22e-279b0-7cc3-98c4-dc0c0c07398f",     // a hyphen out of place
           "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",     // no digit
           "017f22e2-79b0-7cc3-98c4-dc0c0c-7398f",     // a hyphen too many
           "017f22e2079b0-7cc3-98c4-dc0c0c07398f",     // and one too few
       }) {
    EXPECT_FALSE(TaskId::parse(text)) << text;
  }
}

TEST(UuidSource, MakesTheExampleOfRfc9562FromItsParts) {
  ConstantRandom random(std::uint64_t{0x18C4DC0C0C07398F} << 2);
  UuidSource source(random);
  TaskId id;
  for (int counter = 0; counter <= 0xCC3; ++counter) id = source.next<TaskId>(kExampleTime);
  EXPECT_EQ(id.to_string(), kExample);
}

TEST(UuidSource, SetsVersionAndVariantWhateverTheRandomBits) {
  for (const std::uint64_t bits : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()}) {
    ConstantRandom random(bits);
    const std::string text = UuidSource(random).next<TaskId>(kExampleTime).to_string();
    EXPECT_EQ(text[14], '7');
    EXPECT_EQ(text[19], bits == 0 ? '8' : 'b');
  }
}

TEST(UuidSource, RisesStrictlyPastTheEndOfTheCounter) {
  SeededRandom random(1);
  UuidSource source(random);
  TaskId last = source.next<TaskId>(kExampleTime);
  for (int i = 0; i < 3 * 4096; ++i) {
    const auto next = source.next<TaskId>(kExampleTime);
    ASSERT_LT(last, next);
    ASSERT_LT(last.to_string(), next.to_string());
    last = next;
  }
}

TEST(UuidSource, RisesWhenTheTimeGoesBack) {
  SeededRandom random(1);
  UuidSource source(random);
  const auto before = source.next<TaskId>(kExampleTime);
  EXPECT_LT(before, source.next<TaskId>(kExampleTime - Duration(1000)));
}

TEST(UuidSource, OrdersByTime) {
  SeededRandom random(1);
  UuidSource source(random);
  const auto earlier = source.next<TaskId>(kExampleTime);
  EXPECT_LT(earlier, source.next<TaskId>(kExampleTime + Duration(1)));
}

TEST(UuidSource, MakesDifferentIdsAtTheSameTimeFromDifferentRandomness) {
  SeededRandom one(1);
  SeededRandom two(2);
  EXPECT_NE(UuidSource(one).next<TaskId>(kExampleTime), UuidSource(two).next<TaskId>(kExampleTime));
}

TEST(Ids, AreKeysOfHashTables) {
  SeededRandom random(1);
  UuidSource source(random);
  std::unordered_set<TaskId> ids;
  for (int i = 0; i < 100; ++i) ids.insert(source.next<TaskId>(kExampleTime));
  EXPECT_EQ(ids.size(), 100);
  const std::unordered_set<NodeId> nodes{{"a"}, {"b"}, {"a"}};
  EXPECT_EQ(nodes.size(), 2);
}

}  // namespace
}  // namespace vcp
