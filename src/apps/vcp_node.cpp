// SPDX-License-Identifier: Apache-2.0
// vcp-node: makes a machine a node of the mesh.
#include <fcntl.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "vcp/agent/agent.hpp"
#include "vcp/agent/http_link.hpp"
#include "vcp/agent/machine.hpp"
#include "vcp/agent/schedule.hpp"
#include "vcp/agent/wasm_execute.hpp"
#include "vcp/base/config.hpp"
#include "vcp/base/version.hpp"
#include "vcp/wasm/cache.hpp"
#include "vcp/wasm/compiler.hpp"
#include "vcp/wasm/engine.hpp"

namespace {

namespace asio = vcp::asio;
namespace fs = std::filesystem;
using vcp::Code;
using vcp::fail;
using vcp::Result;

constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

struct Settings {
  std::string config;
  std::string coordinator;
  std::string token_file;
  std::string node_id;
  std::string region = "default";
  std::string node_type = "compute";
  std::uint32_t slots = 0;    // 0: as many as there are cores
  std::uint32_t threads = 0;  // 0: as many as there are cores, at most the slots
  std::vector<std::string> labels;
  bool gpu = false;
  std::string data_dir;
  std::string ca_file;
  double bandwidth_mbps = 100;
  std::uint64_t memory_mb = 0;  // 0: half of what there is
  double cpu_percent = 100;
  std::uint64_t disk_mb = 4096;
  std::vector<std::string> only_when;
  std::uint32_t heartbeat_sec = 10;
  std::uint32_t grace_sec = 20;
  std::optional<double> max_temperature_c;
  std::optional<double> max_latency_ms;
  std::optional<std::uint32_t> max_consecutive_errors;
  std::string log_level = "info";
};

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

void declare(CLI::App& app, Settings& settings) {
  app.set_version_flag("--version", "vcp-node " + std::string(vcp::kVersion));
  app.add_option("--config", settings.config, "TOML file with these settings");
  auto is_url = [](const std::string& text) {
    auto url = vcp::client::parse_url(text);
    return url ? std::string() : url.error().message;
  };
  app.add_option("--coordinator", settings.coordinator, "URL of the coordinator")
      ->check(CLI::Validator(is_url, "URL"))
      ->required();
  app.add_option("--token-file", settings.token_file,
                 "file with a join or admin token, for the first registration");
  auto is_node_id = [](const std::string& text) -> std::string {
    bool is_good = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_id_character);
    return is_good ? "" : "'" + text + "' is not 1 to 64 letters, digits, _ and -";
  };
  app.add_option("--node-id", settings.node_id, "name in the mesh (default: from the host name)")
      ->check(CLI::Validator(is_node_id, "ID"));
  app.add_option("--region", settings.region, "where it stands")->capture_default_str();
  app.add_option("--node-type", settings.node_type, "what it is for")
      ->check(CLI::IsMember({"compute", "gateway", "storage", "validator", "any"}))
      ->capture_default_str();
  app.add_option("--slots", settings.slots, "leases it may hold (default: the cores)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--threads", settings.threads,
                 "tasks it runs at once (default: the cores, at most the slots)")
      ->check(CLI::Range(1, 1024));
  app.add_option("--label", settings.labels, "K=V, may be given several times")
      ->allow_extra_args(false);
  app.add_flag("--gpu", settings.gpu, "tell that it has a GPU");
  app.add_option("--data-dir", settings.data_dir, "where it keeps its token and caches");
  app.add_option("--ca-file", settings.ca_file, "PEM file of the authorities to trust");
  app.add_option("--bandwidth-mbps", settings.bandwidth_mbps, "its bandwidth")
      ->check(CLI::Range(0.0, 100000.0))
      ->capture_default_str();
  app.add_option("--memory-mb", settings.memory_mb,
                 "memory for tasks, all together (default: half of the machine's)")
      ->check(CLI::Range(std::uint64_t{64}, std::uint64_t{10'000'000}));
  app.add_option("--cpu-percent", settings.cpu_percent, "share of all its cores, on average")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  app.add_option("--disk-mb", settings.disk_mb, "disk for caches")
      ->check(CLI::Range(std::uint64_t{16}, std::uint64_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--only-when", settings.only_when,
                 "idle, mains or hours such as 22:00-06:30; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--heartbeat-sec", settings.heartbeat_sec, "longest time between heartbeats")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--grace-sec", settings.grace_sec, "time for running tasks when it is stopped")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  app.add_option("--max-temperature-c", settings.max_temperature_c, "no work above (default: 85)")
      ->check(CLI::Range(0.0, 150.0));
  app.add_option("--max-latency-ms", settings.max_latency_ms, "no work above (default: 100)")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--max-consecutive-errors", settings.max_consecutive_errors,
                 "no work at so many of its own errors (default: 25)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--log-level", settings.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
}

/// The host's name, with what a node id may not have replaced.
std::string default_node_id() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  std::string id(name.data());
  id.resize(std::min<std::size_t>(id.size(), 64));
  std::ranges::replace_if(id, std::not_fn(is_id_character), '-');
  return id.empty() ? "node" : id;
}

