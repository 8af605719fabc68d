// SPDX-License-Identifier: Apache-2.0
// Aggregation of a round from files, beside the machine's memory bandwidth in the same run, and the
// idea that was not chosen: adding each update to an accumulator in memory as it arrives.
//
//   bench_fl [parameters [clients]]      default: 10000000 8; 100000000 needs 0.4 GB a client
//
// Updates are in the temporary directory and so in the page cache, the next model goes to /dev/shm:
// the disk is not measured. Rates are bytes of updates a second; `of_bandwidth` is their share of
// what one pass of reading memory reaches. `peak_MB` is the resident memory while the benchmark
// ran; files are not in it.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "noise.hpp"
#include "vcp/fl/incoming.hpp"
#include "vcp/fl/round.hpp"

namespace vcp::fl {
namespace {

std::uint64_t g_parameters = 10'000'000;
std::uint64_t g_clients = 8;

constexpr double kMega = 1e6;

/// A model and updates of `g_parameters` float32, made once.
class Cohort {
 public:
  Cohort() {
    directory_ = make_directory(std::filesystem::temp_directory_path());
    results_ = make_directory("/dev/shm");
    for (std::uint64_t k = 0; k <= g_clients; ++k) write(k);
  }
  ~Cohort() {
    std::filesystem::remove_all(directory_);
    std::filesystem::remove_all(results_);
  }
  Cohort(const Cohort&) = delete;
  Cohort& operator=(const Cohort&) = delete;

  [[nodiscard]] Round round(const std::string& strategy) const {
    Round round{.strategy = validate_strategy({strategy}, g_clients).value(),
                .model = file(0),
                .updates = {},
                .state = {},
                .privacy = {},
                .next_model = results_ / "next",
                .next_state = results_ / "state"};
    for (std::uint64_t k = 1; k <= g_clients; ++k) {
      round.updates.push_back({.client_id = std::to_string(k), .file = file(k), .num_samples = k});
    }
    return round;
  }

  [[nodiscard]] std::filesystem::path file(std::uint64_t k) const {
    return directory_ / std::to_string(k);
  }

 private:
  void write(std::uint64_t k) const {
    const Layout layout = make_layout({{.name = "w", .shape = {g_parameters}}}, {});
    std::ofstream out(file(k), std::ios::binary);
    out << write_header(layout);
    std::vector<float> values(1 << 16);
    std::uint32_t state = static_cast<std::uint32_t>(k) + 1;
    for (std::uint64_t done = 0; done < g_parameters; done += values.size()) {
      for (float& value : values) {
        state = state * 1'664'525 + 1'013'904'223;
        value = static_cast<float>(state) * 0x1p-32F - 0.5F;
      }
      const auto count = std::min<std::uint64_t>(values.size(), g_parameters - done);
      out.write(reinterpret_cast<const char*>(values.data()),
                static_cast<std::streamsize>(count * sizeof(float)));
    }
  }

  static std::filesystem::path make_directory(const std::filesystem::path& parent) {
    std::string name = (parent / "vcp-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory: " + name);
    return name;
  }

  std::filesystem::path directory_;
  std::filesystem::path results_;
};

/// From now on the peak is what is resident from now on.
void reset_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) * 1'024 / kMega;
  }
  return 0;
}

/// Bytes a second that one thread reads from memory, the best of five passes.
double read_bandwidth() {
  const std::vector<double> values(1 << 26, 1.0);
  double best = 0;
  for (int pass = 0; pass < 5; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(sum_of_magnitudes(values));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(values.size() * sizeof(double)) / seconds.count());
  }
  return best;
}

void count(benchmark::State& state, double bandwidth) {
  const auto bytes = static_cast<double>(g_parameters * g_clients * sizeof(float));
  const double total = bytes * static_cast<double>(state.iterations());
  state.counters["updates_B/s"] = benchmark::Counter(total, benchmark::Counter::kIsRate);
  state.counters["of_bandwidth"] =
      benchmark::Counter(total / bandwidth, benchmark::Counter::kIsRate);
  state.counters["peak_MB"] = peak_megabytes();
}

void close(benchmark::State& state, const Round& round, double bandwidth, std::size_t threads) {
  SystemRandom random;
  reset_peak();
  for (auto _ : state) {
    const auto outcome = close_round(round, random, on_threads(threads));
    if (!outcome) state.SkipWithError(outcome.error().message.c_str());
  }
  count(state, bandwidth);
}

