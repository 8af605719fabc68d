// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "disk_cache.hpp"
#include "ledger.hpp"
#include "vcp/agent/link.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/random.hpp"

namespace vcp::agent {

/// Brings leases what they refer to, then makes them ready: each content once, however many leases
/// wait for it. Any thread.
class Fetcher {
 public:
  /// `given_up` is called with how many leases a download left without their content, often none.
  Fetcher(Executor executor, Link& link, DiskCache& cache, Ledger& ledger, Random& random,
          std::function<void(std::size_t)> given_up);

  /// Makes `held` ready, now or once its content is here, or gives it up.
  void provide(const HeldPtr& held);

  /// Downloads under way.
  [[nodiscard]] std::size_t active() const;

  /// Gives up what has not begun, and tries nothing again.
  void stop();

  /// The bandwidth of the last larger downloads.
  [[nodiscard]] std::optional<double> bandwidth_mbps() const;

 private:
  struct Content {
    ContentKind kind;
    Digest id;
  };

  [[nodiscard]] std::optional<Content> attach_what_is_here(Held& held);
  [[nodiscard]] Async<void> work_off();
  [[nodiscard]] Async<Result<>> fetch(Content content);
  [[nodiscard]] Async<Result<>> try_fetch(Content content);
  [[nodiscard]] std::optional<Content> next();
  void done(const Content& content, const Result<>& result);
  void measured(std::uint64_t bytes, std::chrono::duration<double> time);

  Executor executor_;
  Link& link_;
  DiskCache& cache_;
  Ledger& ledger_;
  Random& random_;
  std::function<void(std::size_t)> given_up_;

  mutable std::mutex mutex_;
  std::deque<Content> wanted_;
  std::unordered_map<Digest, std::vector<HeldPtr>> waiting_;
  std::size_t active_ = 0;
  bool stopped_ = false;
  std::optional<double> bandwidth_mbps_;
};

}  // namespace vcp::agent
