// SPDX-License-Identifier: Apache-2.0
#include "cli/print.hpp"

#include <iostream>

#include "cli/fields.hpp"
#include "cli/table.hpp"

namespace vcp::cli {

namespace {

/// `{"items": […], "next_cursor": null}`, as the API has lists.
std::string items_json(const std::vector<std::string>& items) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("items").begin_array();
  for (const std::string& item : items) writer.raw(item);
  writer.end_array().member("next_cursor", nullptr).end_object();
  return text;
}

}  // namespace

Result<std::string> table_of(const std::vector<std::string>& items, const Columns& columns) {
  Table table(columns.header);
  for (const std::string& item : items) {
    json::Document document;
    auto object = read(document, item);
    if (!object) return std::unexpected(std::move(object.error()));
    table.add(columns.row(*object));
  }
  return table.render(terminal_width());
}

void declare_list(CLI::App& app, ListArguments& arguments) {
  app.add_option("--limit", arguments.limit, "at most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "print JSON");
}

void add_list(CLI::App& group, const std::string& help, Commands& commands,
              const std::function<void(CLI::App&)>& declare,
              const std::function<Result<Exit>(Session&)>& list) {
  CLI::App* verb = group.add_subcommand("list", help);
  for (CLI::App* app : {verb, &group}) {
    declare(*app);
    commands.push_back({app, list});
  }
}

Result<Exit> print_list(Session& session, const std::string& target, const ListArguments& arguments,
                        const Columns& columns) {
  auto items = session.list(target, arguments.limit);
  if (!items) return std::unexpected(std::move(items.error()));
  if (arguments.json) {
    std::cout << items_json(*items) << '\n';
    return Exit::success;
  }
  auto table = table_of(*items, columns);
  if (!table) return std::unexpected(std::move(table.error()));
  std::cout << *table;
  return Exit::success;
}

Result<Exit> print_object(const Result<std::string>& answer, bool as_json) {
  if (!answer) return std::unexpected(answer.error());
  if (as_json) {
    std::cout << *answer << '\n';
    return Exit::success;
  }
  json::Document document;
  auto object = read(document, *answer);
  if (!object) return std::unexpected(std::move(object.error()));
  std::cout << describe(*object, terminal_width(), "output");  // long, and base64
  return Exit::success;
}

Result<Exit> print_member(const Result<std::string>& answer, std::string_view member,
                          bool as_json) {
  if (!answer || as_json) return print_object(answer, as_json);
  json::Document document;
  auto object = read(document, *answer);
  if (!object) return std::unexpected(std::move(object.error()));
  std::cout << text_at(*object, member) << '\n';
  return Exit::success;
}

Result<Exit> quietly(Result<> done) {
  if (!done) return std::unexpected(std::move(done.error()));
  return Exit::success;
}

}  // namespace vcp::cli
