// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"

namespace vcp::coordinator {

/// Threads for what computes or blocks on the disk, with a bounded queue before them.
class Pool {
 public:
  /// Without threads the work waits for `step`.
  Pool(asio::io_context& io, std::size_t threads, std::size_t max_queued);

  /// Runs `work` on the pool and resumes the caller on the io_context with what it returned;
  /// `unavailable` at once if the queue is full, `internal` if it threw.
  template <class T>
  [[nodiscard]] Async<Result<T>> run(std::move_only_function<Result<T>()> work);

  /// Runs `work` some time, whatever is queued; for work that the server itself needs done.
  void post(std::move_only_function<void()> work);

  /// Work that waits or runs.
  [[nodiscard]] std::size_t load() const { return load_.load(std::memory_order_relaxed); }

  /// Runs one piece of work on the calling thread; false if none waits.
  bool step() { return queue_.poll_one() > 0; }

  /// Ends what runs; what waits is dropped.
  void stop() {
    queue_.stop();
    threads_.clear();
  }

 private:
  template <class T>
  [[nodiscard]] static Result<T> guarded(std::move_only_function<Result<T>()>& work) {
    try {
      return work();
    } catch (const std::exception& thrown) {
      return std::unexpected(caught(thrown));
    }
  }

  /// Logs what work threw and makes it an error.
  [[nodiscard]] static Error caught(const std::exception& thrown);

  asio::io_context& io_;
  std::size_t max_queued_;
  std::atomic<std::size_t> load_ = 0;
  asio::io_context queue_;
  asio::executor_work_guard<Executor> open_{queue_.get_executor()};
  std::vector<std::jthread> threads_;
};

template <class T>
Async<Result<T>> Pool::run(std::move_only_function<Result<T>()> work) {
  using Work = std::move_only_function<Result<T>()>;
  const auto start = [this](auto handler, Work job) {
    using Handler = decltype(handler);
    auto resume = [this](Handler resumed, Result<T> result) {
      load_.fetch_sub(1, std::memory_order_relaxed);
      asio::post(io_, [handler = std::move(resumed), result = std::move(result)]() mutable {
        std::move(handler)(std::move(result));
      });
    };
    if (load_.fetch_add(1, std::memory_order_relaxed) >= max_queued_) {
      resume(std::move(handler), fail(Code::unavailable, "the server is busy: try again soon"));
      return;
    }
    asio::post(queue_, [job = std::move(job), handler = std::move(handler),
                        resume = std::move(resume)]() mutable {
      resume(std::move(handler), guarded(job));
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Result<T>)>(
      start, use_async, std::move(work));
}

}  // namespace vcp::coordinator
