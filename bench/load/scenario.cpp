// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "batch.hpp"
#include "driver.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/client/blocking.hpp"

namespace vcp::load {
namespace {

using Recorders = Result<std::vector<Recorder>>;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kNdjson = "application/x-ndjson";
constexpr std::size_t kConnections = 64;
constexpr std::chrono::milliseconds kPollInterval{5};

/// How long nothing may come to an end before a run is given up.
constexpr std::chrono::seconds kStandstill{30};

Schedule::Bounds bounds(const Volume& volume) {
  Schedule::Bounds bounds{.rate = volume.rate};
  if (volume.count) bounds.count = *volume.count;
  if (volume.seconds) {
    bounds.duration = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(*volume.seconds));
  }
  return bounds;
}

/// The volume asked for; where neither a count nor a time was, the scenario's.
Volume or_else(Volume asked, const Volume& own) {
  if (!asked.count && !asked.seconds) {
    asked.count = own.count;
    asked.seconds = own.seconds;
  }
  if (!asked.rate) asked.rate = own.rate;
  if (!asked.connections) asked.connections = own.connections;
  return asked;
}

Recorders run_plans(Target& target, std::vector<Plan> plans) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (Plan& plan : plans) {
    auto driver = Driver::open(target.io(), target.endpoint(), std::move(plan));
    if (!driver) return std::unexpected(driver.error());
    drivers.push_back(std::move(*driver));
  }
  for (const auto& driver : drivers) driver->start();
  target.io().restart();
  target.io().run();
  std::vector<Recorder> recorders;
  for (const auto& driver : drivers) recorders.push_back(driver->recorder());
  return recorders;
}

// --- What is sent

std::string task_body(std::string_view module_id) {
  return fmt::format(
      R"({{"task_type":"wasm_execution","module_id":"{}",)"
      R"("inputs":{{"number":"{}","words":["alpha","beta","gamma"]}},)"
      R"("requirements":{{"min_nodes":1,"max_execution_time_sec":30,"require_gpu":false,)"
      R"("require_proof":false}},"priority":5}})",
      module_id, Prepared::kNumber);
}

/// A node; its name is new in every run.
std::string node_body(Random& random) {
  const std::uint64_t run = random.next();
  return fmt::format(R"({{"node_id":"load-{:016x}-{}","region":"load","node_type":"compute",)"
                     R"("capabilities":{{"bandwidth_mbps":100,"cpu_cores":4,"memory_gb":8,)"
                     R"("gpu_available":false}},"slots":4}})",
                     run, Prepared::kNumber);
}

Plan registrations(Target& target, const Volume& volume) {
  const std::string body = node_body(target.random());
  return {.name = "register",
          .request = prepare(target.request("POST", "/api/v1/nodes", kJson, body)),
          .connections = *volume.connections,
          .bounds = bounds(volume),
          .status = 201};
}

Result<Plan> submissions(Target& target, const Volume& volume) {
  const auto module = target.upload_module();
  if (!module) return std::unexpected(module.error());
  const std::string body = task_body(*module);
  return Plan{.name = "submit",
              .request = prepare(target.request("POST", "/api/v1/tasks", kJson, body)),
              .connections = *volume.connections,
              .bounds = bounds(volume),
              .status = 201};
}

// --- Scenarios of single requests

Recorders run_health(Target& target, const Volume& asked) {
  const Volume volume = or_else(asked, {.seconds = 5, .connections = kConnections});
  std::vector<Plan> plans;
  plans.push_back({.name = "health",
                   .request = prepare(target.request("GET", "/api/v1/health")),
                   .connections = *volume.connections,
                   .bounds = bounds(volume)});
  return run_plans(target, std::move(plans));
}

Recorders run_post(Target& target, const Volume& asked) {
  if (asked.target.empty()) return fail(Code::invalid, "say what to post to: --target and --body");
  const Volume volume = or_else(asked, {.seconds = 5, .connections = kConnections});
  std::vector<Plan> plans;
  plans.push_back({.name = "post",
                   .request = prepare(target.request("POST", asked.target, kJson, asked.body)),
                   .connections = *volume.connections,
                   .bounds = bounds(volume)});
  return run_plans(target, std::move(plans));
}

