// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace vcp::fl {

ParallelFor serial() { return on_threads(1); }

ParallelFor on_threads(std::size_t threads) {
  return [threads](std::size_t count, const std::function<void(std::size_t)>& body) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < count; i = next++) body(i);
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(threads, count); ++i) others.emplace_back(work);
    work();
  };
}

}  // namespace vcp::fl
