// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/write_batch.h>

#include <memory>
#include <optional>

#include "mark.hpp"
#include "rocks_database.hpp"
#include "vcp/store/backend.hpp"

namespace vcp::store {

/// RocksDB as a Backend. Every commit number that a batch carries is in the mark before `commit`
/// returns.
class RocksBackend final : public Backend {
 public:
  RocksBackend(std::shared_ptr<Mark> mark, Database database);

  [[nodiscard]] Result<> commit(const Batch& batch) override;
  [[nodiscard]] Result<std::optional<std::string>> get(Table table,
                                                       std::string_view key) const override;
  [[nodiscard]] Result<> scan(
      Table table, std::string_view first, std::string_view last, Order order,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override;

 private:
  [[nodiscard]] Result<> write(const Batch& batch);
  void add(const Batch::Write& write);

  std::shared_ptr<Mark> mark_;  // holds the directory's lock: goes last
  Database database_;
  rocksdb::WriteBatch write_batch_;
  std::optional<Error> failure_;
};

}  // namespace vcp::store
