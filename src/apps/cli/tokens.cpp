// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/print.hpp"
#include "vcp/base/json.hpp"
#include "vcp/client/url.hpp"

namespace vcp::cli {

namespace {

struct TokenArguments {
  std::string id;
  std::string role;
  std::string owner;
  std::string name;
  std::string expires_at;
  std::string job;
  std::string client;
  ListArguments list;
  bool json = false;
};

Result<Exit> create(Session& session, const TokenArguments& arguments) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("role", arguments.role);
  if (!arguments.owner.empty()) writer.member("owner", arguments.owner);
  if (!arguments.name.empty()) writer.member("name", arguments.name);
  if (!arguments.expires_at.empty()) writer.member("expires_at", arguments.expires_at);
  if (!arguments.job.empty()) {
    writer.key("fl")
        .begin_object()
        .member("job_id", arguments.job)
        .member("client_id", arguments.client)
        .end_object();
  }
  writer.end_object();
  return print_member(session.post("/tokens", body, "application/json"), "token", arguments.json);
}

std::vector<std::string> row(const json::Value& token) {
  return {text_at(token, "token_id"), text_at(token, "role"),       text_at(token, "owner"),
          text_at(token, "name"),     text_at(token, "created_at"), text_at(token, "expires_at")};
}

Result<Exit> list(Session& session, const TokenArguments& arguments) {
  Columns columns{.header = {"ID", "ROLE", "OWNER", "NAME", "CREATED", "EXPIRES"}, .row = row};
  return print_list(session, "/tokens", arguments.list, columns);
}

}  // namespace

void add_tokens(CLI::App& app, Commands& commands) {
  CLI::App* tokens = app.add_subcommand("tokens", "Create, list and revoke tokens");
  auto arguments = std::make_shared<TokenArguments>();

  CLI::App* create_app = tokens->add_subcommand("create", "Create a token and print it, once");
  create_app->add_option("--role", arguments->role, "what it may do")
      ->check(CLI::IsMember({"admin", "submitter", "reader", "join", "fl_client"}))
      ->required();
  create_app->add_option("--owner", arguments->owner, "whose things it sees");
  create_app->add_option("--name", arguments->name, "what it is for");
  create_app->add_option("--expires-at", arguments->expires_at, "RFC 3339 time");
  CLI::Option* job = create_app->add_option("--job", arguments->job, "fl_client: of this FL job");
  CLI::Option* client = create_app->add_option("--client", arguments->client, "as this client");
  job->needs(client);
  client->needs(job);
  create_app->add_flag("--json", arguments->json, "print JSON");
  commands.push_back({create_app, [arguments](Session& s) { return create(s, *arguments); }});

  CLI::App* revoke_app = tokens->add_subcommand("revoke", "Revoke a token");
  revoke_app->add_option("id", arguments->id, "its id, as `tokens list` shows it")->required();
  commands.push_back({revoke_app, [arguments](Session& s) {
                        return quietly(
                            s.remove("/tokens/" + client::percent_encode(arguments->id)));
                      }});

  add_list(
      *tokens, "List tokens, without their secrets", commands,
      [arguments](CLI::App& verb) { declare_list(verb, arguments->list); },
      [arguments](Session& s) { return list(s, *arguments); });
}

}  // namespace vcp::cli