Recorders run_register(Target& target, const Volume& asked) {
  std::vector<Plan> plans;
  plans.push_back(
      registrations(target, or_else(asked, {.count = 10'000, .connections = kConnections})));
  return run_plans(target, std::move(plans));
}

Recorders submit(Target& target, const Volume& volume) {
  auto plan = submissions(target, volume);
  if (!plan) return std::unexpected(plan.error());
  std::vector<Plan> plans;
  plans.push_back(std::move(*plan));
  return run_plans(target, std::move(plans));
}

Recorders run_submit(Target& target, const Volume& asked) {
  return submit(target, or_else(asked, {.count = 1'000, .connections = kConnections}));
}

Recorders run_steady(Target& target, const Volume& asked) {
  return submit(target,
                or_else(asked, {.seconds = 10, .rate = 1'000, .connections = kConnections}));
}

Recorders run_mixed(Target& target, const Volume& asked) {
  Volume nodes = or_else(asked, {.count = 10'000, .connections = kConnections});
  nodes.connections = std::max<std::size_t>(1, *nodes.connections / 2);
  Volume tasks = nodes;
  if (nodes.count) tasks.count = std::max<std::uint64_t>(1, *nodes.count / 10);
  auto plan = submissions(target, tasks);
  if (!plan) return std::unexpected(plan.error());
  std::vector<Plan> plans;
  plans.push_back(registrations(target, nodes));
  plans.push_back(std::move(*plan));
  return run_plans(target, std::move(plans));
}

/// Fails unless nodes are there to run what is submitted.
Result<Statistics> require_nodes(Target& target) {
  auto statistics = client::wait_for(target.io(), target.statistics());
  if (statistics && statistics->healthy_nodes == 0) {
    return fail(Code::conflict, "no node is online: start some, as with vcp-node");
  }
  return statistics;
}

Recorders run_latency(Target& target, const Volume& asked) {
  const Volume volume = or_else(asked, {.count = 500, .connections = 1});
  if (const auto found = require_nodes(target); !found) return std::unexpected(found.error());
  const auto module = target.upload_module();
  if (!module) return std::unexpected(module.error());
  const std::string body = task_body(*module);
  std::vector<Plan> plans;
  plans.push_back({.name = "latency",
                   .request = prepare(target.request("POST", "/api/v1/tasks?wait=60", kJson, body)),
                   .connections = *volume.connections,
                   .bounds = bounds(volume),
                   .status = 201,
                   .text = R"("status":"completed")"});
  return run_plans(target, std::move(plans));
}

// --- Scenarios of batches

/// The lines of one submission each, on as many connections as asked for; they stream once the
/// io_context runs.
class Batches {
 public:
  static Result<std::unique_ptr<Batches>> open(Target& target, const Volume& volume) {
    if (volume.rate || volume.seconds) {
      return fail(Code::invalid, "a batch has a --count, neither --seconds nor --rate");
    }
    const auto module = target.upload_module();
    if (!module) return std::unexpected(module.error());
    auto batches = std::unique_ptr<Batches>(new Batches(task_line(*module)));
    const std::size_t connections = *volume.connections;
    for (std::size_t i = 0; i < connections; ++i) {
      auto socket = connect(target.io(), target.endpoint());
      if (!socket) return std::unexpected(socket.error());
      const std::uint64_t lines = (*volume.count + i) / connections;
      const Request request =
          target.request("POST", "/api/v1/tasks/batch", kNdjson, batches->line_);
      batches->streams_.push_back(
          std::make_unique<BatchStream>(std::move(*socket), request, lines));
    }
    return batches;
  }

  void start(asio::io_context& io, Recorder& recorder) {
    for (const auto& stream : streams_) {
      asio::co_spawn(io, stream->run(recorder), [](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
    }
  }

 private:
  explicit Batches(std::string line) : line_(std::move(line)) {}

  static std::string task_line(std::string_view module) {
    return std::string(Prepared(task_body(module)).at(0)) + "\n";
  }

  std::string line_;
  std::vector<std::unique_ptr<BatchStream>> streams_;
};

Recorders run_batch(Target& target, const Volume& asked) {
  const Volume volume = or_else(asked, {.count = 200'000, .connections = 1});
  auto batches = Batches::open(target, volume);
  if (!batches) return std::unexpected(batches.error());
  Recorder recorder("batch", Clock::now());
  (*batches)->start(target.io(), recorder);
  target.io().restart();
  target.io().run();
  std::vector<Recorder> recorders;
  recorders.push_back(std::move(recorder));
  return recorders;
}

/// Counts what comes to an end until `count` have, beyond the `before` that had at the start.
Async<Result<>> count_ends(Target& target, std::uint64_t before, std::uint64_t count,
                           Recorder& recorder) {
  Timer timer(target.io());
  Moment last = Clock::now();
  while (recorder.count() < count) {
    const auto now = co_await target.statistics();
    if (!now) co_return std::unexpected(now.error());
    const std::uint64_t more = now->ended_tasks - before - recorder.count();
    if (more > 0) recorder.ended(more, last = Clock::now());
    if (Clock::now() - last > kStandstill) {
      co_return fail(Code::timed_out, "no task has ended for half a minute");
    }
    timer.expires_after(kPollInterval);
    co_await timer.async_wait(asio::as_tuple(use_async));
  }
  co_return Result<>{};
}

Recorders run_e2e(Target& target, const Volume& asked) {
  const Volume volume = or_else(asked, {.count = 10'000, .connections = 1});
  const auto before = require_nodes(target);
  if (!before) return std::unexpected(before.error());
  auto batches = Batches::open(target, volume);
  if (!batches) return std::unexpected(batches.error());
  const Moment start = Clock::now();
  std::vector<Recorder> recorders;
  recorders.emplace_back("submit", start);
  recorders.emplace_back("end to end", start);
  (*batches)->start(target.io(), recorders.front());
  const auto ended = client::wait_for(
      target.io(), count_ends(target, before->ended_tasks, *volume.count, recorders.back()));
  if (!ended) return std::unexpected(ended.error());
  return recorders;
}

constexpr auto kScenarios = std::to_array<Scenario>({
    {"health", "GET /health, for --seconds 5", run_health},
    {"post", "POST --target with --body, answered 200, for --seconds 5", run_post},
    {"register", "POST /nodes, --count 10000", run_register},
    {"submit", "POST /tasks, --count 1000", run_submit},
    {"mixed", "register, and submit a tenth as many, at once", run_mixed},
    {"steady", "POST /tasks in an open loop, --rate 1000 for --seconds 10", run_steady},
    {"batch", "POST /tasks/batch, --count 200000 lines on --connections 1", run_batch},
    {"e2e", "a batch of --count 10000, until nodes have run it all", run_e2e},
    {"latency", "POST /tasks?wait, one at a time, --count 500, run by nodes", run_latency},
});

}  // namespace

std::span<const Scenario> scenarios() { return kScenarios; }

}  // namespace vcp::load
