// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <thread>

#include "json_log.hpp"
#include "vcp/base/version.hpp"

namespace vcp::daemon {
namespace {

std::uint32_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }

bool is_loopback(const std::string& host) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  return no_address ? host == "localhost" : address.is_loopback();
}

/// HOST:PORT, the host in brackets if it is an IPv6 address.
Result<std::pair<std::string, std::uint16_t>> parse_listen(const std::string& listen) {
  const auto refused = fail(Code::invalid, "'" + listen + "' is not HOST:PORT");
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0) return refused;
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* const end = listen.data() + listen.size();
  const auto [stop, error] = std::from_chars(listen.data() + colon + 1, end, port);
  if (error != std::errc{} || stop != end || host.empty()) return refused;
  return std::pair(std::move(host), port);
}

std::uint64_t quota(std::uint64_t most) { return most == 0 ? UINT64_MAX : most; }

/// `NAME:weight=W,max_pending=N,max_running=N`, each part optional.
Result<std::pair<std::string, mesh::OwnerPolicy>> parse_owner(const std::string& text,
                                                              mesh::OwnerPolicy policy) {
  const auto refused = [&text](const std::string& why) {
    return fail(Code::invalid, "owners: '" + text + "': " + why);
  };
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos) {
    return refused("is not NAME:weight=W,max_pending=N,max_running=N");
  }
  std::istringstream parts(text.substr(colon + 1));
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    double value = 0;
    const char* const end = part.data() + part.size();
    const char* const begin = equals == std::string::npos ? end : part.data() + equals + 1;
    const auto [stop, error] = std::from_chars(begin, end, value);
    const bool whole = name == "weight" || value == std::floor(value);
    if (error != std::errc{} || stop != end || !(value > 0 && value <= 1e15) || !whole) {
      return refused("'" + part + "' has no value above 0");
    }
    if (name == "weight") {
      policy.weight = value;
    } else if (name == "max_pending") {
      policy.max_pending = static_cast<std::uint64_t>(value);
    } else if (name == "max_running") {
      policy.max_running = static_cast<std::uint64_t>(value);
    } else {
      return refused("there is no '" + name + "'");
    }
  }
  return std::pair(text.substr(0, colon), policy);
}

}  // namespace

