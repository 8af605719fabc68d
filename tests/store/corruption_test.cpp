// SPDX-License-Identifier: Apache-2.0
// Whatever happens to whichever file: all that was acknowledged is there, or words say it is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "store/directory.hpp"
#include "store/ledger.hpp"

namespace vcp::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::uint64_t kInTables = 100;
constexpr std::uint64_t kLast = 200;

/// A store as after `kill -9`: the first half of the ledger in table files, the second in the log.
class CorruptionTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto backend = open_good(directory_.path() / "first");
    commit_ledger(*backend, 1, kInTables);
    copy_as_killed(directory_.path() / "first", directory_.path() / "second");
    const auto recovered = open_good(directory_.path() / "second");
    commit_ledger(*recovered, kInTables + 1, kLast);
    copy_as_killed(directory_.path() / "second", image());
  }

  [[nodiscard]] fs::path image() const { return directory_.path() / "image"; }
  [[nodiscard]] fs::path store() const { return directory_.path() / "store"; }

  /// The files of the image, relative to it, whose names contain `kind` and that are not empty.
  [[nodiscard]] std::vector<fs::path> files(std::string_view kind) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(image())) {
      const bool named = entry.path().filename().string().find(kind) != std::string::npos;
      if (named && entry.is_regular_file() && entry.file_size() > 0) {
        found.push_back(fs::relative(entry.path(), image()));
      }
    }
    return found;
  }

  [[nodiscard]] fs::path log() const {
    const std::vector<fs::path> logs = files(".log");
    EXPECT_EQ(logs.size(), 1U);
    return logs.front();
  }

  /// A fresh copy of the image with one file replaced by what `damage` makes of it.
  void damage(const fs::path& file, const std::function<std::string(std::string)>& change) {
    copy_as_killed(image(), store());
    write_file(store() / file, change(read_file(store() / file)));
  }

  TemporaryDirectory directory_;
};

/// Whole, or refused with words, at opening or at reading.
void expect_whole_or_refused(const fs::path& store) {
  const auto opened = open_rocksdb(store);
  if (opened) {
    EXPECT_NE(read_ledger(**opened, kLast), Ledger::wrong);
  } else {
    EXPECT_EQ(opened.error().code, Code::corrupt) << opened.error().message;
    EXPECT_THAT(opened.error().message, HasSubstr("--accept-data-loss"));
  }
}

std::string flipped(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
  return bytes;
}

struct Damage {
  const char* name;
  std::function<void(const fs::path&)> apply;
};

void change(const fs::path& file, const std::function<std::string(std::string)>& to) {
  write_file(file, to(read_file(file)));
}

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all = {
      {"FlippedInTheMiddle",
       [](const fs::path& file) {
         change(file, [](std::string bytes) { return flipped(bytes, bytes.size() / 2); });
       }},
      {"FlippedAtTheStart",
       [](const fs::path& file) {
         change(file, [](std::string bytes) { return flipped(bytes, 0); });
       }},
      {"FlippedNearTheEnd",
       [](const fs::path& file) {
         change(file, [](std::string bytes) {
           return flipped(bytes, bytes.size() - std::min<std::size_t>(bytes.size(), 9));
         });
       }},
      {"CutInHalf",
       [](const fs::path& file) {
         change(file, [](const std::string& bytes) { return bytes.substr(0, bytes.size() / 2); });
       }},
      {"CutByAByte",
       [](const fs::path& file) {
         change(file, [](const std::string& bytes) { return bytes.substr(0, bytes.size() - 1); });
       }},
      {"Zeroed",
       [](const fs::path& file) {
         change(file, [](const std::string& bytes) { return std::string(bytes.size(), '\0'); });
       }},
      {"Emptied", [](const fs::path& file) { change(file, [](const auto&) { return ""; }); }},
      {"Deleted", [](const fs::path& file) { fs::remove(file); }},
  };
  return all;
}

constexpr std::array kKinds = {".log",    ".sst",     "MANIFEST",     "CURRENT",
                               "OPTIONS", "IDENTITY", "acknowledged", "LOCK"};

class AnyFile : public CorruptionTest,
                public testing::WithParamInterface<std::tuple<const char*, Damage>> {};

INSTANTIATE_TEST_SUITE_P(All, AnyFile,
                         testing::Combine(testing::ValuesIn(kKinds), testing::ValuesIn(damages())),
                         [](const auto& parameter) {
                           std::string kind = std::get<0>(parameter.param);
                           std::erase(kind, '.');
                           return kind + std::get<1>(parameter.param).name;
                         });

