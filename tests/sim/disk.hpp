// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/random.hpp"
#include "vcp/store/memory.hpp"

namespace vcp::sim {

/// A store on a disk that can be made to fail. A commit is one record of its log, written in
/// sectors and then synced. What was synced stays; of a record that was not, a loss of power keeps
/// any of its sectors and no others, and recovery takes the record only if all of it is there.
class Disk final : public store::Backend {
 public:
  explicit Disk(Random& random) : random_(random) {}

  /// The next commit is written, but its sync fails; so does everything after it until `restart`.
  void fail_next_sync() { sync_fails_ = true; }

  /// Whether a sync has failed since the last restart.
  [[nodiscard]] bool failed() const { return failed_; }

  /// The process, and with `power_lost` the machine, is gone and comes back: recovery.
  void restart(bool power_lost);

  [[nodiscard]] Result<> commit(const store::Batch& batch) override;
  [[nodiscard]] Result<std::optional<std::string>> get(store::Table table,
                                                       std::string_view key) const override {
    return synced_.get(table, key);
  }
  [[nodiscard]] Result<> scan(
      store::Table table, std::string_view first, std::string_view last, store::Order order,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return synced_.scan(table, first, last, order, visit);
  }

 private:
  void lose_sectors();

  Random& random_;
  store::MemoryBackend synced_;
  std::string unsynced_;  ///< a record of the log
  bool sync_fails_ = false;
  bool failed_ = false;
};

/// The form of a record in the log: its size and checksum, then its writes.
[[nodiscard]] std::string to_log(const store::Batch& batch);

/// The record at the start of these bytes; nothing unless all of it is there.
[[nodiscard]] std::optional<store::Batch> from_log(std::string_view bytes);

}  // namespace vcp::sim