void declare(CLI::App& app, Settings& s) {
  app.set_version_flag("--version", "vcpd " + std::string(kVersion));
  app.add_option("--config", s.config, "TOML file with these settings");
  app.add_flag("--check-config", s.check_config, "say whether the settings are right, and exit");
  const auto option = [&app](const char* name, auto& field, const char* help) {
    return app.add_option(name, field, help)->capture_default_str();
  };

  option("--data-dir", s.data_dir, "where everything is kept");
  app.add_flag("--accept-data-loss", s.accept_data_loss,
               "open a damaged store with what is left of it; the log says what is lost");

  option("--listen", s.listen, "HOST:PORT; port 0 takes any free one")
      ->check([](const std::string& listen) {
        const auto address = parse_listen(listen);
        return address ? std::string() : address.error().message;
      });
  option("--tls-certificate", s.tls_certificate, "PEM file with the certificate chain");
  option("--tls-key", s.tls_key, "PEM file with its key");
  app.add_flag("--behind-proxy", s.behind_proxy,
               "a proxy in front does TLS: listen in the clear on any address");
  app.add_flag("--insecure-no-auth", s.insecure_no_auth,
               "whoever comes without a token is an administrator; loopback only");
  option("--max-connections", s.max_connections, "open at once")->check(CLI::Range(1, 1'000'000));
  option("--header-timeout-ms", s.header_timeout_ms, "for a request's header to be complete")
      ->check(CLI::Range(100, 600'000));
  option("--idle-timeout-ms", s.idle_timeout_ms, "for a connection on which nothing moves")
      ->check(CLI::Range(100, 3'600'000));
  option("--drain-timeout-ms", s.drain_timeout_ms, "for requests under way at the end")
      ->check(CLI::Range(0, 600'000));
  option("--rate-per-token", s.rate_per_token, "requests a second; 0: no limit");
  option("--rate-per-address", s.rate_per_address, "requests a second; 0: no limit");

  option("--io-threads", s.io_threads, "0: as many as there are cores, at most 8")
      ->check(CLI::Range(0, 64));
  option("--pool-threads", s.pool_threads, "for what computes; 0: by the cores")
      ->check(CLI::Range(0, 1'024));
  option("--pool-queue", s.pool_queue, "what may wait for them")->check(CLI::Range(1, 1'000'000));

  option("--max-body-mb", s.max_body_mb, "of a request")->check(CLI::Range(1, 1'024));
  option("--max-module-mb", s.max_module_mb, "of a module")->check(CLI::Range(1, 1'024));
  option("--max-batch-mb", s.max_batch_mb, "of a batch")->check(CLI::Range(1, 1'000'000));
  option("--max-blob-mb", s.max_blob_mb, "of a blob")->check(CLI::Range(1, 1'000'000));
  option("--max-fl-model-mb", s.max_fl_model_mb, "of a model of federated learning")
      ->check(CLI::Range(1, 1'000'000));
  option("--fl-keep-models", s.fl_keep_models, "of each job, the newest")
      ->check(CLI::Range(1, 100'000));
  option("--fl-keep-model-mb", s.fl_keep_model_mb, "of each job, and at least one model")
      ->check(CLI::Range(1, 100'000'000));

  option("--lease-ttl-ms", s.lease_ttl_ms, "how long a lease lasts unless it is renewed")
      ->check(CLI::Range(1'000, 3'600'000));
  option("--heartbeat-interval-ms", s.heartbeat_interval_ms,
         "after three of them in silence a node is offline")
      ->check(CLI::Range(100, 3'600'000));
  option("--strategy", s.strategy, "of tasks that name none")
      ->check(
          CLI::IsMember({"weighted", "round_robin", "least_loaded", "latency_aware", "spread"}));
  option("--keep-ended-in-memory", s.keep_ended_in_memory, "tasks that have ended")
      ->check(CLI::Range(0, 10'000'000));
  option("--retain-ended-days", s.retain_ended_days,
         "a task that ended so long ago is deleted; 0: none is")
      ->check(CLI::Range(0, 36'500));
  option("--retain-ended-tasks", s.retain_ended_tasks,
         "of more ended tasks the oldest are deleted; 0: none are");
  option("--retain-events", s.retain_events, "for clients that come back to follow them")
      ->check(CLI::Range(1, 10'000'000));

  option("--gang-patience-ms", s.gang_patience_ms,
         "a gang that has waited so long has nodes reserved for it")
      ->check(CLI::Range(0, 3'600'000));
  option("--owner-weight", s.owner_weight, "share of an owner within one priority, beside others")
      ->check(CLI::Range(0.001, 1'000'000.0));
  option("--max-pending-per-owner", s.max_pending_per_owner, "tasks; 0: any number");
  option("--max-running-per-owner", s.max_running_per_owner, "tasks; 0: any number");
  option("--owners", s.owners,
         "owners that differ, each as NAME:weight=W,max_pending=N,max_running=N");

  option("--log-name", s.log_name,
         "of the log of receipts, when it is begun; if empty, a random one")
      ->check([](const std::string& name) {
        return name.empty() || log::is_key_name(name) ? std::string() : name + " is no name";
      });
  app.add_flag("--new-log-key", s.new_log_key,
               "add a key that signs the log from the next start on, and exit");
  option("--checkpoint-interval-ms", s.checkpoint_interval_ms,
         "between checkpoints of the log while tasks complete")
      ->check(CLI::Range(1, 1'000));
  option("--allow-withdrawn-receipts", s.allow_withdrawn_receipts,
         "withdrawn releases of zkVMs whose receipts hold all the same, such as 'risc0 2.0'");

  option("--local-slots", s.local_slots, "tasks that vcpd itself may hold; 0: it runs none")
      ->check(CLI::Range(0, 4'096));
  option("--local-memory-mb", s.local_memory_mb, "for them together")
      ->check(CLI::Range(64, 10'000'000));
  option("--local-disk-mb", s.local_disk_mb, "for what they cache")
      ->check(CLI::Range(16, 100'000'000));

  option("--log-format", s.log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
  option("--log-level", s.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
}

Result<http::ServerOptions> server_options(const Settings& settings) {
  const auto address = parse_listen(settings.listen);
  if (!address) return std::unexpected(address.error());
  http::ServerOptions options;
  options.host = address->first;
  options.port = address->second;
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return fail(Code::invalid, settings.tls_key.empty()
                                   ? "tls_key: missing beside tls_certificate"
                                   : "tls_certificate: missing beside tls_key");
  }
  if (!settings.tls_key.empty()) {
    options.tls = http::TlsFiles{settings.tls_certificate, settings.tls_key};
    for (const std::string& file : {settings.tls_certificate, settings.tls_key}) {
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(file, ignored)) {
        return fail(Code::invalid, "tls: there is no file " + file);
      }
    }
  }
  const bool loopback = is_loopback(options.host);
  if (settings.insecure_no_auth && !loopback) {
    return fail(Code::invalid,
                "insecure_no_auth: works on a loopback address only, not on " + options.host);
  }
  if (!loopback && !options.tls && !settings.behind_proxy) {
    return fail(Code::invalid,
                "listen: " + options.host +
                    " is not loopback: set tls_certificate and tls_key, or behind_proxy if a "
                    "proxy in front does TLS");
  }
  options.max_connections = settings.max_connections;
  options.header_timeout = std::chrono::milliseconds(settings.header_timeout_ms);
  options.idle_timeout = std::chrono::milliseconds(settings.idle_timeout_ms);
  options.rates.per_token = settings.rate_per_token;
  options.rates.per_address = settings.rate_per_address;
  return options;
}

Result<coordinator::Options> coordinator_options(const Settings& settings) {
  coordinator::Options options;
  options.mesh.gang_patience = Duration(settings.gang_patience_ms);
  options.mesh.any_owner = {.weight = settings.owner_weight,
                            .max_pending = quota(settings.max_pending_per_owner),
                            .max_running = quota(settings.max_running_per_owner)};
  for (const std::string& text : settings.owners) {
    auto owner = parse_owner(text, options.mesh.any_owner);
    if (!owner) return std::unexpected(owner.error());
    options.mesh.owners.insert(std::move(*owner));
  }
  options.mesh.lease_ttl = Duration(settings.lease_ttl_ms);
  options.mesh.heartbeat_interval = Duration(settings.heartbeat_interval_ms);
  options.mesh.strategy = *mesh::parse_strategy(settings.strategy);
  options.keep_ended_in_memory = settings.keep_ended_in_memory;
  if (settings.retain_ended_days > 0) {
    options.keep_ended_for = std::chrono::days(settings.retain_ended_days);
  }
  if (settings.retain_ended_tasks > 0) options.keep_ended_tasks = settings.retain_ended_tasks;
  options.keep_events = settings.retain_events;
  options.receipts.interval = Duration(settings.checkpoint_interval_ms);
  auto receipt_verifiers = zk::ReceiptVerifiers::make(settings.allow_withdrawn_receipts);
  if (!receipt_verifiers) {
    return fail(Code::invalid, "allow_withdrawn_receipts: " + receipt_verifiers.error().message);
  }
  options.receipt_verifiers = std::move(*receipt_verifiers);
  options.pool_threads = settings.pool_threads > 0 ? settings.pool_threads : std::max(2U, cores());
  options.max_pool_queue = settings.pool_queue;
  return options;
}

coordinator::FlOptions fl_options(const Settings& settings) {
  return {.keep_models = settings.fl_keep_models,
          .keep_model_bytes = settings.fl_keep_model_mb << 20,
          .threads = cores()};
}

api::Limits api_limits(const Settings& settings) {
  return {.body_bytes = settings.max_body_mb << 20,
          .module_bytes = settings.max_module_mb << 20,
          .batch_bytes = settings.max_batch_mb << 20,
          .blob_bytes = settings.max_blob_mb << 20,
          .fl_model_bytes = settings.max_fl_model_mb << 20};
}

std::uint32_t io_threads(const Settings& settings) {
  return settings.io_threads > 0 ? settings.io_threads : std::min(8U, cores());
}

void set_up_log(const Settings& settings) {
  auto log = spdlog::stderr_logger_mt("vcpd");
  if (settings.log_format == "json") {
    log->set_formatter(make_json_formatter());
  } else {
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  }
  log->set_level(spdlog::level::from_str(settings.log_level));
  log->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(log));
}

}  // namespace vcp::daemon
