// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wasmtime_api.hpp"

namespace vcp::wasm {

/// Defines all 46 functions of WASI preview 1 for stores whose data is a Call. They are ours
/// because determinism needs it: docs/wasm.md says what each does.
void define_wasi(wasmtime_linker_t& linker);

}  // namespace vcp::wasm
