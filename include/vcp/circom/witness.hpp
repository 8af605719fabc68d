// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/wasm/engine.hpp"

// Witnesses by circom 2's own calculators, the `.wasm` that `circom --wasm` makes, in the sandbox.
// docs/proving.md describes the inputs and the calls.

namespace vcp::circom {

/// What a calculator may import: inspect it, or open its ModuleCache, with these.
[[nodiscard]] std::vector<wasm::Import> imports();

struct Witness {
  std::string wtns;  ///< to the byte as snarkjs writes it
  std::string log;   ///< what the circuit logged, cut at the limit
  std::uint64_t gas_used = 0;
};

/// Calculates the witness of input signals in JSON, as snarkjs takes them, under `limits`, of which
/// `output_bytes` is for the witness. Blocks; needs 1 MiB of stack.
///
/// `malformed` or `invalid` for what is wrong with the inputs, with a pointer to the signal at
/// fault where one is: no such signal, too few or too many values, no number; `invalid` with what
/// circom says where the circuit's own assertion fails, or for a module that is no calculator over
/// BN254; `too_large` over the gas, memory or output, `timed_out` over the time, `unavailable` if
/// stopped or this machine failed.
[[nodiscard]] Result<Witness> calculate_witness(const wasm::CompiledModule& calculator,
                                                std::string_view inputs,
                                                const wasm::CallLimits& limits,
                                                std::stop_token stop = {});

}  // namespace vcp::circom
