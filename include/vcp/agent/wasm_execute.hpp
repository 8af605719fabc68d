// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vcp/agent/execute.hpp"
#include "vcp/wasm/cache.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::agent {

/// Runs tasks in the sandbox. The engine and the cache must outlive what is returned.
///
/// A program's randomness comes from the SHA-256 of "<task id>/<rank>": equal for every node that
/// runs the same rank of a task. A program of a gang also finds VCP_RANK and VCP_SIZE in its
/// environment.
[[nodiscard]] Execute wasm_execute(const wasm::Engine& engine, wasm::ModuleCache& modules);

}  // namespace vcp::agent
