// SPDX-License-Identifier: Apache-2.0
// On a file system of its own of a few megabytes, which needs the right to mount one.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "store/directory.hpp"
#include "store/ledger.hpp"
#include "vcp/store/content.hpp"

namespace vcp::store {
namespace {

namespace fs = std::filesystem;

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    mounted_ = ::mount("tmpfs", disk().c_str(), "tmpfs", 0, "size=8m") == 0;
    if (!mounted_) GTEST_SKIP() << "mounting a small file system is not permitted here";
  }
  void TearDown() override {
    if (mounted_) {
      EXPECT_EQ(::umount2(disk().c_str(), MNT_DETACH), 0);
    }
  }

  [[nodiscard]] const fs::path& disk() const { return directory_.path(); }

  void fill_disk() const {
    std::ofstream filler(disk() / "filler", std::ios::binary);
    const std::string megabyte(1 << 20, 'x');
    while (filler.write(megabyte.data(), static_cast<std::streamsize>(megabyte.size()))) {
      filler.flush();
    }
  }
  void make_room() const { fs::remove(disk() / "filler"); }

  TemporaryDirectory directory_;
  bool mounted_ = false;
};

/// Commits until a commit fails; the last number that was acknowledged, and the failure.
std::pair<std::uint64_t, Error> commit_until_failure(Committer& committer, std::uint64_t from) {
  for (std::uint64_t number = from;; ++number) {
    Batch batch;
    batch.put(Table::active, ledger_key(number), ledger_value(number));
    batch.put(Table::blobs, "filling", std::string(100'000, 'x'));
    std::promise<Result<>> answer;
    committer.commit(number, std::move(batch),
                     [&answer](const Result<>& result) { answer.set_value(result); });
    const Result<> result = answer.get_future().get();
    if (!result) return {number - 1, result.error()};
  }
}

TEST_F(FullDiskTest, CommitsFailForGoodReadsGoOnAndARestartHasEverything) {
  const fs::path store = disk() / "store";
  std::uint64_t acknowledged = 0;
  {
    const auto backend = open_good(store);
    Committer committer(*backend);
    Error error;
    std::tie(acknowledged, error) = commit_until_failure(committer, 1);
    EXPECT_EQ(error.code, Code::no_space) << error.message;
    EXPECT_GT(acknowledged, 0U);

    Batch batch;
    batch.put(Table::meta, "small", "1");
    EXPECT_EQ(backend->commit(batch).error().code, Code::no_space);
    EXPECT_EQ(committer.failure()->code, Code::no_space);
    EXPECT_EQ(read_ledger(*backend, acknowledged), Ledger::whole);
  }
  {
    const auto still_full = open_rocksdb(store);
    if (!still_full) {
      EXPECT_EQ(still_full.error().code, Code::no_space) << still_full.error().message;
    }
  }
  ASSERT_EQ(::mount("tmpfs", disk().c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  const auto reopened = open_good(store);
  EXPECT_EQ(read_ledger(*reopened, acknowledged), Ledger::whole);
  EXPECT_GE(last_commit(*reopened).value(), acknowledged);
}

TEST_F(FullDiskTest, NoStoreIsCreatedAndNextTimeItIs) {
  fill_disk();
  const auto opened = open_rocksdb(disk() / "store");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::no_space) << opened.error().message;
  make_room();
  commit_ledger(*open_good(disk() / "store"), 1, 1);
}

TEST_F(FullDiskTest, ContentIsRefusedAndLeavesNoFile) {
  SystemRandom random;
  ContentStore store = ContentStore::open(disk() / "content", random).value();
  const Digest digest = store.put("small").value();
  const Result<Digest> large = store.put(std::string(16 << 20, 'x'));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::no_space);
  EXPECT_EQ(store.read(digest).value(), "small");
  EXPECT_TRUE(store.put("there is room again"));
}

}  // namespace
}  // namespace vcp::store
