// SPDX-License-Identifier: Apache-2.0
#include "prover/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <thread>
#include <vector>

namespace vcp::zk {

void in_parallel(unsigned threads, std::size_t count,
                 const std::function<void(unsigned worker, std::size_t number)>& task) {
  assert(threads > 0);
  std::atomic<std::size_t> next{0};
  const auto work = [&](unsigned worker) {
    for (std::size_t number = next++; number < count; number = next++) task(worker, number);
  };
  std::vector<std::jthread> others;
  const auto helpers = static_cast<unsigned>(std::min<std::size_t>(threads, count));
  for (unsigned worker = 1; worker < helpers; ++worker) others.emplace_back(work, worker);
  work(0);
}

}  // namespace vcp::zk
