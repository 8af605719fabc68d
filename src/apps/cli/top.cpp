// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/node_columns.hpp"

namespace vcp::cli {

namespace {

constexpr std::size_t kMaxNodes = 1000;
constexpr std::chrono::seconds kInterval{2};

/// Moves the cursor home and clears what is below (ECMA-48: CUP, ED).
constexpr std::string_view kClearScreen = "\x1b[H\x1b[J";

Result<std::string> picture(Session& session) {
  auto answer = session.get("/cluster/stats");
  if (!answer) return answer;
  json::Document document;
  auto stats = read(document, *answer);
  if (!stats) return std::unexpected(std::move(stats.error()));
  auto nodes = session.list("/nodes", kMaxNodes);
  if (!nodes) return std::unexpected(std::move(nodes.error()));
  auto table = table_of(*nodes, node_columns());
  if (!table) return table;
  return "nodes: " + text_at(*stats, "healthy_nodes") + " healthy of " +
         text_at(*stats, "total_nodes") + "   tasks: " + text_at(*stats, "pending_tasks") +
         " pending, " + text_at(*stats, "running_tasks") + " running, " +
         text_at(*stats, "completed_tasks") + " completed, " + text_at(*stats, "failed_tasks") +
         " failed\n\n" + *table;
}

Result<Exit> watch(Session& session) {
  bool on_terminal = isatty(STDOUT_FILENO) != 0;
  do {
    auto text = picture(session);
    if (!text) return std::unexpected(std::move(text.error()));
    if (on_terminal) std::cout << kClearScreen;
    std::cout << *text << std::flush;
    if (on_terminal) std::this_thread::sleep_for(kInterval);
  } while (on_terminal);
  return Exit::success;
}

}  // namespace

void add_top(CLI::App& app, Commands& commands) {
  CLI::App* top = app.add_subcommand("top", "Watch the mesh; once if not on a terminal");
  auto json = std::make_shared<bool>(false);
  top->add_flag("--json", *json, "print the statistics as JSON, once");
  commands.push_back({top, [json](Session& s) {
                        return *json ? print_object(s.get("/cluster/stats"), true) : watch(s);
                      }});
}

}  // namespace vcp::cli
