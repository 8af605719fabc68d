// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "vcp/wasm/compiler.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::wasm {

/// The binary of `wat`, which must be good.
std::string assemble(std::string_view wat);

/// The module of `wat` in machine code, which must be good. Modules are kept for the program's
/// life.
std::shared_ptr<const CompiledModule> load(std::string_view wat);

/// The same of a binary, for a Session if it may import from `host`.
std::shared_ptr<const CompiledModule> load_binary(const std::string& binary,
                                                  std::span<const Import> host = {});

/// The engine that `load` uses.
const Engine& engine();

/// The compiler, which is this program.
Compiler compiler(CompileLimits limits = {});

/// Calls the module of `wat`.
Outcome run(std::string_view wat, const Invocation& invocation = {});

/// A scalar call.
Outcome call(std::string_view wat, std::string_view function, std::string_view args = "[]");

}  // namespace vcp::wasm
