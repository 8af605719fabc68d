// SPDX-License-Identifier: Apache-2.0
#include "spool.hpp"

#include <gtest/gtest.h>

#include <string>

#include "store/directory.hpp"
#include "vcp/base/random.hpp"

namespace vcp::api {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kMemory = 4 * kMebibyte;

class SpoolTest : public testing::Test {
 protected:
  /// Bytes that follow those of the call before.
  std::string next_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(sequence_++ % 251);
    return bytes;
  }

  void push(std::size_t size) {
    const std::string bytes = next_bytes(size);
    ASSERT_TRUE(spool_.push(bytes).has_value());
    pushed_ += bytes;
  }
  void pop() {
    const Result<std::string> part = spool_.pop();
    ASSERT_TRUE(part.has_value());
    EXPECT_FALSE(part->empty());
    popped_ += *part;
  }
  void expect_all_in_order() {
    while (!spool_.empty()) pop();
    EXPECT_TRUE(popped_ == pushed_) << popped_.size() << " of " << pushed_.size() << " bytes";
  }

  store::TemporaryDirectory directory_;
  Spool spool_{directory_.path()};
  std::uint64_t sequence_ = 0;
  std::string pushed_;
  std::string popped_;
};

TEST_F(SpoolTest, IsEmptyAtFirst) {
  EXPECT_TRUE(spool_.empty());
  EXPECT_EQ(spool_.pop().value(), "");
}

TEST_F(SpoolTest, GivesWhatWasPushedInOrder) {
  push(3);
  push(5);
  expect_all_in_order();
  EXPECT_TRUE(spool_.empty());
}

TEST_F(SpoolTest, GivesWhatWentToTheFileAfterWhatStayedInMemory) {
  push(kMemory);
  push(1);
  push(kMebibyte);
  expect_all_in_order();
}

TEST_F(SpoolTest, KeepsTheOrderWhenMemoryIsFreeAgainBeforeTheFileIs) {
  push(kMemory);
  push(kMebibyte);
  pop();     // memory
  push(10);  // behind the file
  expect_all_in_order();
}

TEST_F(SpoolTest, TakesMoreAtOnceThanMemoryHolds) {
  push(kMemory + 1);
  push(1);
  expect_all_in_order();
}

TEST_F(SpoolTest, GoesBackToMemoryOnceTheFileIsEmpty) {
  for (int round = 0; round < 3; ++round) {
    push(kMemory);
    push(kMebibyte);
    expect_all_in_order();
  }
}

TEST_F(SpoolTest, KeepsTheOrderWhateverComesAndGoes) {
  SeededRandom random(1);
  for (int step = 0; step < 200; ++step) {
    if (random.below(3) != 0) {
      push(1 + random.below(kMebibyte));
    } else if (!spool_.empty()) {
      pop();
    }
  }
  expect_all_in_order();
}

TEST_F(SpoolTest, LeavesNoNameInTheDirectory) {
  push(kMemory);
  push(kMebibyte);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST(Spool, ReportsThatItCannotMakeAFile) {
  Spool spool("/nonexistent");
  EXPECT_TRUE(spool.push(std::string(kMemory, 'x')).has_value());
  EXPECT_EQ(spool.push("x").error().code, Code::io);
}

}  // namespace
}  // namespace vcp::api
