// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/signal.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/assert.hpp>
#include <utility>

namespace vcp {

void Signal::set() {
  std::move_only_function<void()> waiter;
  {
    const std::scoped_lock lock(mutex_);
    set_ = true;
    waiter = std::exchange(waiter_, nullptr);
  }
  if (waiter) waiter();
}

void Signal::reset() {
  const std::scoped_lock lock(mutex_);
  set_ = false;
}

Async<void> Signal::wait() {
  auto initiate = [this](auto handler) {
    const auto executor = asio::get_associated_executor(handler);
    std::move_only_function<void()> resume = [executor, kept = std::move(handler)]() mutable {
      asio::post(executor, std::move(kept));
    };
    {
      const std::scoped_lock lock(mutex_);
      if (!set_) {
        waiter_ = std::move(resume);
        return;
      }
    }
    resume();
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(std::move(initiate),
                                                                             use_async);
}

}  // namespace vcp
