// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/contents.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "store/directory.hpp"
#include "vcp/store/memory.hpp"

namespace vcp::coordinator {
namespace {

class ContentsTest : public testing::Test {
 protected:
  /// A commit with one reference more or fewer, on disk at once.
  void refer(const Digest& digest) {
    store::Batch batch;
    contents_.refer(batch, ++commit_, digest, kBytes.size());
    ASSERT_TRUE(backend_.commit(batch).has_value());
  }
  bool release(const Digest& digest) {
    store::Batch batch;
    const bool last = contents_.release(batch, ++commit_, digest);
    EXPECT_TRUE(backend_.commit(batch).has_value());
    return last;
  }

  [[nodiscard]] bool exists(const Digest& digest) const {
    return contents_.files().size(digest).has_value();
  }

  const std::string kBytes = "some content";
  const Digest kDigest = sha256(kBytes);

  store::TemporaryDirectory directory_;
  SystemRandom random_;
  store::ContentStore files_ = store::ContentStore::open(directory_.path(), random_).value();
  store::MemoryBackend backend_;
  Contents contents_{files_, backend_};
  std::uint64_t commit_ = 0;
};

TEST_F(ContentsTest, RemovesWhatNothingRefersTo) {
  EXPECT_EQ(contents_.put(kBytes)->digest(), kDigest);
  EXPECT_TRUE(exists(kDigest));
  contents_.remove_if_unused(kDigest);
  EXPECT_FALSE(exists(kDigest));
}

TEST_F(ContentsTest, KeepsWhatIsPinned) {
  {
    const auto pin = contents_.put(kBytes);
    const auto again = contents_.put(kBytes);
    contents_.remove_if_unused(kDigest);
    EXPECT_TRUE(exists(kDigest));
  }
  contents_.remove_if_unused(kDigest);
  EXPECT_FALSE(exists(kDigest));
}

TEST_F(ContentsTest, KeepsWhatAnotherPinHolds) {
  const auto pin = contents_.put(kBytes);
  {
    const auto other = contents_.put(kBytes);
  }
  contents_.remove_if_unused(kDigest);
  EXPECT_TRUE(exists(kDigest));
}

TEST_F(ContentsTest, HoldsAPinThatWasMovedOnce) {
  auto pin = contents_.put(kBytes);
  {
    const Contents::Pin moved = std::move(*pin);
    contents_.remove_if_unused(kDigest);
    EXPECT_TRUE(exists(kDigest));
  }
  contents_.remove_if_unused(kDigest);
  EXPECT_FALSE(exists(kDigest));
}

TEST_F(ContentsTest, CountsReferences) {
  ASSERT_TRUE(contents_.put(kBytes).has_value());
  refer(kDigest);
  refer(kDigest);
  EXPECT_FALSE(release(kDigest));
  contents_.remove_if_unused(kDigest);
  EXPECT_TRUE(exists(kDigest));
  EXPECT_TRUE(release(kDigest));
  contents_.remove_if_unused(kDigest);
  EXPECT_FALSE(exists(kDigest));
}

TEST_F(ContentsTest, CountsReferencesThatAreNotInTheStoreYet) {
  ASSERT_TRUE(contents_.put(kBytes).has_value());
  store::Batch unwritten;
  contents_.refer(unwritten, 1, kDigest, kBytes.size());
  contents_.refer(unwritten, 2, kDigest, kBytes.size());
  EXPECT_FALSE(contents_.release(unwritten, 3, kDigest));
  EXPECT_TRUE(contents_.release(unwritten, 4, kDigest));
}

TEST_F(ContentsTest, GoesOnFromTheStoreOnceACommitIsForgotten) {
  ASSERT_TRUE(contents_.put(kBytes).has_value());
  refer(kDigest);
  refer(kDigest);
  contents_.forget(commit_);
  EXPECT_FALSE(release(kDigest));
  contents_.forget(commit_);
  EXPECT_TRUE(release(kDigest));
}

TEST_F(ContentsTest, CountsAcrossARestart) {
  ASSERT_TRUE(contents_.put(kBytes).has_value());
  refer(kDigest);
  refer(kDigest);
  Contents reopened(files_, backend_);
  store::Batch batch;
  EXPECT_FALSE(reopened.release(batch, ++commit_, kDigest));
  reopened.remove_if_unused(kDigest);
  EXPECT_TRUE(exists(kDigest));
}

TEST_F(ContentsTest, TakesTheReleaseOfWhatWasNeverReferredTo) {
  EXPECT_TRUE(release(kDigest));
  EXPECT_TRUE(release(kDigest));
}

TEST_F(ContentsTest, ReportsWhatCannotBeStored) {
  std::filesystem::remove_all(directory_.path());
  EXPECT_FALSE(contents_.put(kBytes).has_value());
}

/// Uploads, references and removals side by side: what is pinned is there.
TEST_F(ContentsTest, NeverRemovesWhatAThreadHasJustPinned) {
  constexpr int kRounds = 200;
  std::atomic<bool> done = false;
  std::atomic<int> missing = 0;
  const auto upload = [&] {
    for (int i = 0; i < kRounds; ++i) {
      const auto pin = contents_.put(kBytes);
      if (!pin || !exists(kDigest)) ++missing;
    }
  };
  const auto remove = [&] {
    while (!done) contents_.remove_if_unused(kDigest);
  };
  const auto count = [&] {  // the writer
    while (!done) {
      const auto pin = contents_.put(kBytes);
      refer(kDigest);
      contents_.forget(commit_);
      if (!exists(kDigest)) ++missing;
      release(kDigest);
    }
  };
  std::jthread remover(remove);
  std::jthread writer(count);
  {
    std::jthread first(upload);
    std::jthread second(upload);
  }
  done = true;
  remover.join();
  writer.join();
  EXPECT_EQ(missing, 0);
  contents_.remove_if_unused(kDigest);
  EXPECT_FALSE(exists(kDigest));
}

}  // namespace
}  // namespace vcp::coordinator
