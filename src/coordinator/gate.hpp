// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
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

  DurableGate(boost::asio::io_context& io, std::uint64_t durable) : io_(io), durable_(durable) {}

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

  /// Resumes all of them, never within the call, once that commit is on disk or has failed.
  void wait(std::uint64_t commit, std::vector<Resume> resumes) {
    if (resumes.empty()) return;
    Result<> outcome;
    {
      const std::lock_guard lock(mutex_);
      if (commit > durable_) {
        if (!failure_) {
          std::vector<Resume>& waiting = waiting_[commit];
          std::ranges::move(resumes, std::back_inserter(waiting));
          return;
        }
        outcome = std::unexpected(*failure_);
      }
    }
    release(std::move(resumes), std::move(outcome));
  }

  /// The committer's word on a commit.
  void reached(std::uint64_t commit, const Result<>& outcome) {
    std::vector<Resume> freed;
    {
      const std::lock_guard lock(mutex_);
      if (outcome) {
        durable_ = commit;
      } else if (!failure_) {
        failure_ = outcome.error();
      }
      const auto end = outcome ? waiting_.upper_bound(commit) : waiting_.end();
      for (auto at = waiting_.begin(); at != end; at = waiting_.erase(at)) {
        std::ranges::move(at->second, std::back_inserter(freed));
      }
    }
    if (!freed.empty()) release(std::move(freed), outcome);
  }

 private:
  void release(std::vector<Resume> resumes, Result<> outcome) {
    boost::asio::post(io_, [resumes = std::move(resumes), outcome = std::move(outcome)]() mutable {
      for (Resume& resume : resumes) resume(outcome);
    });
  }

  boost::asio::io_context& io_;
  mutable std::mutex mutex_;
  std::uint64_t durable_;
  std::optional<Error> failure_;
  std::map<std::uint64_t, std::vector<Resume>> waiting_;
};

}  // namespace vcp::coordinator
