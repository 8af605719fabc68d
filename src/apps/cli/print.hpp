// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/session.hpp"
#include "vcp/base/json.hpp"

/// How answers reach standard output.
namespace vcp::cli {

/// How the items of a list become rows.
struct Columns {
  std::vector<std::string> header;
  std::function<std::vector<std::string>(const json::Value& item)> row;
};

/// A table of items, each given as JSON, cut to the terminal.
[[nodiscard]] Result<std::string> table_of(const std::vector<std::string>& items,
                                           const Columns& columns);

/// What all lists can be told.
struct ListArguments {
  std::size_t limit = 100;
  bool json = false;
};

/// Declares `--limit` and `--json`.
void declare_list(CLI::App& app, ListArguments& arguments);

/// Makes `list` what a group of verbs does: `vcp GROUP list`, and `vcp GROUP` by itself. `declare`
/// adds its options to either. Called last of the group, because a verb goes before its group.
void add_list(CLI::App& group, const std::string& help, Commands& commands,
              const std::function<void(CLI::App&)>& declare,
              const std::function<Result<Exit>(Session&)>& list);

/// Prints the list at `target`: a table for people, the items for programs.
[[nodiscard]] Result<Exit> print_list(Session& session, const std::string& target,
                                      const ListArguments& arguments, const Columns& columns);

/// Prints one answer: its members for people, as it is for programs.
[[nodiscard]] Result<Exit> print_object(const Result<std::string>& answer, bool as_json);

/// Prints one member of an answer, or all of it for programs.
[[nodiscard]] Result<Exit> print_member(const Result<std::string>& answer, std::string_view member,
                                        bool as_json);

/// Success without a word.
[[nodiscard]] Result<Exit> quietly(Result<> done);

}  // namespace vcp::cli
