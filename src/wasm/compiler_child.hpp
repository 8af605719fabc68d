// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vcp/wasm/compiler.hpp"

namespace vcp::wasm {

/// What a compiler process is asked to do with its standard input.
enum class CompilerTask : unsigned char { compile, validate, wat_to_wasm };

/// The exit code that says: not the machine's fault, the reason is on standard error.
inline constexpr int kRefusedExitCode = 10;

/// The command line and the environment that make a program a compiler process.
[[nodiscard]] std::vector<std::string> child_arguments(CompilerTask task,
                                                       const CompileLimits& limits);
[[nodiscard]] std::vector<std::string> child_environment(const CompileLimits& limits);

/// Whether this process was started with that environment.
[[nodiscard]] bool is_compiler_child();

/// Does the work that the command line asks for and exits.
[[noreturn]] void run_compiler_child(int argc, char** argv);

}  // namespace vcp::wasm