Result<fs::path> default_data_dir(const std::string& node_id) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state != nullptr && *state == '/') return fs::path(state) / "vcp-node" / node_id;
  if (home != nullptr && *home == '/') return fs::path(home) / ".local/state/vcp-node" / node_id;
  return fail(Code::invalid, "--data-dir: is required where there is no HOME");
}

/// Makes the directory, and takes it for this process for as long as that lives.
Result<> take_data_dir(const fs::path& directory) {
  std::error_code ec;
  bool is_new = fs::create_directories(directory, ec);
  if (!ec && is_new) fs::permissions(directory, fs::perms::owner_all, ec);
  if (ec) return fail(Code::io, directory.string() + ": " + ec.message());
  fs::path path = directory / "lock";
  int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return fail(Code::io, path.string() + ": " + std::generic_category().message(errno));
  }
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return fail(Code::conflict, directory.string() + ": another vcp-node works with it");
  }
  return {};
}

Result<std::string> read_token(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path);
  std::string token(kMaxTokenBytes, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  if (file.bad() || !file.is_open()) return fail(Code::io, path + ": cannot be read");
  token.resize(static_cast<std::size_t>(file.gcount()));
  token.erase(std::min(token.find_first_of(" \r\n"), token.size()));
  if (token.empty()) return fail(Code::invalid, path + ": holds no token");
  return token;
}

/// What the settings mean on this machine.
Result<vcp::agent::AgentOptions> to_options(const Settings& settings,
                                            const vcp::agent::Machine& machine) {
  vcp::agent::AgentOptions options;
  double cores = std::min(machine.cores(), 1024U);
  double given_cores = cores * settings.cpu_percent / 100;
  auto slots = settings.slots != 0 ? settings.slots : static_cast<std::uint32_t>(cores);
  auto threads = settings.threads != 0 ? settings.threads : static_cast<std::uint32_t>(cores);
  if (settings.cpu_percent < 100) {
    threads = std::min(threads, static_cast<std::uint32_t>(std::ceil(given_cores)));
    options.rest = std::max(threads / given_cores - 1, 0.0);
  }
  options.threads = std::min(threads, slots);
  options.memory_mb = settings.memory_mb != 0 ? settings.memory_mb : machine.memory_mb() / 2;
  options.cache_bytes = settings.disk_mb * kMiB / 2;  // compiled modules have the other half
  options.heartbeat_interval = std::chrono::seconds(settings.heartbeat_sec);
  options.grace = std::chrono::seconds(settings.grace_sec);
  for (const std::string& rule : settings.only_when) {
    if (auto added = options.schedule.add(rule); !added) {
      return fail(Code::invalid, "--only-when: " + added.error().message);
    }
  }

  options.registration = {.region = settings.region,
                          .node_type = settings.node_type,
                          .bandwidth_mbps = settings.bandwidth_mbps,
                          .cpu_cores = static_cast<std::uint32_t>(cores),
                          .memory_gb = static_cast<double>(options.memory_mb) / 1024,
                          .gpu_available = settings.gpu,
                          .slots = slots,
                          .max_temperature_c = settings.max_temperature_c,
                          .max_latency_ms = settings.max_latency_ms,
                          .max_consecutive_errors = settings.max_consecutive_errors};
  for (const std::string& label : settings.labels) {
    std::size_t equals = label.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(Code::invalid, "--label: '" + label + "' is not K=V");
    }
    options.registration.labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return options;
}

/// Tells systemd, where it has started this program, how the node stands; and that the event loop
/// turns, for its watchdog.
vcp::Async<void> keep_systemd_informed(const vcp::agent::Agent& agent) {
  using Timer =
      asio::basic_waitable_timer<std::chrono::steady_clock,
                                 asio::wait_traits<std::chrono::steady_clock>, vcp::Executor>;
  auto executor = co_await asio::this_coro::executor;
  std::uint64_t watchdog_usec = 0;
  sd_watchdog_enabled(0, &watchdog_usec);
  auto interval = std::chrono::microseconds(2'000'000);
  if (watchdog_usec > 0)
    interval = std::min(interval, std::chrono::microseconds(watchdog_usec / 3));
  for (bool ready = false; true;) {
    vcp::agent::AgentSummary summary = agent.summary();
    if (summary.registered && !ready) {
      sd_notify(0, "READY=1");
      ready = true;
    }
    std::string status = "WATCHDOG=1\nSTATUS=" + std::to_string(summary.running) + " running, " +
                         std::to_string(summary.reported) + " results so far";
    if (!summary.registered) status = "WATCHDOG=1\nSTATUS=not registered yet";
    if (!summary.paused.empty()) status += "; takes no work: " + summary.paused;
    sd_notify(0, status.c_str());
    Timer timer(executor, interval);
    co_await timer.async_wait(vcp::use_async);
  }
}