TEST_P(AnyFile, IsWholeOrRefused) {
  const auto& [kind, damage] = GetParam();
  for (const fs::path& file : files(kind)) {
    SCOPED_TRACE(file);
    copy_as_killed(image(), store());
    damage.apply(store() / file);
    expect_whole_or_refused(store());
  }
}

TEST_F(CorruptionTest, TheImageItselfIsWhole) {
  copy_as_killed(image(), store());
  EXPECT_EQ(read_ledger(*open_good(store()), kLast), Ledger::whole);
}

TEST_F(CorruptionTest, ACutLogIsRefusedWithTheNumberOfCommitsThatAreMissing) {
  damage(log(), [](const std::string& bytes) { return bytes.substr(0, bytes.size() - 1); });
  const auto opened = open_rocksdb(store());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("1 acknowledged commits are missing"));
}

TEST_F(CorruptionTest, AnEmptiedLogIsRefused) {
  damage(log(), [](const auto&) { return ""; });
  const auto opened = open_rocksdb(store());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("100 acknowledged commits are missing"));
}

TEST_F(CorruptionTest, ARefusalChangesNothing) {
  damage(log(), [](const std::string& bytes) { return bytes.substr(0, bytes.size() / 2); });
  const std::string before = read_file(store() / log());
  ASSERT_FALSE(open_rocksdb(store()));
  ASSERT_FALSE(open_rocksdb(store()));
  EXPECT_EQ(read_file(store() / log()), before);
  write_file(store() / log(), read_file(image() / log()));
  EXPECT_EQ(read_ledger(*open_good(store()), kLast), Ledger::whole);
}

TEST_F(CorruptionTest, ATornRecordThatWasNeverAcknowledgedIsDropped) {
  copy_as_killed(image(), store());
  const std::string mark = read_file(store() / "acknowledged");
  commit_ledger(*open_good(store()), kLast + 1, kLast + 1);
  // The power went while the last record was written: it is cut, and its commit is not in the mark.
  copy_as_killed(store(), image());
  for (const fs::path& file : files(".log")) {
    damage(file, [](const std::string& bytes) { return bytes.substr(0, bytes.size() - 3); });
  }
  write_file(store() / "acknowledged", mark);
  const auto reopened = open_good(store());
  EXPECT_EQ(read_ledger(*reopened, kLast), Ledger::whole);
  EXPECT_EQ(last_commit(*reopened).value(), kLast);
}

TEST_F(CorruptionTest, AListOfTableFilesThatIsCutAnywhereIsRefused) {
  const fs::path list = files("MANIFEST").front();
  for (std::size_t size = 0; size < fs::file_size(image() / list); size += 13) {
    SCOPED_TRACE(size);
    damage(list, [size](const std::string& bytes) { return bytes.substr(0, size); });
    EXPECT_FALSE(open_rocksdb(store()));
  }
}

TEST_F(CorruptionTest, AMarkThatIsGoneIsRefusedBecauseNothingIsKnown) {
  copy_as_killed(image(), store());
  fs::remove(store() / "acknowledged");
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto opened = open_rocksdb(store());
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("cannot be known"));
  }
}

TEST_F(CorruptionTest, AMarkOlderThanTheStoreIsFine) {
  const std::string older = read_file(directory_.path() / "first" / "acknowledged");
  damage("acknowledged", [&older](const auto&) { return older; });
  EXPECT_EQ(read_ledger(*open_good(store()), kLast), Ledger::whole);
}

TEST_F(CorruptionTest, AStoreThatIsGoneIsNotReplacedByANewOne) {
  copy_as_killed(image(), store());
  fs::remove_all(store() / "rocksdb");
  const auto opened = open_rocksdb(store());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::corrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("is gone"));
}

/// Splits the log in two as if RocksDB had gone on in a new file. Works for logs within one 32-KiB
/// block, where every record is whole: 4 bytes of checksum, 2 of length, 1 of type, the payload.
class SplitLogTest : public CorruptionTest {
 protected:
  void SetUp() override {
    CorruptionTest::SetUp();
    const std::string bytes = read_file(image() / log());
    ASSERT_LT(bytes.size(), 32768U);
    for (std::size_t at = 0; at < bytes.size(); at = ends_.back()) {
      const auto low = static_cast<unsigned char>(bytes.at(at + 4));
      const auto high = static_cast<unsigned char>(bytes.at(at + 5));
      ends_.push_back(at + 7 + low + 256U * high);
    }
    ASSERT_EQ(ends_.back(), bytes.size());
  }

