// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include "vcp/store/committer.hpp"
#include "vcp/store/rocksdb.hpp"

namespace vcp::store {

/// Opens a store that must open.
inline std::unique_ptr<Backend> open_good(const std::filesystem::path& directory,
                                          const RocksOptions& options = {}) {
  Result<std::unique_ptr<Backend>> opened = open_rocksdb(directory, options);
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  return std::move(*opened);
}

inline std::string ledger_key(std::uint64_t number) { return "task " + std::to_string(number); }
inline std::string ledger_value(std::uint64_t number) {
  return "value of task " + std::to_string(number);
}

/// Commits the numbers [first, last], a record each in a synced write of its own, and waits until
/// all are acknowledged.
inline void commit_ledger(Backend& backend, std::uint64_t first, std::uint64_t last) {
  Committer committer(backend);
  for (std::uint64_t number = first; number <= last; ++number) {
    Batch batch;
    batch.put(Table::active, ledger_key(number), ledger_value(number));
    std::promise<Result<>> answer;
    committer.commit(number, std::move(batch),
                     [&answer](const Result<>& result) { answer.set_value(result); });
    const Result<> acknowledged = answer.get_future().get();
    ASSERT_TRUE(acknowledged) << acknowledged.error().message;
  }
}

enum class Ledger { whole, refused, wrong };

/// Reads the numbers [1, last] back: all there, or damage that the store itself tells of; anything
/// else is wrong.
inline Ledger read_ledger(const Backend& backend, std::uint64_t last) {
  Ledger found = Ledger::whole;
  for (std::uint64_t number = 1; number <= last; ++number) {
    const auto value = backend.get(Table::active, ledger_key(number));
    if (!value) {
      if (value.error().code != Code::corrupt) return Ledger::wrong;
      found = Ledger::refused;
    } else if (*value != ledger_value(number)) {
      return Ledger::wrong;
    }
  }
  return found;
}

}  // namespace vcp::store
