// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "wasmtime_api.hpp"

namespace vcp::wasm {

inline constexpr std::size_t kWasmStackBytes = 512 * 1024;

/// Address space kept for one memory, and after it what an offset can reach beyond it: with these,
/// an access out of bounds faults, and the code needs no check of its own.
inline constexpr std::uint64_t kMemoryReservationBytes = std::uint64_t{4} << 30;
inline constexpr std::uint64_t kMemoryGuardBytes = std::uint64_t{32} << 20;

/// The configuration that both sides share: the one that compiles and the one that runs.
[[nodiscard]] ConfigPtr make_configuration();

/// See Engine::name.
[[nodiscard]] std::string engine_name();

}  // namespace vcp::wasm
