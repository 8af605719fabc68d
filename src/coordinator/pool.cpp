// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/pool.hpp"

#include <spdlog/spdlog.h>

namespace vcp::coordinator {

void Pool::post(std::move_only_function<void()> work) {
  asio::post(threads_, [work = std::move(work)]() mutable {
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
