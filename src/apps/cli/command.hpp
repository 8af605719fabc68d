// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/session.hpp"
#include "vcp/wasm/compiler.hpp"

namespace vcp::cli {

/// What a command came to: its program's exit code.
enum class Exit : int { success = 0, failure = 1, usage = 2 };

/// A verb with nothing below it: how it is called, and what it does then.
struct Command {
  CLI::App* app;
  std::function<Result<Exit>(Session&)> run;
};

using Commands = std::vector<Command>;

/// Says what is wrong with the arguments, where CLI11 could not.
[[nodiscard]] Exit usage_error(std::string_view message);

// Each declares its verbs in `app` and adds what they do to `commands`.
void add_submit(CLI::App& app, Commands& commands);
void add_tasks(CLI::App& app, Commands& commands);
void add_nodes(CLI::App& app, Commands& commands);
void add_modules(CLI::App& app, Commands& commands);
void add_circuits(CLI::App& app, Commands& commands);
void add_proofs(CLI::App& app, Commands& commands, const wasm::CompilerProgram& compiler);
void add_receipts(CLI::App& app, Commands& commands, const wasm::CompilerProgram& compiler);
void add_fl(CLI::App& app, Commands& commands);
void add_tokens(CLI::App& app, Commands& commands);
void add_top(CLI::App& app, Commands& commands);

}  // namespace vcp::cli
