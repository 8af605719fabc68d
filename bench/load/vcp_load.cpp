// SPDX-License-Identifier: Apache-2.0
// vcp-load: puts a running coordinator under load and tells how it bore it. docs/performance.md.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "picture.hpp"
#include "report.hpp"
#include "scenario.hpp"
#include "target.hpp"
#include "vcp/base/config.hpp"
#include "vcp/base/version.hpp"

namespace {

namespace load = vcp::load;

struct Settings {
  std::string scenario;
  std::string server = "http://127.0.0.1:8080";
  std::string token_file;
  load::Volume volume;
  std::string body_file;
  std::string json_file;
  std::string svg_file;
};

void declare(CLI::App& app, Settings& settings) {
  app.set_version_flag("--version", "vcp-load " + std::string(vcp::kVersion));
  std::string help = "what to do:";
  std::vector<std::string> names;
  for (const load::Scenario& scenario : load::scenarios()) {
    help.append("\n  ").append(scenario.name).append(": ").append(scenario.help);
    names.emplace_back(scenario.name);
  }
  app.add_option("scenario", settings.scenario, help)->required()->check(CLI::IsMember(names));
  app.add_option("--server", settings.server, "URL of the coordinator")->capture_default_str();
  app.add_option("--token-file", settings.token_file, "file with an administrator's token");
  app.add_option("--count", settings.volume.count, "requests, or lines of a batch")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  app.add_option("--seconds", settings.volume.seconds, "how long requests are sent")
      ->check(CLI::Range(0.01, 1e6));
  app.add_option("--rate", settings.volume.rate,
                 "requests a second, at moments fixed in advance; else each connection sends the "
                 "next when it has its answer")
      ->check(CLI::Range(0.001, 1e7));
  app.add_option("--connections", settings.volume.connections, "open at once")
      ->check(CLI::Range(1, 60'000));
  app.add_option("--target", settings.volume.target, "path that `post` posts to");
  app.add_option("--body", settings.body_file, "JSON file that `post` sends");
  app.add_option("--json", settings.json_file, "file for all figures, over time too");
  app.add_option("--svg", settings.svg_file, "file for a picture of latency over time");
}

/// The first line of the file; empty if none is named.
vcp::Result<std::string> read_token(const std::string& file) {
  std::string token;
  if (file.empty()) return token;
  std::ifstream stream(file);
  if (!std::getline(stream, token)) return vcp::fail(vcp::Code::io, "cannot read " + file);
  return token;
}

vcp::Result<std::string> read_body(const std::string& file) {
  std::string body;
  if (file.empty()) return body;
  std::ifstream stream(file);
  body.assign(std::istreambuf_iterator<char>(stream), {});
  if (!stream) return vcp::fail(vcp::Code::io, "cannot read " + file);
  return body;
}

vcp::Result<> write_file(const std::string& file, const std::string& text) {
  if (file.empty()) return {};
  std::ofstream stream(file);
  stream << text << std::flush;
  if (!stream) return vcp::fail(vcp::Code::io, "cannot write " + file);
  return {};
}

std::chrono::duration<double> cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return std::chrono::duration<double>(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

vcp::Result<> write_reports(const Settings& settings, const load::Run& run,
                            std::span<const load::Recorder> recorders) {
  std::cout << load::to_text(run, recorders);
  if (auto written = write_file(settings.json_file, load::to_json(run, recorders)); !written) {
    return written;
  }
  const std::string title = settings.scenario + " on " + settings.server;
  return write_file(settings.svg_file, load::to_svg(title, recorders));
}

/// Whether every request was answered as it should be.
vcp::Result<bool> run(const Settings& settings) {
  auto token = read_token(settings.token_file);
  if (!token) return std::unexpected(token.error());
  vcp::asio::io_context io(1);
  const auto target = load::Target::open(io, settings.server, std::move(*token));
  if (!target) return std::unexpected(target.error());
  const auto& scenario =
      *std::ranges::find(load::scenarios(), settings.scenario, &load::Scenario::name);
  auto body = read_body(settings.body_file);
  if (!body) return std::unexpected(body.error());
  load::Volume volume = settings.volume;
  volume.body = std::move(*body);
  const auto start = cpu_time();
  const auto recorders = scenario.run(**target, volume);
  if (!recorders) return std::unexpected(recorders.error());
  const load::Run about{
      .scenario = settings.scenario, .server = settings.server, .cpu = cpu_time() - start};
  if (auto written = write_reports(settings, about, *recorders); !written) {
    return std::unexpected(written.error());
  }
  return std::ranges::all_of(
      *recorders, [](const load::Recorder& recorder) { return recorder.failures().empty(); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Puts a coordinator under load and tells how it bore it."};
  Settings settings;
  declare(app, settings);
  const auto outcome = vcp::parse_settings(app, argc, argv, std::getenv, std::cout);
  if (!outcome) {
    std::cerr << "vcp-load: " << outcome.error().message << '\n';
    return 2;
  }
  if (*outcome == vcp::Outcome::exit) return 0;
  const auto good = run(settings);
  if (!good) std::cerr << "vcp-load: " << good.error().message << '\n';
  return good && *good ? 0 : 1;
}
