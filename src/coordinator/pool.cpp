// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/pool.hpp"

#include <spdlog/spdlog.h>

namespace vcp::coordinator {

Pool::Pool(asio::io_context& io, std::size_t threads, std::size_t max_queued)
    : io_(io), max_queued_(max_queued) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { queue_.run(); });
}

void Pool::post(std::move_only_function<void()> work) {
  asio::post(queue_, [work = std::move(work)]() mutable {
    try {
      work();
    } catch (const std::exception& thrown) {
      (void)caught(thrown);
    }
  });
}

Error Pool::caught(const std::exception& thrown) {
  spdlog::error("work on the pool failed: {}", thrown.what());
  return {.code = Code::internal, .message = "the server could not do this"};
}

}  // namespace vcp::coordinator
