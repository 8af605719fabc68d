// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>

#include "vcp/store/backend.hpp"

namespace vcp::store {

/// A store that forgets when it is destroyed, for tests and simulations; it can be told to fail.
/// Any thread, but `scan` holds a lock while it visits: do not commit from inside.
class MemoryBackend final : public Backend {
 public:
  [[nodiscard]] Result<> commit(const Batch& batch) override;
  [[nodiscard]] Result<std::optional<std::string>> get(Table table,
                                                       std::string_view key) const override;
  [[nodiscard]] Result<> scan(
      Table table, std::string_view first, std::string_view last, Order order,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override;

  /// From now on every commit fails with this error.
  void fail_commits(Error error);

 private:
  using Records = std::map<std::string, std::string, std::less<>>;

  [[nodiscard]] const Records& records(Table table) const;

  mutable std::shared_mutex mutex_;
  std::array<Records, kTables> tables_;
  std::optional<Error> failure_;
};

}  // namespace vcp::store