  /// Leaves out the records [first, last) between the two files.
  void split(std::size_t first, std::size_t last) {
    copy_as_killed(image(), store());
    const std::string bytes = read_file(image() / log());
    write_file(store() / log(), bytes.substr(0, ends_[first - 1]));
    write_file(store() / "rocksdb" / "000900.log", bytes.substr(ends_[last - 1]));
  }

  std::vector<std::size_t> ends_;  // where each record ends
};

TEST_F(SplitLogTest, TwoLogsThatJoinAreReplayed) {
  split(50, 50);
  EXPECT_EQ(read_ledger(*open_good(store()), kLast), Ledger::whole);
}

TEST_F(SplitLogTest, AHoleBetweenTwoLogsIsRefused) {
  split(50, 51);
  const auto opened = open_rocksdb(store());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("commits are missing"));
}

TEST_F(SplitLogTest, ALogThatIsGoneBeforeAnotherIsRefused) {
  split(50, 50);
  fs::remove(store() / log());
  const auto opened = open_rocksdb(store());
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("commits are missing"));
}

TEST_F(SplitLogTest, AcceptingLossKeepsWhatStandsBeforeTheHole) {
  split(50, 51);
  const auto reopened = open_good(store(), {.accept_data_loss = true});
  const std::uint64_t kept = last_commit(*reopened).value();
  EXPECT_EQ(kept, kInTables + 50);
  EXPECT_EQ(read_ledger(*reopened, kept), Ledger::whole);
  EXPECT_FALSE(reopened->get(Table::active, ledger_key(kLast)).value());
}

/// Opens with loss, checks that commits up to `kept` are there, goes on and opens normally.
void expect_goes_on_from(const fs::path& store, std::uint64_t kept) {
  {
    const auto opened = open_good(store, {.accept_data_loss = true});
    ASSERT_TRUE(opened);
    EXPECT_EQ(last_commit(*opened).value(), kept);
    EXPECT_EQ(read_ledger(*opened, kept), Ledger::whole);
    commit_ledger(*opened, kept + 1, kept + 10);
  }
  EXPECT_EQ(read_ledger(*open_good(store), kept + 10), Ledger::whole);
}

TEST_F(CorruptionTest, AcceptingLossGoesOnAfterACutLog) {
  damage(log(), [](const std::string& bytes) { return bytes.substr(0, bytes.size() - 1); });
  expect_goes_on_from(store(), kLast - 1);
}

TEST_F(CorruptionTest, AcceptingLossGoesOnAfterAnEmptiedLog) {
  damage(log(), [](const auto&) { return ""; });
  expect_goes_on_from(store(), kInTables);
}

TEST_F(SplitLogTest, AcceptingLossGoesOnBeforeAFlippedByte) {
  damage(log(), [this](const std::string& bytes) { return flipped(bytes, ends_[49] + 20); });
  ASSERT_FALSE(open_rocksdb(store()));
  expect_goes_on_from(store(), kInTables + 50);
}

TEST_F(CorruptionTest, AcceptingLossGoesOnWithAListOfTableFilesThatIsCut) {
  const fs::path list = files("MANIFEST").front();
  damage(list, [](const std::string& bytes) { return bytes.substr(0, bytes.size() - 1); });
  ASSERT_FALSE(open_rocksdb(store()));
  EXPECT_TRUE(open_good(store(), {.accept_data_loss = true}));
  EXPECT_TRUE(open_good(store()));
}

TEST_F(CorruptionTest, AcceptingLossGoesOnWithoutAMark) {
  copy_as_killed(image(), store());
  fs::remove(store() / "acknowledged");
  expect_goes_on_from(store(), kLast);
}

TEST_F(CorruptionTest, AcceptingLossGoesOnWithADamagedMark) {
  damage("acknowledged", [](const std::string& bytes) { return flipped(bytes, 12); });
  expect_goes_on_from(store(), kLast);
}

TEST_F(CorruptionTest, AcceptingLossStartsAnewWhereTheStoreIsGone) {
  copy_as_killed(image(), store());
  fs::remove_all(store() / "rocksdb");
  expect_goes_on_from(store(), 0);
}

TEST_F(CorruptionTest, AcceptingLossDoesNotOpenWhatCannotBeRead) {
  damage(files("CURRENT").front(), [](const auto&) { return ""; });
  const auto opened = open_rocksdb(store(), {.accept_data_loss = true});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("restore a backup"));
}

}  // namespace
}  // namespace vcp::store
