// SPDX-License-Identifier: Apache-2.0
// What every backend promises, for each of them.
#include "vcp/store/backend.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/directory.hpp"
#include "vcp/store/memory.hpp"
#include "vcp/store/rocksdb.hpp"

namespace vcp::store {
namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

enum class Kind { memory, rocksdb };

class BackendTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::memory) {
      backend_ = std::make_unique<MemoryBackend>();
    } else {
      Result<std::unique_ptr<Backend>> opened = open_rocksdb(directory_.path());
      ASSERT_TRUE(opened) << opened.error().message;
      backend_ = std::move(*opened);
    }
  }

  void put(Table table, std::string_view key, std::string_view value) {
    Batch batch;
    batch.put(table, key, value);
    ASSERT_TRUE(backend_->commit(batch));
  }

  [[nodiscard]] std::optional<std::string> get(Table table, std::string_view key) const {
    return backend_->get(table, key).value();
  }

  [[nodiscard]] Records scan(std::string_view first, std::string_view last, Order order,
                             std::size_t limit = 100) const {
    Records records;
    const Result<> scanned =
        backend_->scan(Table::active, first, last, order, [&](auto key, auto value) {
          records.emplace_back(key, value);
          return records.size() < limit;
        });
    EXPECT_TRUE(scanned);
    return records;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Backend> backend_;
};

INSTANTIATE_TEST_SUITE_P(All, BackendTest, testing::Values(Kind::memory, Kind::rocksdb),
                         [](const auto& parameter) {
                           return parameter.param == Kind::memory ? "Memory" : "RocksDb";
                         });

TEST_P(BackendTest, FindsWhatWasCommitted) {
  put(Table::nodes, "a", "1");
  EXPECT_EQ(get(Table::nodes, "a"), "1");
}

TEST_P(BackendTest, FindsNothingUnderAnotherKey) {
  put(Table::nodes, "a", "1");
  EXPECT_EQ(get(Table::nodes, "b"), std::nullopt);
  EXPECT_EQ(get(Table::nodes, ""), std::nullopt);
}

TEST_P(BackendTest, KeepsTablesApart) {
  for (std::size_t table = 0; table < kTables; ++table) {
    put(static_cast<Table>(table), "key", std::to_string(table));
  }
  for (std::size_t table = 0; table < kTables; ++table) {
    EXPECT_EQ(get(static_cast<Table>(table), "key"), std::to_string(table));
  }
}

TEST_P(BackendTest, ReplacesTheValueUnderAKey) {
  put(Table::nodes, "a", "1");
  put(Table::nodes, "a", "2");
  EXPECT_EQ(get(Table::nodes, "a"), "2");
}

TEST_P(BackendTest, ErasesAKeyAndToleratesOneThatIsNotThere) {
  put(Table::nodes, "a", "1");
  Batch batch;
  batch.erase(Table::nodes, "a");
  batch.erase(Table::nodes, "b");
  ASSERT_TRUE(backend_->commit(batch));
  EXPECT_EQ(get(Table::nodes, "a"), std::nullopt);
}

TEST_P(BackendTest, TheLastWriteToAKeyInABatchCounts) {
  Batch batch;
  batch.put(Table::nodes, "a", "1");
  batch.erase(Table::nodes, "a");
  batch.put(Table::nodes, "a", "3");
  batch.put(Table::nodes, "b", "1");
  batch.erase(Table::nodes, "b");
  ASSERT_TRUE(backend_->commit(batch));
  EXPECT_EQ(get(Table::nodes, "a"), "3");
  EXPECT_EQ(get(Table::nodes, "b"), std::nullopt);
}

TEST_P(BackendTest, CommitsAnEmptyBatch) { EXPECT_TRUE(backend_->commit(Batch())); }

TEST_P(BackendTest, KeepsEmptyAndBinaryValues) {
  const std::string binary("\0\xff\0", 3);
  put(Table::by_owner, binary, "");
  put(Table::by_owner, "a", binary);
  EXPECT_EQ(get(Table::by_owner, binary), "");
  EXPECT_EQ(get(Table::by_owner, "a"), binary);
}

TEST_P(BackendTest, ScansTheWholeTableInOrder) {
  put(Table::active, "b", "2");
  put(Table::active, "a", "1");
  put(Table::nodes, "c", "of another table");
  EXPECT_EQ(scan("", "", Order::ascending), (Records{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(scan("", "", Order::descending), (Records{{"b", "2"}, {"a", "1"}}));
}

TEST_P(BackendTest, OrdersKeysAsUnsignedBytes) {
  put(Table::active, "\x7f", "1");
  put(Table::active, "\x80", "2");
  EXPECT_EQ(scan("", "", Order::ascending), (Records{{"\x7f", "1"}, {"\x80", "2"}}));
}

TEST_P(BackendTest, ScansFromTheFirstUpToButWithoutTheLast) {
  for (const char* key : {"a", "b", "c", "d"}) put(Table::active, key, "");
  EXPECT_EQ(scan("b", "d", Order::ascending), (Records{{"b", ""}, {"c", ""}}));
  EXPECT_EQ(scan("b", "d", Order::descending), (Records{{"c", ""}, {"b", ""}}));
  EXPECT_EQ(scan("aa", "cc", Order::ascending), (Records{{"b", ""}, {"c", ""}}));
  EXPECT_EQ(scan("c", "", Order::descending), (Records{{"d", ""}, {"c", ""}}));
}

TEST_P(BackendTest, ScansNothingInAnEmptyRange) {
  put(Table::active, "b", "");
  EXPECT_TRUE(scan("b", "b", Order::ascending).empty());
  EXPECT_TRUE(scan("c", "a", Order::ascending).empty());
  EXPECT_TRUE(scan("c", "a", Order::descending).empty());
  EXPECT_TRUE(scan("c", "", Order::ascending).empty());
}

TEST_P(BackendTest, StopsTheScanWhenToldTo) {
  for (const char* key : {"a", "b", "c"}) put(Table::active, key, "");
  EXPECT_EQ(scan("", "", Order::ascending, 2), (Records{{"a", ""}, {"b", ""}}));
  EXPECT_EQ(scan("", "", Order::descending, 1), (Records{{"c", ""}}));
}

}  // namespace
}  // namespace vcp::store
