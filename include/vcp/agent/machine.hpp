// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace vcp::agent {

/// What was measured between the last two looks at a machine. What cannot be read is absent.
struct Sample {
  std::optional<double> cpu_percent = {};  ///< of all cores, by everybody
  std::optional<double> others_cpu_percent =
      {};  ///< the same without this process and its children
  std::optional<double> memory_percent = {};
  std::optional<double> temperature_c = {};  ///< of the hottest sensor
  std::optional<double> power_watts = {};    ///< of the processor packages
};

/// The machine as Linux shows it under /proc and /sys; inside a container, as its cgroup (version 1
/// or 2) bounds it. One thread.
class Machine {
 public:
  /// `root` stands before every path, for tests.
  explicit Machine(std::filesystem::path root = "/");

  /// Cores that this process may use: its affinity, and the quota of its cgroup rounded up.
  [[nodiscard]] std::uint32_t cores() const;

  /// Memory that this process may use, in MiB.
  [[nodiscard]] std::uint64_t memory_mb() const;

  /// Whether it runs on mains power; a machine that tells of no supply does.
  [[nodiscard]] bool on_mains() const;

  /// What happened since the last call; the first tells only what needs no past.
  [[nodiscard]] Sample sample(std::chrono::steady_clock::time_point now);

 private:
  struct CpuTimes {
    std::uint64_t busy = 0;
    std::uint64_t total = 0;
    std::uint64_t own = 0;
  };
  struct Energy {
    std::uint64_t microjoules;
    std::chrono::steady_clock::time_point at;
  };

  [[nodiscard]] std::optional<CpuTimes> cpu_times() const;
  void sample_cpu(Sample& sample);
  [[nodiscard]] std::optional<double> memory_percent() const;
  [[nodiscard]] std::optional<double> temperature_c() const;
  [[nodiscard]] std::optional<double> power_watts(std::chrono::steady_clock::time_point now);
  [[nodiscard]] std::optional<std::uint64_t> cgroup_memory(const char* v2, const char* v1) const;
  [[nodiscard]] std::optional<double> cgroup_cpus() const;

  std::filesystem::path root_;
  std::filesystem::path cgroup_v2_;
  std::filesystem::path cgroup_v1_memory_;
  std::filesystem::path cgroup_v1_cpu_;
  std::optional<CpuTimes> last_cpu_;
  std::optional<Energy> last_energy_;
};

}  // namespace vcp::agent
