// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "vcp/base/result.hpp"

namespace vcp::coordinator {

/// Holds back what waits for a commit to be on disk, and lets it go on the io_context, all that
/// one commit frees with one post. Any thread.
class DurableGate {
 public:
  using Resume = std::move_only_function<void(const Result<>&)>;

  DurableGate(boost::asio::io_context& io, std::uint64_t durable)
      : io_(io), durable_(durable), begun_(durable) {}

  /// Whether that commit is on disk.
  [[nodiscard]] bool passed(std::uint64_t commit) const {
    const std::lock_guard lock(mutex_);
    return commit <= durable_;
  }

  [[nodiscard]] std::uint64_t durable() const {
    const std::lock_guard lock(mutex_);
    return durable_;
  }

  [[nodiscard]] std::optional<Error> failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

  /// From now on readers may see what this commit will write.
  void begin(std::uint64_t commit) {
    const std::lock_guard lock(mutex_);
    begun_ = commit;
  }

  /// The last commit that was begun wrote nothing: its number is free again.
  void abandon() {
    std::vector<Resume> waiting;
    std::uint64_t before = 0;
    {
      const std::lock_guard lock(mutex_);
      before = begun_ - 1;
      auto those = waiting_.extract(begun_);
      if (!those.empty()) waiting = std::move(those.mapped());
      begun_ = before;
    }
    wait(before, std::move(waiting));
  }

  /// After a failure: readers see nothing any more that is not on disk. Only now do those who wait
  /// hear of it, so that whoever has heard can go on reading.
  void roll_back() {
    std::vector<Resume> failed;
    std::unique_lock lock(mutex_);
    begun_ = durable_;
    rolled_back_ = true;
    for (auto& [commit, resumes] : waiting_) std::ranges::move(resumes, std::back_inserter(failed));
    waiting_.clear();
    const Result<> outcome = std::unexpected(*failure_);
    lock.unlock();
    release(std::move(failed), outcome);
  }

  /// Resumes all of them, never within the call, once that commit is on disk or has failed.
  void wait(std::uint64_t commit, std::vector<Resume> resumes) {
    if (resumes.empty()) return;
    std::unique_lock lock(mutex_);
    settle(lock, commit, std::move(resumes));
  }

  /// As `wait`, for all that readers may have seen so far.
  void wait_for_begun(Resume resume) {
    std::vector<Resume> resumes;
    resumes.push_back(std::move(resume));
    std::unique_lock lock(mutex_);
    settle(lock, begun_, std::move(resumes));
  }

  /// The committer's word on a commit. After a failure `roll_back` must follow.
  void reached(std::uint64_t commit, const Result<>& outcome) {
    std::vector<Resume> freed;
    {
      const std::lock_guard lock(mutex_);
      if (!outcome) {
        if (!failure_) failure_ = outcome.error();
        return;
      }
      durable_ = commit;
      const auto end = waiting_.upper_bound(commit);
      for (auto at = waiting_.begin(); at != end; at = waiting_.erase(at)) {
        std::ranges::move(at->second, std::back_inserter(freed));
      }
    }
    if (!freed.empty()) release(std::move(freed), outcome);
  }

 private:
  void settle(std::unique_lock<std::mutex>& lock, std::uint64_t commit,
              std::vector<Resume> resumes) {
    Result<> outcome;
    if (commit > durable_) {
      if (!rolled_back_) {
        std::ranges::move(resumes, std::back_inserter(waiting_[commit]));
        return;
      }
      outcome = std::unexpected(*failure_);
    }
    lock.unlock();
    release(std::move(resumes), std::move(outcome));
  }

  void release(std::vector<Resume> resumes, Result<> outcome) {
    boost::asio::post(io_, [resumes = std::move(resumes), outcome = std::move(outcome)]() mutable {
      for (Resume& resume : resumes) resume(outcome);
    });
  }

  boost::asio::io_context& io_;
  mutable std::mutex mutex_;
  std::uint64_t durable_;
  std::uint64_t begun_;
  std::optional<Error> failure_;
  bool rolled_back_ = false;
  std::map<std::uint64_t, std::vector<Resume>> waiting_;
};

}  // namespace vcp::coordinator
