// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/print.hpp"
#include "cli/table.hpp"
#include "vcp/base/time.hpp"
#include "vcp/client/url.hpp"

namespace vcp::cli {

namespace {

struct TaskArguments {
  std::string id;
  std::string status;
  std::string file;
  ListArguments list;
  bool json = false;
};

std::string path_of(const TaskArguments& arguments) {
  return "/tasks/" + client::percent_encode(arguments.id);
}

Columns columns() {
  Time now = SystemClock().now();
  return {.header = {"TASK", "STATUS", "MODULE", "OWNER", "AGE", "TRIES", "FAILURE"},
          .row = [now](const json::Value& task) -> std::vector<std::string> {
            return {text_at(task, "task_id"),
                    text_at(task, "status"),
                    short_hash(text_at(task, "module_id")),
                    text_at(task, "owner"),
                    age(text_at(task, "created_at"), now),
                    text_at(task, "attempts"),
                    text_at(task, "failure.reason")};
          }};
}

Result<Exit> list(Session& session, const TaskArguments& arguments) {
  std::string target = "/tasks";
  if (!arguments.status.empty()) target += "?status=" + client::percent_encode(arguments.status);
  return print_list(session, target, arguments.list, columns());
}

Result<Exit> explain(Session& session, const TaskArguments& arguments) {
  auto answer = session.get(path_of(arguments) + "/explain");
  if (!answer || arguments.json) return print_object(answer, arguments.json);
  json::Document document;
  auto object = read(document, *answer);
  if (!object) return std::unexpected(std::move(object.error()));
  std::cout << describe(*object, terminal_width(), "constraints");
  auto constraints = object->find("constraints");
  if (!constraints) return Exit::success;
  Table table({"CONSTRAINT", "NODES REMOVED"});
  for (const auto& [name, constraint] : *constraints) {
    table.add({text_at(constraint, "constraint"), text_at(constraint, "nodes_removed")});
  }
  std::cout << '\n' << table.render(terminal_width());
  return Exit::success;
}

Result<Exit> output(Session& session, const TaskArguments& arguments) {
  std::ofstream file;
  if (!arguments.file.empty()) file.open(arguments.file, std::ios::binary | std::ios::trunc);
  if (!file) return fail(Code::io, arguments.file + ": cannot be written");
  std::ostream& out = arguments.file.empty() ? std::cout : file;
  auto done =
      session.download(path_of(arguments) + "/output", [&](std::string_view part) -> Result<> {
        if (out.write(part.data(), static_cast<std::streamsize>(part.size()))) return {};
        return fail(Code::io, "the output cannot be written");
      });
  if (done && !out.flush()) return fail(Code::io, "the output cannot be written");
  return quietly(std::move(done));
}

}  // namespace

void add_tasks(CLI::App& app, Commands& commands) {
  CLI::App* tasks = app.add_subcommand("tasks", "List, show and cancel tasks");
  auto arguments = std::make_shared<TaskArguments>();
  auto add_verb = [tasks, arguments](const char* name, const char* help) {
    CLI::App* verb = tasks->add_subcommand(name, help);
    verb->add_option("id", arguments->id, "the task")->required();
    return verb;
  };
  auto add_json_verb = [add_verb, arguments](const char* name, const char* help) {
    CLI::App* verb = add_verb(name, help);
    verb->add_flag("--json", arguments->json, "print JSON");
    return verb;
  };

  commands.push_back({add_json_verb("show", "Show a task"), [arguments](Session& s) {
                        return print_object(s.get(path_of(*arguments)), arguments->json);
                      }});
  commands.push_back({add_json_verb("cancel", "Cancel a task"), [arguments](Session& s) {
                        auto answer = s.post(path_of(*arguments) + "/cancel", {}, {});
                        return print_object(answer, arguments->json);
                      }});
  commands.push_back({add_json_verb("explain", "Say what a task waits for"),
                      [arguments](Session& s) { return explain(s, *arguments); }});

  CLI::App* output_app = add_verb("output", "Write a task's output bytes");
  output_app->add_option("-o,--file", arguments->file, "to this file, not to standard output");
  commands.push_back({output_app, [arguments](Session& s) { return output(s, *arguments); }});

  CLI::App* dead_app = tasks->add_subcommand("dead", "List tasks that failed");
  declare_list(*dead_app, arguments->list);
  commands.push_back({dead_app, [arguments](Session& s) {
                        return print_list(s, "/tasks/dead", arguments->list, columns());
                      }});

  auto declare_filter = [arguments](CLI::App& verb) {
    verb.add_option("--status", arguments->status, "only these")
        ->check(
            CLI::IsMember({"pending", "running", "verifying", "completed", "failed", "cancelled"}));
    declare_list(verb, arguments->list);
  };
  add_list(*tasks, "List tasks, newest first", commands, declare_filter,
           [arguments](Session& s) { return list(s, *arguments); });
}

}  // namespace vcp::cli
