// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/handover.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fixture.hpp"

namespace vcp::coordinator {
namespace {

constexpr std::size_t kMaxInlineBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxInlineInputs = 128;  // of 64 KiB each: 8 MiB

class HandoverTest : public CoordinatorTest {
 protected:
  static mesh::Offer offer(mesh::Payload input) {
    auto spec = std::make_shared<mesh::TaskSpec>();
    spec->input = std::move(input);
    auto task = std::make_shared<mesh::Task>();
    task->spec = std::move(spec);
    mesh::Offer offer;
    offer.task = std::move(task);
    return offer;
  }

  static mesh::Payload in_record(const std::string& bytes) {
    mesh::Payload payload;
    payload.bytes = bytes;
    payload.size = bytes.size();
    return payload;
  }

  static mesh::Payload absent(const std::string& bytes) {
    mesh::Payload payload;
    payload.content = sha256(bytes);
    payload.size = bytes.size();
    return payload;
  }

  mesh::Payload on_disk(const std::string& bytes) {
    pins_.push_back(coordinator_->contents().put(bytes).value());
    return absent(bytes);
  }

  std::vector<LeasedInput> read(const std::vector<mesh::Offer>& offers) {
    return await(read_inputs(*coordinator_, offers));
  }

 private:
  std::vector<Contents::Pin> pins_;
};

TEST_F(HandoverTest, InputsComeInTheOrderOfTheirOffers) {
  const std::vector offers{offer(in_record("first")), offer(on_disk("second")),
                           offer(in_record("third"))};
  const auto inputs = read(offers);
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_EQ(inputs[0].bytes, "first");
  EXPECT_EQ(inputs[1].bytes, "second");
  EXPECT_EQ(inputs[2].bytes, "third");
}

TEST_F(HandoverTest, AnInputOfNoBytesIsNothingToFetch) {
  const auto inputs = read({offer({})});
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_TRUE(inputs[0].bytes.empty());
  EXPECT_FALSE(inputs[0].as_blob);
}

TEST_F(HandoverTest, ContentUpToTheBoundGoesWithTheLease) {
  const std::string bytes(kMaxInlineBytes, 'x');
  const auto inputs = read({offer(on_disk(bytes))});
  EXPECT_EQ(inputs.at(0).bytes, bytes);
  EXPECT_FALSE(inputs.at(0).as_blob);
}

TEST_F(HandoverTest, ContentAboveTheBoundIsLeftToFetch) {
  const auto inputs = read({offer(on_disk(std::string(kMaxInlineBytes + 1, 'x')))});
  EXPECT_TRUE(inputs.at(0).bytes.empty());
  EXPECT_TRUE(inputs.at(0).as_blob);
}

TEST_F(HandoverTest, ContentBeyondTheBoundOnAllIsLeftToFetch) {
  const mesh::Payload payload = on_disk(std::string(kMaxInlineBytes, 'x'));
  const std::vector offers(kMaxInlineInputs + 1, offer(payload));
  const auto inputs = read(offers);
  ASSERT_EQ(inputs.size(), offers.size());
  EXPECT_FALSE(inputs[kMaxInlineInputs - 1].as_blob);
  EXPECT_TRUE(inputs[kMaxInlineInputs].as_blob);
  EXPECT_TRUE(inputs[kMaxInlineInputs].bytes.empty());
}

TEST_F(HandoverTest, ContentThatCannotBeReadIsLeftToFetch) {
  const auto inputs = read({offer(absent("gone")), offer(on_disk("there"))});
  EXPECT_TRUE(inputs.at(0).as_blob);
  EXPECT_FALSE(inputs.at(1).as_blob);
  EXPECT_EQ(inputs.at(1).bytes, "there");
}

class BusyHandoverTest : public HandoverTest {
 protected:
  BusyHandoverTest() {
    options_.max_pool_queue = 0;
    open();
  }
};

TEST_F(BusyHandoverTest, ContentIsLeftToFetchWhileThePoolIsFull) {
  const auto inputs = read({offer(on_disk("waits"))});
  EXPECT_TRUE(inputs.at(0).as_blob);
  EXPECT_TRUE(inputs.at(0).bytes.empty());
}

TEST(ParseReported, AnOutcomeIsReadByItsName) {
  EXPECT_EQ(parse_reported("ok"), mesh::Outcome::ok);
  EXPECT_EQ(parse_reported("trap"), mesh::Outcome::trap);
  EXPECT_EQ(parse_reported("handed_back"), mesh::Outcome::handed_back);
}

TEST(ParseReported, ANodeCannotSayThatItWasLost) {
  EXPECT_EQ(parse_reported("node_lost"), std::nullopt);
}

TEST(ParseReported, ACancelledRunIsOneHandedBack) {
  EXPECT_EQ(parse_reported("cancelled"), mesh::Outcome::handed_back);
}

TEST(ParseReported, AnUnknownWordIsNoOutcome) { EXPECT_EQ(parse_reported("fine"), std::nullopt); }

}  // namespace
}  // namespace vcp::coordinator
