// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/rocksdb.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "store/directory.hpp"
#include "store/ledger.hpp"
#include "vcp/base/random.hpp"
#include "vcp/store/committer.hpp"

namespace vcp::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RocksDbTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path store() const { return directory_.path() / "store"; }
  [[nodiscard]] fs::path killed() const { return directory_.path() / "killed"; }

  TemporaryDirectory directory_;
};

TEST_F(RocksDbTest, IsThereAfterClosingAndReopening) {
  commit_ledger(*open_good(store()), 1, 50);
  const auto reopened = open_good(store());
  EXPECT_EQ(read_ledger(*reopened, 50), Ledger::whole);
  EXPECT_EQ(last_commit(*reopened).value(), 50U);
}

TEST_F(RocksDbTest, IsThereAfterKillAtAnyCommit) {
  const auto backend = open_good(store());
  for (std::uint64_t number = 1; number <= 10; ++number) {
    commit_ledger(*backend, number, number);
    copy_as_killed(store(), killed());
    const auto reopened = open_good(killed());
    EXPECT_EQ(read_ledger(*reopened, number), Ledger::whole);
    EXPECT_EQ(last_commit(*reopened).value(), number);
  }
}

TEST_F(RocksDbTest, GoesOnAfterManyKills) {
  constexpr std::uint64_t kEach = 20;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto backend = open_good(store());
    EXPECT_EQ(last_commit(*backend).value(), round * kEach);
    commit_ledger(*backend, round * kEach + 1, (round + 1) * kEach);
    copy_as_killed(store(), killed());
  }
  EXPECT_EQ(read_ledger(*open_good(killed()), 5 * kEach), Ledger::whole);
}

/// Commits until RocksDB has moved several logs into table files, and dies.
[[noreturn]] void fill_and_die(const fs::path& store) {
  const auto backend = open_good(store);
  SeededRandom random(1);
  std::string value(1 << 20, '\0');
  for (std::uint64_t number = 1; number <= 100; ++number) {
    Batch batch;
    random.fill(std::as_writable_bytes(std::span(value)));
    batch.put(Table::blobs, std::to_string(number), value);
    if (!backend->commit(batch)) std::abort();
    commit_ledger(*backend, number, number);
  }
  ::raise(SIGKILL);
  std::abort();
}

// The test program is started again for the process that dies; it gets the directory's name so.
TEST(RocksDbKill, IsThereAfterKillAmidFlushes) {
  constexpr const char* kVariable = "VCP_TEST_STORE";
  std::optional<TemporaryDirectory> directory;
  if (::getenv(kVariable) == nullptr) {
    directory.emplace();
    ::setenv(kVariable, (directory->path() / "store").c_str(), 1);
  }
  const fs::path store = ::getenv(kVariable);
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(fill_and_die(store), testing::KilledBySignal(SIGKILL), "");
  ::unsetenv(kVariable);
  std::size_t tables = 0;
  for (const auto& entry : fs::directory_iterator(store / "rocksdb")) {
    tables += entry.path().extension() == ".sst" ? 1 : 0;
  }
  EXPECT_GT(tables, 2U);
  const auto reopened = open_good(store);
  EXPECT_EQ(read_ledger(*reopened, 100), Ledger::whole);
  EXPECT_EQ(last_commit(*reopened).value(), 100U);
}

TEST_F(RocksDbTest, KeepsABatchThatCarriesNoNumber) {
  const auto backend = open_good(store());
  Batch batch;
  batch.put(Table::meta, "epoch", "7");
  ASSERT_TRUE(backend->commit(batch));
  copy_as_killed(store(), killed());
  EXPECT_EQ(open_good(killed())->get(Table::meta, "epoch").value(), "7");
}

TEST_F(RocksDbTest, ADirectoryOfAKilledFirstStartIsUsed) {
  fs::create_directories(store() / "rocksdb.new");
  write_file(store() / "rocksdb.new" / "MANIFEST-000001", "half of a mani");
  write_file(store() / "acknowledged", "");
  commit_ledger(*open_good(store()), 1, 1);
  EXPECT_FALSE(fs::exists(store() / "rocksdb.new"));
}

TEST_F(RocksDbTest, TheDirectoryIsForItsOwnerAlone) {
  const auto backend = open_good(store());
  struct stat status;
  ASSERT_EQ(::stat(store().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(RocksDbTest, ASecondOpeningIsRefused) {
  const auto backend = open_good(store());
  const auto second = open_rocksdb(store());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_THAT(second.error().message, HasSubstr("another process"));
}

TEST_F(RocksDbTest, ASecondOpeningByAnotherProcessIsRefused) {
  const auto backend = open_good(store());
  const pid_t child = ::fork();
  if (child == 0) {
    const auto second = open_rocksdb(store());
    ::_exit(!second && second.error().code == Code::conflict ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(RocksDbTest, AStoreWithAMarkDeletedMeanwhileIsStillLocked) {
  const auto backend = open_good(store());
  fs::remove(store() / "acknowledged");
  EXPECT_FALSE(open_rocksdb(store()));
  EXPECT_FALSE(open_rocksdb(store(), {.accept_data_loss = true}));
}

class FormatTest : public RocksDbTest {
 protected:
  /// Leaves a store whose format is `format`, in a table file as any store that was closed.
  void make_store_of_format(std::string_view format) {
    const auto backend = open_good(store());
    Batch batch;
    batch.put(Table::meta, "format", format);
    ASSERT_TRUE(backend->commit(batch));
    copy_as_killed(store(), killed());
    open_good(killed());  // recovery moves the log's records into table files
  }
};

TEST_F(FormatTest, ANewerVersionIsRefusedAndNotTouched) {
  make_store_of_format("\x05");
  const auto opened = open_rocksdb(killed());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::conflict);
  EXPECT_THAT(opened.error().message, HasSubstr("format 5, of a newer version"));
  EXPECT_FALSE(open_rocksdb(killed(), {.accept_data_loss = true}));
}

TEST_F(FormatTest, AnOlderVersionIsRefused) {
  make_store_of_format(std::string_view("\0", 1));
  const auto opened = open_rocksdb(killed());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("an older version"));
}

}  // namespace
}  // namespace vcp::store
