// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/machine.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace vcp::agent {

namespace fs = std::filesystem;

namespace {

/// A limit of cgroup version 1 above this is none: it says so with the largest number of pages.
constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 60;

/// No machine is that hot, so a sensor that says so is broken.
constexpr double kMaxPlausibleC = 150;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || stop == text.data()) return std::nullopt;
  return value;
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::uint64_t> read_number(const fs::path& path) {
  return parse_number(first_line(path));
}

/// "MemTotal:  123 kB" of /proc/meminfo, in KiB.
std::optional<std::uint64_t> meminfo(const fs::path& root, std::string_view name) {
  std::ifstream file(root / "proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    std::string_view rest = std::string_view(line).substr(name.size() + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return parse_number(rest);
  }
  return std::nullopt;
}

/// The directories below `directory`, none if it is not there.
std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory, ec)) found.push_back(entry.path());
  return found;
}

/// The smallest of what `read` finds in a cgroup and those above it, up to its mount.
template <class Read>
auto smallest_upwards(fs::path directory, const fs::path& mount, Read read) {
  auto smallest = read(mount);
  for (; directory != mount && directory.has_relative_path(); directory = directory.parent_path()) {
    auto value = read(directory);
    if (value && (!smallest || *value < *smallest)) smallest = value;
  }
  return smallest;
}

