// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "wasmtime_api.hpp"

namespace vcp::wasm {

/// What a trap was and in which function, as a sentence without a full stop.
[[nodiscard]] std::string describe(const wasm_trap_t& trap);

/// Whether the engine wrote down the gas before the trap. After those that come from the machine
/// (an access out of bounds, a division by zero) what it recorded is too low.
[[nodiscard]] bool gas_is_exact(wasmtime_trap_code_t code);

}  // namespace vcp::wasm
