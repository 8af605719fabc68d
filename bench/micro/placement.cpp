// SPDX-License-Identifier: Apache-2.0
// What placement costs: the choice of a node with the update of its class's index, and a whole task
// through the core, from submission to result.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>

#include "ready.hpp"
#include "vcp/mesh/core.hpp"

namespace {

using namespace vcp;
using namespace vcp::mesh;

constexpr Time kStart{Duration(1'700'000'000'000)};

Registration registration(std::uint64_t number, Random& random) {
  Registration node;
  node.id.value = "node-" + std::to_string(number);
  node.owner = "owner";
  node.region = "region-" + std::to_string(number % 16);
  node.type = NodeType::compute;
  node.capabilities = {.bandwidth_mbps = 100 + 900 * random.uniform(),
                       .cpu_cores = 8,
                       .memory_gb = 1e6,
                       .gpu_available = number % 2 == 0};
  node.slots = 4'096;
  node.labels = {{"zone", "z" + std::to_string(number % 4)}, {"disk", "ssd"}};
  return node;
}

/// So many constraints that about half of the nodes meet with 3, and one in eight with 8.
Requirements constrained(std::int64_t count) {
  Requirements wanted;
  if (count >= 3) {
    wanted.require_gpu = true;
    wanted.node_type = NodeType::compute;
    wanted.min_memory_gb = 1;
  }
  if (count >= 8) {
    wanted.labels = {{"zone", "z0"}, {"disk", std::nullopt}};
    wanted.min_health_score = 10;
    wanted.min_bandwidth_mbps = 100;
    wanted.max_latency_ms = 90;
    for (int i = 0; i < 16; i += 2) wanted.regions.push_back("region-" + std::to_string(i));
  }
  return wanted;
}

/// One placement as the index sees it: choose, count the lease, look at the node anew.
void choose(benchmark::State& state) {
  const auto strategy = static_cast<Strategy>(state.range(0));
  const auto count = static_cast<std::uint64_t>(state.range(1));
  const Requirements wanted = constrained(state.range(2));
  SeededRandom seed(1);
  BufferedRandom random(seed);
  Regions regions;
  ReadyNodes ready(strategy);
  std::vector<Node> nodes(count);
  std::vector<RegionId> region(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    nodes[i].registration = registration(i, random);
    nodes[i].telemetry = Telemetry{.avg_latency_ms = 80 * random.uniform()};
    region[i] = regions.intern(nodes[i].registration.region);
    if (meets(nodes[i], wanted)) ready.put(static_cast<Handle>(i), nodes[i], region[i]);
  }
  std::uint64_t grants = 0;
  for (auto _ : state) {
    const Handle chosen = ready.choose(random, regions);
    Node& node = nodes[chosen];
    node.leases = (node.leases + 1) % 1'000;
    Regions::Load& load = regions[region[chosen]];
    ++load.leases;
    load.last_granted = ++grants;
    if (meets(node, wanted)) ready.put(chosen, node, region[chosen]);
  }
  state.SetLabel(std::string(to_string(strategy)));
}

void every_case(benchmark::internal::Benchmark* bench) {
  for (int strategy = 0; strategy < 5; ++strategy) {
    for (const int nodes : {1'000, 10'000, 100'000}) {
      for (const int constraints : {0, 3, 8}) bench->Args({strategy, nodes, constraints});
    }
  }
}
BENCHMARK(choose)->Apply(every_case)->ArgNames({"strategy", "nodes", "constraints"});

void register_nodes(benchmark::State& state) {
  SeededRandom random(1);
  std::vector<Registration> nodes;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    nodes.push_back(registration(static_cast<std::uint64_t>(i), random));
  }
  for (auto _ : state) {
    state.PauseTiming();
    auto core = std::make_unique<Core>(Settings{}, random);
    auto copies = nodes;
    state.ResumeTiming();
    for (Registration& node : copies) {
      benchmark::DoNotOptimize(core->register_node(kStart, std::move(node), false));
    }
    state.PauseTiming();
    core.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(register_nodes)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// A turn of the writer with a hundred tasks on one of many nodes that wait for work, their leases
/// and their results; `pending` other tasks can run nowhere.
void task_through_core(benchmark::State& state) {
  constexpr std::uint32_t kTasks = 100;
  SeededRandom random(1);
  Core core(Settings{}, random);
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const Registration node = registration(static_cast<std::uint64_t>(i), random);
    benchmark::DoNotOptimize(core.register_node(kStart, node, false));
  }
  for (std::int64_t i = 0; i < state.range(1); ++i) {
    TaskSpec spec;
    spec.owner = "owner";
    spec.requirements.labels = {{"there", "is none"}};
    benchmark::DoNotOptimize(core.submit(kStart, std::move(spec)));
  }
  benchmark::DoNotOptimize(core.take_changes(1));
  std::uint64_t polls = 0;
  std::uint64_t commit = 1;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < kTasks; ++i) {
      TaskSpec spec;
      spec.owner = "owner";
      benchmark::DoNotOptimize(core.submit(kStart, std::move(spec)));
    }
    const NodeId node{"node-" + std::to_string(polls % static_cast<std::uint64_t>(state.range(0)))};
    benchmark::DoNotOptimize(core.poll(PollId{++polls}, node, kTasks, kStart + Duration(1'000)));
    core.place(kStart);
    const Changes changes = core.take_changes(++commit);
    for (const PollAnswer& answer : changes.polls) {
      for (const Offer& offer : answer.offers) {
        Report report;
        report.task = offer.task->id;
        report.node = node;
        report.epoch = offer.lease.epoch;
        benchmark::DoNotOptimize(core.report(kStart, report));
      }
    }
    benchmark::DoNotOptimize(core.take_changes(++commit));
  }
  state.SetItemsProcessed(state.iterations() * kTasks);
}
BENCHMARK(task_through_core)
    ->ArgNames({"nodes", "pending"})
    ->Args({1'000, 0})
    ->Args({100'000, 0})
    ->Args({1'000, 1'000'000});

}  // namespace