/// Processor time of this process and of its children that have ended, in clock ticks.
std::uint64_t own_ticks() {
  double seconds = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    }
  }
  return static_cast<std::uint64_t>(seconds * static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace

Machine::Machine(fs::path root) : root_(std::move(root)) {
  fs::path mount = root_ / "sys/fs/cgroup";
  std::ifstream file(root_ / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "4:memory:/path"; version 2: "0::/path"
    std::size_t first = line.find(':');
    std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    fs::path path = fs::path(line.substr(second + 1)).relative_path();
    if (controllers.empty()) cgroup_v2_ = mount / path;
    if (controllers == "memory") cgroup_v1_memory_ = mount / "memory" / path;
    if (controllers == "cpu" || controllers == "cpu,cpuacct") cgroup_v1_cpu_ = mount / "cpu" / path;
  }
}

std::optional<double> Machine::cgroup_cpus() const {
  fs::path mount = root_ / "sys/fs/cgroup";
  auto v2 = [](const fs::path& directory) -> std::optional<double> {  // "max 100000"
    std::istringstream line(first_line(directory / "cpu.max"));
    double quota = 0;
    double period = 0;
    if (!(line >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
    return quota / period;
  };
  auto v1 = [](const fs::path& directory) -> std::optional<double> {
    auto quota = read_number(directory / "cpu.cfs_quota_us");  // -1: none
    auto period = read_number(directory / "cpu.cfs_period_us");
    if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
  };
  auto cpus = smallest_upwards(cgroup_v2_, mount, v2);
  return cpus ? cpus : smallest_upwards(cgroup_v1_cpu_, mount / "cpu", v1);
}

std::uint32_t Machine::cores() const {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cores = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  if (auto quota = cgroup_cpus()) cores = std::min(cores, std::ceil(*quota));
  return static_cast<std::uint32_t>(std::max(cores, 1.0));
}

std::optional<std::uint64_t> Machine::cgroup_memory(const char* v2, const char* v1) const {
  fs::path mount = root_ / "sys/fs/cgroup";
  auto read = [](const char* file) {
    return [file](const fs::path& directory) { return read_number(directory / file); };
  };
  auto bytes = smallest_upwards(cgroup_v2_, mount, read(v2));
  if (!bytes) bytes = smallest_upwards(cgroup_v1_memory_, mount / "memory", read(v1));
  return bytes && *bytes < kUnlimited ? bytes : std::nullopt;
}

std::uint64_t Machine::memory_mb() const {
  std::uint64_t bytes = meminfo(root_, "MemTotal").value_or(0) * 1024;
  auto limit = cgroup_memory("memory.max", "memory.limit_in_bytes");
  return std::min(bytes, limit.value_or(bytes)) >> 20;
}

bool Machine::on_mains() const {
  bool has_battery = false;
  for (const auto& supply : entries(root_ / "sys/class/power_supply")) {
    std::string type = first_line(supply / "type");
    if (type != "Battery" && read_number(supply / "online") == 1) return true;
    has_battery |= type == "Battery" && first_line(supply / "scope") != "Device";
  }
  return !has_battery;
}

Sample Machine::sample(std::chrono::steady_clock::time_point now) {
  Sample sample{.memory_percent = memory_percent(),
                .temperature_c = temperature_c(),
                .power_watts = power_watts(now)};
  sample_cpu(sample);
  return sample;
}

std::optional<Machine::CpuTimes> Machine::cpu_times() const {
  std::istringstream line(first_line(root_ / "proc/stat"));
  std::string name;
  line >> name;
  // user nice system idle iowait irq softirq steal; what follows is counted in these already.
  std::uint64_t ticks[8] = {};
  for (auto& value : ticks) line >> value;
  if (name != "cpu" || !line) return std::nullopt;
  CpuTimes times{.own = own_ticks()};
  for (auto value : ticks) times.total += value;
  times.busy = times.total - ticks[3] - ticks[4];
  return times;
}

void Machine::sample_cpu(Sample& sample) {
  auto times = cpu_times();
  auto last = std::exchange(last_cpu_, times);
  if (!times || !last || times->total <= last->total) return;
  auto total = static_cast<double>(times->total - last->total);
  auto busy = static_cast<double>(times->busy) - static_cast<double>(last->busy);
  auto own = static_cast<double>(times->own - last->own);
  sample.cpu_percent = std::clamp(100 * busy / total, 0.0, 100.0);
  sample.others_cpu_percent = std::clamp(100 * (busy - own) / total, 0.0, 100.0);
}

std::optional<double> Machine::memory_percent() const {
  auto limit = cgroup_memory("memory.max", "memory.limit_in_bytes");
  auto used = cgroup_memory("memory.current", "memory.usage_in_bytes");
  if (limit && used && *limit > 0) {
    return std::min(100 * static_cast<double>(*used) / static_cast<double>(*limit), 100.0);
  }
  auto total = meminfo(root_, "MemTotal");
  auto available = meminfo(root_, "MemAvailable");
  if (!total || !available || *total == 0) return std::nullopt;
  return 100 - 100 * static_cast<double>(*available) / static_cast<double>(*total);
}

std::optional<double> Machine::temperature_c() const {
  std::optional<double> hottest;
  auto consider = [&hottest](const fs::path& file) {
    auto millidegrees = read_number(file);
    if (!millidegrees) return;
    double degrees = static_cast<double>(*millidegrees) / 1000;
    if (degrees <= kMaxPlausibleC) hottest = std::max(hottest.value_or(0), degrees);
  };
  for (const auto& zone : entries(root_ / "sys/class/thermal")) consider(zone / "temp");
  for (const auto& chip : entries(root_ / "sys/class/hwmon")) {
    for (const auto& file : entries(chip)) {
      std::string name = file.filename();
      if (name.starts_with("temp") && name.ends_with("_input")) consider(file);
    }
  }
  return hottest;
}

std::optional<double> Machine::power_watts(std::chrono::steady_clock::time_point now) {
  std::optional<std::uint64_t> microjoules;
  for (const auto& zone : entries(root_ / "sys/class/powercap")) {
    // The packages: "intel-rapl:0", not their parts "intel-rapl:0:1".
    std::string name = zone.filename();
    if (!name.starts_with("intel-rapl:") || std::ranges::count(name, ':') != 1) continue;
    if (auto value = read_number(zone / "energy_uj")) {
      microjoules = microjoules.value_or(0) + *value;
    }
  }
  if (!microjoules) return std::nullopt;
  auto last = std::exchange(last_energy_, Energy{*microjoules, now});
  // A counter that went back has started anew from 0.
  if (!last || *microjoules < last->microjoules || now <= last->at) return std::nullopt;
  std::chrono::duration<double> elapsed = now - last->at;
  return static_cast<double>(*microjoules - last->microjoules) / 1e6 / elapsed.count();
}

}  // namespace vcp::agent
