// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/content.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "store/directory.hpp"

namespace vcp::store {
namespace {

namespace fs = std::filesystem;

class ContentTest : public testing::Test {
 protected:
  [[nodiscard]] ContentStore open() { return ContentStore::open(root(), random_).value(); }
  [[nodiscard]] fs::path root() const { return directory_.path() / "content"; }
  [[nodiscard]] fs::path path(const Digest& digest) const {
    return root() / digest.hex().substr(0, 2) / digest.hex();
  }

  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

  TemporaryDirectory directory_;
  SystemRandom random_;
};

TEST_F(ContentTest, IsReadAsItWasPut) {
  ContentStore store = open();
  const std::string bytes("some\0bytes", 10);
  const Digest digest = store.put(bytes).value();
  EXPECT_EQ(digest, sha256(bytes));
  EXPECT_EQ(store.read(digest).value(), bytes);
  EXPECT_EQ(store.size(digest).value(), 10U);
}

TEST_F(ContentTest, MayBeEmpty) {
  ContentStore store = open();
  const Digest digest = store.put("").value();
  EXPECT_EQ(store.read(digest).value(), "");
}

TEST_F(ContentTest, IsTheSameHoweverItWasCut) {
  ContentStore store = open();
  ContentStore::Writer writer = store.create().value();
  ASSERT_TRUE(writer.append("some "));
  ASSERT_TRUE(writer.append(""));
  ASSERT_TRUE(writer.append("bytes"));
  EXPECT_EQ(writer.size(), 10U);
  EXPECT_EQ(writer.finish().value(), sha256("some bytes"));
}

TEST_F(ContentTest, IsThereAfterReopening) {
  const Digest digest = open().put("bytes").value();
  EXPECT_EQ(open().read(digest).value(), "bytes");
}

TEST_F(ContentTest, IsReadInPartsAndFewerAtTheEnd) {
  ContentStore store = open();
  const Digest digest = store.put("0123456789").value();
  EXPECT_EQ(store.read(digest, 2, 3).value(), "234");
  EXPECT_EQ(store.read(digest, 8, 100).value(), "89");
  EXPECT_EQ(store.read(digest, 10, 1).value(), "");
  EXPECT_EQ(store.read(digest, 99, 1).value(), "");
}

TEST_F(ContentTest, ThatIsNotThereIsNotFound) {
  const ContentStore store = open();
  const Digest digest = sha256("nothing");
  EXPECT_EQ(store.read(digest).error().code, Code::not_found);
  EXPECT_EQ(store.read(digest, 0, 1).error().code, Code::not_found);
  EXPECT_EQ(store.size(digest).error().code, Code::not_found);
}

TEST_F(ContentTest, IsListedOnceItIsFinished) {
  ContentStore store = open();
  const Digest digest = store.put("bytes").value();
  const ContentStore::Writer unfinished = store.create().value();
  std::vector<Digest> listed;
  ASSERT_TRUE(store.for_each([&listed](const Digest& each) { listed.push_back(each); }));
  EXPECT_EQ(listed, std::vector{digest});
}

TEST_F(ContentTest, PutTwiceIsThereOnce) {
  ContentStore store = open();
  EXPECT_EQ(store.put("bytes").value(), store.put("bytes").value());
  EXPECT_EQ(files(), 1U);
}

TEST_F(ContentTest, WritersOfTheSameBytesDoNotDisturbEachOther) {
  ContentStore store = open();
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&store] {
        for (int round = 0; round < 20; ++round) {
          const Result<Digest> digest = store.put("the same bytes");
          ASSERT_TRUE(digest) << digest.error().message;
          EXPECT_EQ(store.read(*digest).value(), "the same bytes");
        }
      });
    }
  }
  EXPECT_EQ(files(), 1U);
}

TEST_F(ContentTest, ADroppedWriterLeavesNothing) {
  ContentStore store = open();
  {
    ContentStore::Writer writer = store.create().value();
    ASSERT_TRUE(writer.append("bytes"));
    EXPECT_EQ(files(), 1U);
  }
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(store.read(sha256("bytes")).error().code, Code::not_found);
}

TEST_F(ContentTest, LeftoversOfAKilledProcessAreRemovedAtOpening) {
  ContentStore store = open();
  const Digest digest = store.put("kept").value();
  ContentStore::Writer writer = store.create().value();
  ASSERT_TRUE(writer.append("half of the by"));
  const fs::path killed = directory_.path() / "killed";
  copy_as_killed(root(), killed);
  const ContentStore reopened = ContentStore::open(killed, random_).value();
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(killed)) {
    if (entry.is_regular_file()) ++count;
  }
  EXPECT_EQ(count, 1U);
  EXPECT_EQ(reopened.read(digest).value(), "kept");
}

TEST_F(ContentTest, ThatIsDamagedIsCorrupt) {
  ContentStore store = open();
  const Digest digest = store.put("some bytes").value();
  for (const char* damage : {"some b1tes", "some by", ""}) {
    write_file(path(digest), damage);
    EXPECT_EQ(store.read(digest).error().code, Code::corrupt);
  }
}

TEST_F(ContentTest, PutAgainRepairsDamage) {
  ContentStore store = open();
  const Digest digest = store.put("some bytes").value();
  write_file(path(digest), "some");
  ASSERT_TRUE(store.put("some bytes"));
  EXPECT_EQ(store.read(digest).value(), "some bytes");
}

TEST_F(ContentTest, RemovedIsGoneAndRemovingAgainIsFine) {
  ContentStore store = open();
  const Digest digest = store.put("bytes").value();
  ASSERT_TRUE(store.remove(digest));
  EXPECT_EQ(store.read(digest).error().code, Code::not_found);
  EXPECT_TRUE(store.remove(digest));
}

TEST_F(ContentTest, IsForItsOwnerAlone) {
  ContentStore store = open();
  const Digest digest = store.put("bytes").value();
  struct stat status;
  ASSERT_EQ(::stat(path(digest).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(root().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(ContentTest, ADirectoryThatCannotBeMadeIsAnError) {
  write_file(directory_.path() / "content", "a file");
  const Result<ContentStore> opened = ContentStore::open(root(), random_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(root().string()), std::string::npos);
}

}  // namespace
}  // namespace vcp::store
