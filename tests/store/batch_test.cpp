// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vcp/store/backend.hpp"

namespace vcp::store {
namespace {

std::vector<std::string> listed(const Batch& batch) {
  std::vector<std::string> writes;
  batch.for_each([&writes](const Batch::Write& write) {
    writes.push_back(std::to_string(static_cast<int>(write.table)) + (write.erase ? " - " : " + ") +
                     std::string(write.key) + "=" + std::string(write.value));
  });
  return writes;
}

TEST(Batch, KeepsTheWritesInOrder) {
  Batch batch;
  batch.put(Table::nodes, "a", "1");
  batch.erase(Table::tokens, "b");
  batch.put(Table::meta, "", "");
  EXPECT_EQ(listed(batch), (std::vector<std::string>{"1 + a=1", "6 - b=", "0 + ="}));
  EXPECT_EQ(batch.size(), 3U);
}

TEST(Batch, AppendedWritesComeAfterItsOwn) {
  Batch first;
  first.put(Table::nodes, "a", "1");
  Batch second;
  second.put(Table::nodes, "a", "2");
  first.append(second);
  EXPECT_EQ(listed(first), (std::vector<std::string>{"1 + a=1", "1 + a=2"}));
  EXPECT_EQ(first.size(), 2U);
}

TEST(Batch, CarriesBytesOfAnyValue) {
  const std::string binary("\0\xff\n\0", 4);
  Batch batch;
  batch.put(Table::nodes, binary, binary);
  batch.for_each([&binary](const Batch::Write& write) {
    EXPECT_EQ(write.key, binary);
    EXPECT_EQ(write.value, binary);
  });
}

TEST(Batch, IsEmptyWhenNewAndWhenCleared) {
  Batch batch;
  EXPECT_TRUE(batch.empty());
  batch.erase(Table::nodes, "a");
  EXPECT_FALSE(batch.empty());
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(listed(batch).empty());
}

}  // namespace
}  // namespace vcp::store
