// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "vcp/wasm/compiler.hpp"

namespace vcp::cli {

/// The verbs of `vcp proofs` that make witnesses and proofs.
void add_proving(CLI::App& proofs, Commands& commands, const wasm::CompilerProgram& compiler);

}  // namespace vcp::cli
