// SPDX-License-Identifier: Apache-2.0
// vcp: the command line of a coordinator.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/modules.hpp"
#include "cli/session.hpp"
#include "vcp/base/config.hpp"
#include "vcp/base/version.hpp"

namespace {

using vcp::cli::Commands;
using vcp::cli::Exit;

constexpr std::size_t kMaxTokenBytes = 4096;

struct Settings {
  std::string server = "http://127.0.0.1:8080";
  std::string token_file;
  std::string ca_file;
};

void declare(CLI::App& app, Settings& settings) {
  app.set_version_flag("--version", "vcp " + std::string(vcp::kVersion));
  app.add_option("--server", settings.server, "URL of the coordinator, or VCP_SERVER")
      ->capture_default_str();
  app.add_option("--token-file", settings.token_file,
                 "file with a bearer token; or VCP_TOKEN, the token itself");
  app.add_option("--ca-file", settings.ca_file, "PEM file of the authorities to trust");
  app.fallthrough();
}

void print(const vcp::Error& error) {
  std::cerr << "vcp: " << error.message << '\n';
  if (error.fields.size() < 2) return;  // the message has named the only one
  for (const auto& [pointer, detail] : error.fields) {
    std::cerr << "  " << pointer << ": " << detail << '\n';
  }
}

/// The file's, if one is named; else that of the environment; else none.
vcp::Result<std::string> find_token(const Settings& settings) {
  if (settings.token_file.empty()) {
    const char* token = std::getenv("VCP_TOKEN");
    return token == nullptr ? std::string() : std::string(token);
  }
  auto token = vcp::cli::read_file(settings.token_file, kMaxTokenBytes);
  if (token) token->erase(std::min(token->find_first_of(" \r\n"), token->size()));
  return token;
}

vcp::Result<Exit> run(const Settings& settings, const Commands& commands) {
  auto command = std::ranges::find_if(
      commands, [](const vcp::cli::Command& candidate) { return candidate.app->parsed(); });
  if (command == commands.end()) return vcp::cli::usage_error("a verb is needed; see --help");
  auto token = find_token(settings);
  if (!token) return std::unexpected(token.error());
  vcp::cli::SessionOptions options{
      .server = settings.server, .ca_file = settings.ca_file, .token = *token};
  auto session = vcp::cli::Session::open(options);
  if (!session) return std::unexpected(session.error());
  return command->run(**session);
}

}  // namespace

vcp::cli::Exit vcp::cli::usage_error(std::string_view message) {
  std::cerr << "vcp: " << message << '\n';
  return Exit::usage;
}

int main(int argc, char** argv) {
  const auto compiler = vcp::wasm::CompilerProgram::enter(argc, argv);
  CLI::App app{"Submits tasks to a coordinator and looks after its mesh."};
  Settings settings;
  declare(app, settings);
  Commands commands;
  vcp::cli::add_submit(app, commands);
  vcp::cli::add_tasks(app, commands);
  vcp::cli::add_nodes(app, commands);
  vcp::cli::add_modules(app, commands);
  vcp::cli::add_circuits(app, commands);
  vcp::cli::add_proofs(app, commands, compiler);
  vcp::cli::add_receipts(app, commands, compiler);
  vcp::cli::add_fl(app, commands);
  vcp::cli::add_tokens(app, commands);
  vcp::cli::add_top(app, commands);
  CLI::App* completion = app.add_subcommand("completion", "Print a completion script for a shell");
  completion->require_subcommand(1);
  CLI::App* bash = completion->add_subcommand("bash", "For bash: source <(vcp completion bash)");

  auto outcome = vcp::parse_settings(app, argc, argv, std::getenv, std::cout);
  if (!outcome) {
    std::cerr << "vcp: " << outcome.error().message << '\n';
    return std::to_underlying(Exit::usage);
  }
  if (outcome == vcp::Outcome::exit) return std::to_underlying(Exit::success);
  if (bash->parsed()) {
    std::cout << vcp::cli::bash_completion(app);
    return std::to_underlying(Exit::success);
  }
  auto exit = run(settings, commands);
  if (!exit) {
    print(exit.error());
    return std::to_underlying(Exit::failure);
  }
  return std::to_underlying(*exit);
}
