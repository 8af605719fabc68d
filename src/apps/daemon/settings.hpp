// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vcp/api/api.hpp"
#include "vcp/base/result.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/coordinator/fl_jobs.hpp"
#include "vcp/http/server.hpp"

namespace CLI {
class App;
}

namespace vcp::daemon {

/// Everything that an operator may set; deploy/vcpd.toml shows it with its defaults.
struct Settings {
  std::string config;
  bool check_config = false;

  std::string data_dir = "vcp-data";
  bool accept_data_loss = false;

  std::string listen = "127.0.0.1:8080";
  std::string tls_certificate;
  std::string tls_key;
  bool behind_proxy = false;
  bool insecure_no_auth = false;
  std::uint32_t max_connections = 10'000;
  std::uint32_t header_timeout_ms = 10'000;
  std::uint32_t idle_timeout_ms = 60'000;
  std::uint32_t drain_timeout_ms = 20'000;
  std::uint32_t rate_per_token = 0;
  std::uint32_t rate_per_address = 0;

  std::uint32_t io_threads = 0;    ///< 0: as many as there are cores, at most 8
  std::uint32_t pool_threads = 0;  ///< 0: as many as there are cores, at least 2
  std::uint32_t pool_queue = 1'000;

  std::uint64_t max_body_mb = 16;
  std::uint64_t max_module_mb = 64;
  std::uint64_t max_batch_mb = 256;
  std::uint64_t max_blob_mb = 1'024;
  std::uint64_t max_fl_model_mb = 4'096;
  std::uint32_t fl_keep_models = 100;
  std::uint64_t fl_keep_model_mb = 4'096;

  std::uint32_t lease_ttl_ms = 30'000;
  std::uint32_t heartbeat_interval_ms = 10'000;
  std::string strategy = "weighted";
  std::uint32_t keep_ended_in_memory = 10'000;
  std::uint32_t retain_ended_days = 30;          ///< 0: for ever
  std::uint64_t retain_ended_tasks = 1'000'000;  ///< 0: any number
  std::uint32_t retain_events = 100'000;
  std::uint32_t gang_patience_ms = 2'000;
  double owner_weight = 1;
  std::uint64_t max_pending_per_owner = 0;  ///< 0: any number
  std::uint64_t max_running_per_owner = 0;
  std::vector<std::string>
      owners;  ///< those that differ: NAME:weight=W,max_pending=N,max_running=N

  std::string log_name;  ///< of the log of receipts, at its first start; empty: a random one
  bool new_log_key = false;
  std::uint32_t checkpoint_interval_ms = 100;
  std::vector<std::string> allow_withdrawn_receipts;  ///< releases of zkVMs, as "risc0 2.0"

  std::uint32_t local_slots = 0;
  std::uint64_t local_memory_mb = 1'024;
  std::uint64_t local_disk_mb = 1'024;

  std::string log_format = "text";
  std::string log_level = "info";
};

/// Makes every setting an option of the program.
void declare(CLI::App& app, Settings& settings);

/// What the settings mean together; an error names the one that is wrong.
[[nodiscard]] Result<http::ServerOptions> server_options(const Settings& settings);
[[nodiscard]] Result<coordinator::Options> coordinator_options(const Settings& settings);
[[nodiscard]] coordinator::FlOptions fl_options(const Settings& settings);
[[nodiscard]] api::Limits api_limits(const Settings& settings);
[[nodiscard]] std::uint32_t io_threads(const Settings& settings);

/// Sets up the log as the settings say, on standard error.
void set_up_log(const Settings& settings);

}  // namespace vcp::daemon
