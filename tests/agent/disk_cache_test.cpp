// SPDX-License-Identifier: Apache-2.0
#include "disk_cache.hpp"

#include <gtest/gtest.h>

#include "agent/temporary_directory.hpp"

namespace vcp::agent {
namespace {

class DiskCacheTest : public ::testing::Test {
 protected:
  void open(std::uint64_t max_bytes) {
    auto cache = DiskCache::open(directory_.path() / "cache", max_bytes);
    ASSERT_TRUE(cache);
    cache_ = std::move(*cache);
  }

  Result<> put(const std::string& bytes) { return put_as(sha256(bytes), bytes); }

  Result<> put_as(const Digest& id, const std::string& bytes) {
    auto incoming = cache_->begin(id);
    EXPECT_TRUE(incoming);
    auto appended = (*incoming)->append(bytes);
    if (!appended) return appended;
    return cache_->admit(id, **incoming);
  }

  bool has(const std::string& bytes) {
    auto file = cache_->find(sha256(bytes));
    return file && file->bytes() == bytes;
  }

  std::size_t files() {
    std::filesystem::directory_iterator files(directory_.path() / "cache");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  testing::TemporaryDirectory directory_;
  std::unique_ptr<DiskCache> cache_;
};

TEST_F(DiskCacheTest, KeepsContentByItsHash) {
  open(1000);
  EXPECT_FALSE(has("content"));
  ASSERT_TRUE(put("content"));
  EXPECT_TRUE(has("content"));
}

TEST_F(DiskCacheTest, RefusesWhatHasAnotherHash) {
  open(1000);
  auto put = put_as(sha256("content"), "forged");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::corrupt);
  EXPECT_FALSE(has("content"));
  EXPECT_EQ(files(), 0U);
}

TEST_F(DiskCacheTest, DropsTheLeastRecentlyUsedBeyondItsSize) {
  open(10);
  ASSERT_TRUE(put("aaaa"));
  ASSERT_TRUE(put("bbbb"));
  EXPECT_TRUE(has("aaaa"));
  ASSERT_TRUE(put("cccc"));
  EXPECT_TRUE(has("aaaa"));
  EXPECT_FALSE(has("bbbb"));
  EXPECT_EQ(files(), 2U);
}

TEST_F(DiskCacheTest, WhatIsInUseStaysReadableWhenDropped) {
  open(4);
  ASSERT_TRUE(put("aaaa"));
  auto file = cache_->find(sha256("aaaa"));
  ASSERT_TRUE(put("bbbb"));
  EXPECT_FALSE(has("aaaa"));
  EXPECT_EQ(file->bytes(), "aaaa");
}

TEST_F(DiskCacheTest, RefusesWhatIsLargerThanAllOfIt) {
  open(4);
  auto put_large = put("aaaaa");
  ASSERT_FALSE(put_large);
  EXPECT_EQ(put_large.error().code, Code::no_space);
}

TEST_F(DiskCacheTest, TakesOverWhatWasThere) {
  open(1000);
  ASSERT_TRUE(put("content"));
  ASSERT_TRUE(put(""));
  open(1000);
  EXPECT_TRUE(has("content"));
  EXPECT_TRUE(has(""));
}

TEST_F(DiskCacheTest, DoesNotTrustWhatWasChangedMeanwhile) {
  open(1000);
  ASSERT_TRUE(put("content"));
  directory_.write("cache/" + sha256("content").hex(), "CONTENT");
  open(1000);
  EXPECT_FALSE(has("content"));
  EXPECT_EQ(cache_->find(sha256("content")), nullptr);
}

TEST_F(DiskCacheTest, RemovesWhatWasHalfWritten) {
  directory_.write("cache/" + sha256("x").hex() + ".1.part", "half");
  open(1000);
  EXPECT_EQ(files(), 0U);
}

TEST_F(DiskCacheTest, ShrinksToASmallerSizeWhenOpened) {
  open(1000);
  ASSERT_TRUE(put("aaaa"));
  ASSERT_TRUE(put("bbbb"));
  open(4);
  EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace vcp::agent
