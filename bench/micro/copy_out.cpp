// SPDX-License-Identifier: Apache-2.0
// What it costs to copy records out under a lock, for the reader and for the writer beside it:
// docs/clone-profiling.md.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "vcp/mesh/node.hpp"

namespace {

using vcp::mesh::Node;
using Steady = std::chrono::steady_clock;

Node make_node(std::size_t number) {
  Node node;
  node.registration.id.value = "node-" + std::to_string(number);
  node.registration.owner = "owner-" + std::to_string(number % 100);
  node.registration.region = "region-" + std::to_string(number % 16);
  node.registration.labels = {{"zone", "z" + std::to_string(number % 4)}, {"disk", "ssd"}};
  node.telemetry = vcp::mesh::Telemetry{.avg_latency_ms = 10, .cpu_usage_percent = 50};
  return node;
}

/// Records by value: a reader copies all of each, with the other readers kept out (`std::mutex`) or
/// beside them (`std::shared_mutex`).
template <class Mutex, template <class> class ReadLock>
class ByValue {
 public:
  explicit ByValue(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) nodes_.push_back(make_node(i));
  }

  [[nodiscard]] std::vector<Node> all() const {
    const ReadLock<Mutex> lock(mutex_);
    return nodes_;
  }

  void update(std::size_t which) {
    const std::unique_lock<Mutex> lock(mutex_);
    ++nodes_[which].completed;
  }

 private:
  mutable Mutex mutex_;
  std::vector<Node> nodes_;
};
using ExclusiveDeep = ByValue<std::mutex, std::unique_lock>;
using SharedDeep = ByValue<std::shared_mutex, std::shared_lock>;

/// As the coordinator's views: immutable records behind pointers. An update copies its one record
/// before it takes the lock.
class SharedPointers {
 public:
  explicit SharedPointers(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      nodes_.push_back(std::make_shared<const Node>(make_node(i)));
    }
  }

  [[nodiscard]] std::vector<std::shared_ptr<const Node>> all() const {
    const std::shared_lock lock(mutex_);
    return nodes_;
  }

  void update(std::size_t which) {
    auto changed = std::make_shared<Node>(*nodes_[which]);  // only the writer changes the vector
    ++changed->completed;
    std::shared_ptr<const Node> fresh = std::move(changed);
    const std::unique_lock lock(mutex_);
    nodes_[which].swap(fresh);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<const Node>> nodes_;
};

/// One reader is measured; `range(1)` others read beside it, and a writer that changes a record
/// 10,000 times a second tells how long that took it.
template <class Registry>
void copy_out(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Registry registry(size);
  std::atomic<bool> over = false;
  std::vector<std::jthread> others;
  for (std::int64_t i = 0; i < state.range(1); ++i) {
    others.emplace_back([&] {
      while (!over) benchmark::DoNotOptimize(registry.all());
    });
  }
  Steady::duration waited{};
  Steady::duration longest{};
  std::size_t updates = 0;
  std::jthread writer([&] {
    while (!over) {
      const auto start = Steady::now();
      registry.update(updates++ % size);
      const auto took = Steady::now() - start;
      waited += took;
      longest = std::max(longest, took);
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  for (auto _ : state) benchmark::DoNotOptimize(registry.all());
  over = true;
  others.clear();
  writer.join();
  const auto microseconds = [](Steady::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
  };
  state.counters["update_us"] = microseconds(waited) / static_cast<double>(updates);
  state.counters["longest_update_us"] = microseconds(longest);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"records", "other_readers"})->ArgsProduct({{1'000, 10'000}, {0, 1}});
  bench->Unit(benchmark::kMicrosecond)->UseRealTime();
}
BENCHMARK_TEMPLATE(copy_out, ExclusiveDeep)->Apply(sizes);
BENCHMARK_TEMPLATE(copy_out, SharedDeep)->Apply(sizes);
BENCHMARK_TEMPLATE(copy_out, SharedPointers)->Apply(sizes);

}  // namespace
