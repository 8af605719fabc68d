// SPDX-License-Identifier: Apache-2.0
// vcpd: the coordinator. Everything is put together here.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "daemon/lifecycle.hpp"
#include "daemon/local_node.hpp"
#include "daemon/log_keys.hpp"
#include "daemon/recheck.hpp"
#include "daemon/settings.hpp"
#include "vcp/api/api.hpp"
#include "vcp/api/metrics.hpp"
#include "vcp/base/config.hpp"
#include "vcp/base/version.hpp"
#include "vcp/store/content.hpp"
#include "vcp/store/rocksdb.hpp"

namespace {

using vcp::Result;
namespace asio = vcp::asio;
namespace daemon_ = vcp::daemon;

constexpr std::string_view kLogKeys = "log.key";

/// Those of the file, or a first one.
Result<std::vector<vcp::log::SignerKey>> log_keys(const daemon_::Settings& settings,
                                                  vcp::Random& random) {
  const std::filesystem::path file = std::filesystem::path(settings.data_dir) / kLogKeys;
  auto keys = daemon_::read_log_keys(file);
  if (!keys || !keys->empty()) return keys;
  return daemon_::add_log_key(file, settings.log_name, random);
}

/// Adds a key beside a server that may be running, which signs with it once it starts again.
Result<> add_log_key(const daemon_::Settings& settings) {
  vcp::SystemRandom random;
  if (auto made = daemon_::make_data_dir(settings.data_dir); !made) return made;
  const auto keys = daemon_::add_log_key(std::filesystem::path(settings.data_dir) / kLogKeys,
                                         settings.log_name, random);
  if (!keys) return std::unexpected(keys.error());
  std::cout << keys->back().verifier().to_string() << '\n';
  return {};
}

Result<> run(const daemon_::Settings& settings, const vcp::http::ServerOptions& server_options,
             vcp::coordinator::Options options,
             const vcp::wasm::CompilerProgram& compiler_program) {
  const std::filesystem::path data_dir = settings.data_dir;
  if (auto made = daemon_::make_data_dir(data_dir); !made) return made;

  const vcp::SystemClock clock;
  vcp::SystemRandom random;
  vcp::api::Metrics metrics(vcp::kVersion);
  const vcp::wasm::Compiler compiler(compiler_program);

  auto store =
      vcp::store::open_rocksdb(data_dir / "store", {.accept_data_loss = settings.accept_data_loss});
  if (!store) return std::unexpected(store.error());
  auto files = vcp::store::ContentStore::open(data_dir / "content", random);
  if (!files) return std::unexpected(files.error());

  auto recheck = daemon_::Recheck::create(compiler, data_dir / "rechecked", *files);
  if (!recheck) return std::unexpected(recheck.error());

  auto keys = log_keys(settings, random);
  if (!keys) return std::unexpected(keys.error());
  options.receipts.keys = std::move(*keys);
  options.receipts.engine = (*recheck)->engine();

  asio::io_context io;
  options.rerun = [&](const auto& task, std::uint32_t rank) { return (*recheck)->run(task, rank); };
  auto coordinator = vcp::coordinator::Coordinator::open(io, **store, *files, clock, random,
                                                         options, metrics.observer());
  if (!coordinator) return std::unexpected(coordinator.error());

  for (const vcp::log::SignerKey& key : options.receipts.keys) {
    spdlog::info("the log of receipts is signed by {}", key.verifier().to_string());
  }

  auto fl_jobs =
      vcp::coordinator::FlJobs::open(**coordinator, **store, io, daemon_::fl_options(settings));
  if (!fl_jobs) return std::unexpected(fl_jobs.error());

  daemon_::Lifecycle lifecycle(io, **coordinator);
  vcp::api::Api api(
      {.coordinator = **coordinator,
       .fl_jobs = **fl_jobs,
       .compiler = compiler,
       .spool_directory = data_dir,
       .limits = daemon_::api_limits(settings),
       .metrics = [&] { return metrics.render(**coordinator, **fl_jobs, lifecycle.connections()); },
       .draining = [&] { return lifecycle.draining(); },
       .own_node =
           settings.local_slots > 0 ? std::string(daemon_::LocalNode::kId) : std::string()});
  auto authenticate =
      settings.insecure_no_auth ? daemon_::trusting(api.authenticator()) : api.authenticator();
  auto server = vcp::http::Server::listen(
      io, server_options, api.routes(), std::move(authenticate),
      [&metrics](const vcp::http::Observation& request) { metrics.observe(request); });
  if (!server) return std::unexpected(server.error());

  std::unique_ptr<daemon_::LocalNode> local_node;
  if (settings.local_slots > 0) {
    auto made = daemon_::LocalNode::create(io, **coordinator, compiler,
                                           {.slots = settings.local_slots,
                                            .memory_mb = settings.local_memory_mb,
                                            .disk_mb = settings.local_disk_mb,
                                            .data_dir = data_dir / "local-node"},
                                           clock, random);
    if (!made) return std::unexpected(made.error());
    local_node = std::move(*made);
  }

  return lifecycle.serve({.server = **server,
                          .local_agent = local_node ? &local_node->agent() : nullptr,
                          .admin_token_file = data_dir / "admin.token",
                          .io_threads = daemon_::io_threads(settings),
                          .drain_timeout = std::chrono::milliseconds(settings.drain_timeout_ms)});
}

int report(const vcp::Error& error, int status) {
  std::cerr << "vcpd: " << error.message << '\n';
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const auto compiler_program = vcp::wasm::CompilerProgram::enter(argc, argv);
  CLI::App app{"The coordinator of a mesh that runs WebAssembly tasks."};
  daemon_::Settings settings;
  daemon_::declare(app, settings);
  const auto outcome = vcp::parse_settings(app, argc, argv, std::getenv, std::cout);
  if (!outcome) return report(outcome.error(), 2);
  if (*outcome == vcp::Outcome::exit) return 0;
  const auto server_options = daemon_::server_options(settings);
  if (!server_options) return report(server_options.error(), 2);
  const auto options = daemon_::coordinator_options(settings);
  if (!options) return report(options.error(), 2);
  if (settings.check_config) {
    std::cout << "the configuration is right\n";
    return 0;
  }
  if (settings.new_log_key) {
    const auto added = add_log_key(settings);
    return added ? 0 : report(added.error(), 1);
  }
  daemon_::set_up_log(settings);
  const auto result = run(settings, *server_options, *options, compiler_program);
  return result ? 0 : report(result.error(), 1);
}
