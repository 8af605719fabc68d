// SPDX-License-Identifier: Apache-2.0
#include "commit_chain.hpp"

#include <gtest/gtest.h>
#include <rocksdb/write_batch.h>

#include <string>

#include "commit_record.hpp"

namespace vcp::store {
namespace {

using Option = rocksdb::WalFilter::WalProcessingOption;

Option feed(CommitChain& chain, const rocksdb::WriteBatch& batch) {
  rocksdb::WriteBatch replacement;
  bool changed = false;
  const Option option = chain.LogRecordFound(1, "000001.log", batch, &replacement, &changed);
  EXPECT_FALSE(changed);
  return option;
}

Option feed(CommitChain& chain, const CommitRecord& record) {
  rocksdb::WriteBatch batch;
  EXPECT_TRUE(batch.Put(std::string(kCommitKey), encode(record)).ok());
  EXPECT_TRUE(batch.Put("other", "value").ok());
  return feed(chain, batch);
}

TEST(CommitRecord, IsReadAsItWasWritten) {
  const auto record = decode_commit_record(encode({.number = 1ULL << 63, .previous = 258}));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->number, 1ULL << 63);
  EXPECT_EQ(record->previous, 258U);
}

TEST(CommitRecord, OfAnotherLengthOrVersionIsNone) {
  const std::string good = encode({.number = 2, .previous = 1});
  EXPECT_FALSE(decode_commit_record(good.substr(1)));
  EXPECT_FALSE(decode_commit_record(good + "x"));
  EXPECT_FALSE(decode_commit_record("\x02" + good.substr(1)));
  EXPECT_FALSE(decode_commit_record(""));
}

TEST(CommitChain, OfNoRecordsFollowsNothing) {
  const CommitChain chain;
  EXPECT_FALSE(chain.follows());
  EXPECT_FALSE(chain.broken());
}

TEST(CommitChain, KnowsWhatItFollowsAndWhereItEnds) {
  CommitChain chain;
  EXPECT_EQ(feed(chain, {.number = 7, .previous = 4}), Option::kIgnoreCurrentRecord);
  EXPECT_EQ(feed(chain, {.number = 8, .previous = 7}), Option::kIgnoreCurrentRecord);
  EXPECT_EQ(chain.follows(), 4U);
  EXPECT_EQ(chain.last(), 8U);
  EXPECT_FALSE(chain.broken());
}

TEST(CommitChain, BreaksWhereARecordIsMissing) {
  CommitChain chain;
  feed(chain, {.number = 1, .previous = 0});
  feed(chain, {.number = 3, .previous = 2});
  feed(chain, {.number = 4, .previous = 3});
  EXPECT_TRUE(chain.broken());
  EXPECT_EQ(chain.last(), 1U);
}

TEST(CommitChain, ARecordWithoutNumberDoesNotBreakIt) {
  CommitChain chain;
  feed(chain, {.number = 1, .previous = 0});
  rocksdb::WriteBatch batch;
  ASSERT_TRUE(batch.Put("epoch", "7").ok());
  feed(chain, batch);
  feed(chain, {.number = 2, .previous = 1});
  EXPECT_FALSE(chain.broken());
  EXPECT_EQ(chain.last(), 2U);
}

TEST(CommitChain, ReplaysUpToTheHole) {
  CommitChain chain(0);
  EXPECT_EQ(feed(chain, {.number = 1, .previous = 0}), Option::kContinueProcessing);
  EXPECT_EQ(feed(chain, {.number = 3, .previous = 2}), Option::kStopReplay);
}

TEST(CommitChain, ReplaysNothingThatDoesNotJoinTheStore) {
  CommitChain chain(5);
  EXPECT_EQ(feed(chain, {.number = 8, .previous = 7}), Option::kStopReplay);
}

TEST(CommitChain, ReplaysWhatTheStoreHasAlready) {
  CommitChain chain(5);
  EXPECT_EQ(feed(chain, {.number = 4, .previous = 3}), Option::kContinueProcessing);
  EXPECT_EQ(feed(chain, {.number = 5, .previous = 4}), Option::kContinueProcessing);
  EXPECT_EQ(feed(chain, {.number = 6, .previous = 5}), Option::kContinueProcessing);
}

}  // namespace
}  // namespace vcp::store
