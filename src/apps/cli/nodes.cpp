// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/node_columns.hpp"
#include "vcp/base/time.hpp"
#include "vcp/client/url.hpp"

namespace vcp::cli {

namespace {

struct NodeArguments {
  std::string id;
  std::string status;
  std::string region;
  ListArguments list;
  bool json = false;
};

std::string path_of(const NodeArguments& arguments) {
  return "/nodes/" + client::percent_encode(arguments.id);
}

Result<Exit> list(Session& session, const NodeArguments& arguments) {
  std::string query;
  if (!arguments.status.empty()) query += "&status=" + client::percent_encode(arguments.status);
  if (!arguments.region.empty()) query += "&region=" + client::percent_encode(arguments.region);
  if (!query.empty()) query.front() = '?';
  return print_list(session, "/nodes" + query, arguments.list, node_columns());
}

}  // namespace

Columns node_columns() {
  Time now = SystemClock().now();
  return {.header = {"NODE", "STATUS", "HEALTH", "REGION", "TYPE", "FREE", "CPU %", "MEM %", "°C",
                     "DONE", "FAILED", "SEEN"},
          .row = [now](const json::Value& node) -> std::vector<std::string> {
            return {text_at(node, "node_id"),
                    text_at(node, "status"),
                    rounded_at(node, "health_score"),
                    text_at(node, "region"),
                    text_at(node, "node_type"),
                    text_at(node, "slots_free") + "/" + text_at(node, "slots"),
                    rounded_at(node, "telemetry.cpu_usage_percent"),
                    rounded_at(node, "telemetry.memory_usage_percent"),
                    rounded_at(node, "telemetry.temperature_c"),
                    text_at(node, "completed"),
                    text_at(node, "failed"),
                    age(text_at(node, "last_seen"), now)};
          }};
}

void add_nodes(CLI::App& app, Commands& commands) {
  CLI::App* nodes = app.add_subcommand("nodes", "List, drain and remove nodes");
  auto arguments = std::make_shared<NodeArguments>();
  auto add_verb = [nodes, arguments](const char* name, const char* help) {
    CLI::App* verb = nodes->add_subcommand(name, help);
    verb->add_option("id", arguments->id, "the node")->required();
    return verb;
  };
  auto add_json_verb = [add_verb, arguments](const char* name, const char* help) {
    CLI::App* verb = add_verb(name, help);
    verb->add_flag("--json", arguments->json, "print JSON");
    return verb;
  };

  commands.push_back({add_json_verb("show", "Show a node"), [arguments](Session& s) {
                        return print_object(s.get(path_of(*arguments)), arguments->json);
                      }});
  commands.push_back({add_json_verb("drain", "Give a node no more work"), [arguments](Session& s) {
                        auto answer = s.post(path_of(*arguments) + "/drain", {}, {});
                        return print_object(answer, arguments->json);
                      }});
  commands.push_back(
      {add_json_verb("undrain", "Give a drained node work again"), [arguments](Session& s) {
         auto answer = s.post(path_of(*arguments) + "/undrain", {}, {});
         return print_object(answer, arguments->json);
       }});
  commands.push_back({add_verb("rm", "Remove a node; its tasks are placed again"),
                      [arguments](Session& s) { return quietly(s.remove(path_of(*arguments))); }});

  auto declare_filter = [arguments](CLI::App& verb) {
    verb.add_option("--status", arguments->status, "only these")
        ->check(CLI::IsMember({"online", "safe_mode", "draining", "offline"}));
    verb.add_option("--region", arguments->region, "only those of a region");
    declare_list(verb, arguments->list);
  };
  add_list(*nodes, "List nodes", commands, declare_filter,
           [arguments](Session& s) { return list(s, *arguments); });
}

}  // namespace vcp::cli