/// Runs the agent until a signal ends it.
Result<> serve(asio::io_context& io, vcp::agent::Agent& agent) {
  asio::basic_signal_set<vcp::Executor> signals(io.get_executor(), SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& ec, int) {
    if (ec) return;
    spdlog::info("stopping");
    sd_notify(0, "STOPPING=1");
    signals.clear();  // the next one ends the program at once
    agent.stop();
  });
  asio::co_spawn(io, keep_systemd_informed(agent), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  Result<> result;
  asio::co_spawn(io, agent.run(), [&](std::exception_ptr thrown, Result<> value) {
    if (thrown) std::rethrow_exception(thrown);
    result = std::move(value);
    io.stop();
  });
  io.run();
  return result;
}

Result<> run(const Settings& settings, vcp::agent::AgentOptions options,
             vcp::agent::Machine& machine, const vcp::wasm::CompilerProgram& compiler_program) {
  auto url = vcp::client::parse_url(settings.coordinator);
  if (!url) return std::unexpected(url.error());
  auto join_token = read_token(settings.token_file);
  if (!join_token) return std::unexpected(join_token.error());
  const std::string& node_id = options.registration.node_id;
  auto data_dir =
      settings.data_dir.empty() ? default_data_dir(node_id) : Result<fs::path>(settings.data_dir);
  if (!data_dir) return std::unexpected(data_dir.error());
  if (auto taken = take_data_dir(*data_dir); !taken) return taken;
  options.cache_directory = *data_dir / "content";

  auto engine = vcp::wasm::Engine::create();
  if (!engine) return std::unexpected(engine.error());
  vcp::wasm::CacheOptions cache_options{
      .directory = *data_dir / "compiled",
      .disk_bytes = options.cache_bytes,
      .compilations = static_cast<int>(std::min(options.threads, 2U))};
  auto modules = vcp::wasm::ModuleCache::open(*engine, vcp::wasm::Compiler(compiler_program),
                                              std::move(cache_options));
  if (!modules) return std::unexpected(modules.error());

  asio::io_context io(1);
  vcp::SystemClock clock;
  vcp::SystemRandom random;
  auto link = vcp::agent::HttpLink::open(io,
                                         {.url = *url,
                                          .ca_file = settings.ca_file,
                                          .node_id = node_id,
                                          .join_token = *join_token,
                                          .data_dir = *data_dir},
                                         random);
  if (!link) return std::unexpected(link.error());
  auto agent = vcp::agent::Agent::create(io, std::move(options), **link,
                                         vcp::agent::wasm_execute(*engine, *modules), machine,
                                         clock, random);
  if (!agent) return std::unexpected(agent.error());
  Result<> served = serve(io, **agent);
  if (served && (*agent)->summary().running > 0) {
    // A task that could not be interrupted, such as one being compiled, must not keep us.
    std::quick_exit(0);
  }
  return served;
}

int report(const vcp::Error& error, int status) {
  std::cerr << "vcp-node: " << error.message << '\n';
  if (error.fields.size() < 2) return status;  // the message has named the only one
  for (const auto& [pointer, detail] : error.fields) {
    std::cerr << "  " << pointer << ": " << detail << '\n';
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  auto compiler_program = vcp::wasm::CompilerProgram::enter(argc, argv);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("vcp-node"));
  CLI::App app{"Makes this machine a node: runs tasks of a coordinator in a sandbox."};
  Settings settings;
  declare(app, settings);
  auto outcome = vcp::parse_settings(app, argc, argv, std::getenv, std::cout);
  if (outcome == vcp::Outcome::exit) return 0;
  vcp::agent::Machine machine;
  auto options = outcome ? to_options(settings, machine)
                         : Result<vcp::agent::AgentOptions>(std::unexpected(outcome.error()));
  if (!options) return report(options.error(), 2);
  spdlog::set_level(spdlog::level::from_str(settings.log_level));
  options->registration.node_id = settings.node_id.empty() ? default_node_id() : settings.node_id;
  auto result = run(settings, std::move(*options), machine, compiler_program);
  if (result) return 0;
  return report(result.error(), 1);
}
