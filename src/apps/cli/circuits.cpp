// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/modules.hpp"
#include "cli/print.hpp"
#include "vcp/base/time.hpp"
#include "vcp/client/url.hpp"
#include "vcp/zk/files.hpp"

namespace vcp::cli {

namespace {

constexpr std::size_t kMaxKeyBytes = std::size_t{16} << 20;

struct CircuitArguments {
  std::string id;
  std::string key;
  ListArguments list;
  bool json = false;
};

/// Refuses here what the server would refuse, so that an unsafe key goes nowhere.
Result<std::string> upload(Session& session, const std::string& path) {
  const auto key = read_file(path, kMaxKeyBytes);
  if (!key) return key;
  auto verifiers = zk::ReceiptVerifiers::make();
  if (!verifiers) return std::unexpected(std::move(verifiers.error()));
  const auto body = zk::circuit_body(*key, std::move(*verifiers));
  if (!body) return body;
  return session.post("/circuits", *body, "application/json");
}

Columns columns() {
  Time now = SystemClock().now();
  return {.header = {"CIRCUIT", "FORMAT", "SIGNALS", "AGE"},
          .row = [now](const json::Value& circuit) -> std::vector<std::string> {
            return {text_at(circuit, "circuit_id"), text_at(circuit, "format"),
                    text_at(circuit, "n_public"), age(text_at(circuit, "created_at"), now)};
          }};
}

}  // namespace

void add_circuits(CLI::App& app, Commands& commands) {
  CLI::App* circuits =
      app.add_subcommand("circuits", "Register and list what proofs are verified against");
  auto arguments = std::make_shared<CircuitArguments>();

  CLI::App* add_app = circuits->add_subcommand("add", "Register a circuit and print its id");
  add_app
      ->add_option("key", arguments->key,
                   "verification key: snarkjs, gnark, arkworks, or a circuit as POST /circuits "
                   "takes it")
      ->required();
  add_app->add_flag("--json", arguments->json, "print JSON");
  commands.push_back({add_app, [arguments](Session& s) {
                        return print_member(upload(s, arguments->key), "circuit_id",
                                            arguments->json);
                      }});

  CLI::App* show_app = circuits->add_subcommand("show", "Show a circuit");
  show_app->add_option("id", arguments->id, "the circuit")->required();
  show_app->add_flag("--json", arguments->json, "print JSON");
  commands.push_back({show_app, [arguments](Session& s) {
                        const std::string path =
                            "/circuits/" + client::percent_encode(arguments->id);
                        return print_object(s.get(path), arguments->json);
                      }});

  add_list(
      *circuits, "List circuits", commands,
      [arguments](CLI::App& verb) { declare_list(verb, arguments->list); },
      [arguments](Session& s) { return print_list(s, "/circuits", arguments->list, columns()); });
}

}  // namespace vcp::cli
