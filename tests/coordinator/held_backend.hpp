// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "vcp/store/memory.hpp"

namespace vcp::coordinator {

/// A store in memory whose commits can be held up, so that a test may look at what happens before
/// one is on disk.
class HeldBackend final : public store::Backend {
 public:
  /// From now on a commit waits, until `release`.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }

  void release() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }

  /// Lets go what is held, with this error; every later commit fails too.
  void fail(Error error) {
    memory_.fail_commits(std::move(error));
    release();
  }

  /// Returns once a commit is held.
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }

  Result<> commit(const store::Batch& batch) override {
    {
      std::unique_lock lock(mutex_);
      waiting_ = held_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !held_; });
      waiting_ = false;
    }
    return memory_.commit(batch);
  }

  Result<std::optional<std::string>> get(store::Table table, std::string_view key) const override {
    return memory_.get(table, key);
  }

  Result<> scan(
      store::Table table, std::string_view first, std::string_view last, store::Order order,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return memory_.scan(table, first, last, order, visit);
  }

 private:
  store::MemoryBackend memory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool waiting_ = false;
};

}  // namespace vcp::coordinator
