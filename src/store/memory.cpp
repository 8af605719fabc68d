// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/memory.hpp"

#include <mutex>
#include <ranges>
#include <utility>

namespace vcp::store {

Result<> MemoryBackend::commit(const Batch& batch) {
  const std::unique_lock lock(mutex_);
  if (failure_) return std::unexpected(*failure_);
  batch.for_each([this](const Batch::Write& write) {
    Records& records = tables_.at(std::to_underlying(write.table));
    if (write.erase) {
      records.erase(std::string(write.key));
    } else {
      records.insert_or_assign(std::string(write.key), std::string(write.value));
    }
  });
  return {};
}

Result<std::optional<std::string>> MemoryBackend::get(Table table, std::string_view key) const {
  const std::shared_lock lock(mutex_);
  const auto found = records(table).find(key);
  if (found == records(table).end()) return std::nullopt;
  return found->second;
}

Result<> MemoryBackend::scan(
    Table table, std::string_view first, std::string_view last, Order order,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  if (!last.empty() && last <= first) return {};
  const std::shared_lock lock(mutex_);
  const Records& all = records(table);
  const auto end = last.empty() ? all.end() : all.lower_bound(last);
  const auto range = std::ranges::subrange(all.lower_bound(first), end);
  const auto visited = [&visit](const auto& record) { return visit(record.first, record.second); };
  if (order == Order::ascending) {
    std::ranges::find_if_not(range, visited);
  } else {
    std::ranges::find_if_not(range | std::views::reverse, visited);
  }
  return {};
}

void MemoryBackend::fail_commits(Error error) {
  const std::unique_lock lock(mutex_);
  failure_ = std::move(error);
}

const MemoryBackend::Records& MemoryBackend::records(Table table) const {
  return tables_.at(std::to_underlying(table));
}

}  // namespace vcp::store