/// The other idea, at its cheapest: one double a parameter, and a sum that depends on the order.
void add_on_arrival(benchmark::State& state, const Cohort& cohort, double bandwidth) {
  reset_peak();
  std::vector<double> sum(g_parameters);
  std::vector<char> portion(1 << 16);
  for (auto _ : state) {
    for (std::uint64_t k = 1; k <= g_clients; ++k) {
      std::ifstream file(cohort.file(k), std::ios::binary);
      const auto header = std::filesystem::file_size(cohort.file(k)) - g_parameters * sizeof(float);
      file.seekg(static_cast<std::streamoff>(header));
      for (std::uint64_t done = 0; done < g_parameters;) {
        file.read(portion.data(), static_cast<std::streamsize>(portion.size()));
        const auto elements = static_cast<std::uint64_t>(file.gcount()) / sizeof(float);
        accumulate(Dtype::f32, portion.data(), static_cast<double>(k),
                   {std::span(sum).subspan(done, elements), {}});
        done += elements;
      }
    }
  }
  count(state, bandwidth);
}

/// Only the additions, with the update in memory already.
void add_in_memory(benchmark::State& state, double bandwidth) {
  std::vector<double> sum(g_parameters);
  const std::vector<char> update(g_parameters * sizeof(float));
  for (auto _ : state) {
    for (std::uint64_t k = 1; k <= g_clients; ++k) {
      accumulate(Dtype::f32, update.data(), static_cast<double>(k), {sum, {}});
    }
  }
  count(state, bandwidth);
}

/// What is done with an update while it arrives.
void check_incoming(benchmark::State& state, double bandwidth) {
  const Layout layout = make_layout({{.name = "w", .shape = {g_parameters}}}, {});
  const std::string portion(1 << 16, '\0');
  for (auto _ : state) {
    for (std::uint64_t k = 0; k < g_clients; ++k) {
      IncomingModel incoming(layout);
      benchmark::DoNotOptimize(incoming.append(write_header(layout)).has_value());
      std::uint64_t left = layout.data_bytes();
      while (left > 0) {
        const auto size = std::min<std::uint64_t>(left, portion.size());
        benchmark::DoNotOptimize(
            incoming.append(std::string_view(portion).substr(0, size)).has_value());
        left -= size;
      }
    }
  }
  count(state, bandwidth);
}

void sample(benchmark::State& state, std::int64_t (*sampler)(KeyStream&, int)) {
  SystemRandom random;
  const NoiseKey key(random);
  KeyStream stream(key, 0);
  for (auto _ : state) benchmark::DoNotOptimize(sampler(stream, kMaxGridBits));
}

void register_rounds(const Cohort& cohort, double bandwidth) {
  for (const char* strategy : {"fedavg", "fedadam", "median", "trimmed_mean", "multi_krum"}) {
    for (const std::size_t threads : {1, 2}) {
      benchmark::RegisterBenchmark(
          (std::string("close_round/") + strategy + "/threads:" + std::to_string(threads)).c_str(),
          [=, round = cohort.round(strategy)](benchmark::State& state) {
            close(state, round, bandwidth, threads);
          })
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  Round round = cohort.round("fedavg");
  round.privacy = PrivateRound{.mechanism = Mechanism::gaussian,
                               .clip = 1,
                               .sum_multiplier = 1,
                               .cohort = g_clients,
                               .adaptive = {}};
  benchmark::RegisterBenchmark("close_round/private/threads:2",
                               [=](benchmark::State& state) { close(state, round, bandwidth, 2); })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void register_rest(const Cohort& cohort, double bandwidth) {
  const auto milliseconds = benchmark::kMillisecond;
  benchmark::RegisterBenchmark("add_on_arrival", [&cohort, bandwidth](benchmark::State& state) {
    add_on_arrival(state, cohort, bandwidth);
  })->Unit(milliseconds);
  benchmark::RegisterBenchmark("add_in_memory", [bandwidth](benchmark::State& state) {
    add_in_memory(state, bandwidth);
  })->Unit(milliseconds);
  benchmark::RegisterBenchmark("check_incoming", [bandwidth](benchmark::State& state) {
    check_incoming(state, bandwidth);
  })->Unit(milliseconds);
  benchmark::RegisterBenchmark("normal_noise", sample, sample_normal);
  benchmark::RegisterBenchmark("laplace_noise", sample, sample_laplace);
}

}  // namespace
}  // namespace vcp::fl

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) vcp::fl::g_parameters = std::strtoull(argv[1], nullptr, 10);
  if (argc > 2) vcp::fl::g_clients = std::strtoull(argv[2], nullptr, 10);
  const vcp::fl::Cohort cohort;
  const double bandwidth = vcp::fl::read_bandwidth();
  benchmark::AddCustomContext("read_bandwidth_GB/s", std::to_string(bandwidth / 1e9));
  vcp::fl::register_rounds(cohort, bandwidth);
  vcp::fl::register_rest(cohort, bandwidth);
  benchmark::RunSpecifiedBenchmarks();
}
