// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/wasm/module_info.hpp"

namespace vcp::wasm {

/// The bits of an i32, i64, f32 or f64, in the low end of the word.
using ScalarBits = std::uint64_t;

/// Whether all parameters and results are numbers that JSON can carry.
[[nodiscard]] bool is_scalar(const FunctionType& type);

/// Reads the JSON array `args` as arguments for `type`, which is scalar. Integers are exact and
/// signed; floats are rounded to nearest, or the strings "NaN", "Infinity", "-Infinity". `invalid`
/// with the pointer `/args` or `/args/N`.
[[nodiscard]] Result<std::vector<ScalarBits>> parse_arguments(const FunctionType& type,
                                                              std::string_view args);

/// The JSON array of `results`, so written that it reads back as the same values.
[[nodiscard]] std::string results_to_json(const FunctionType& type,
                                          std::span<const ScalarBits> results);

/// The function's name if it is called, or the ABI's own if the name is empty.
[[nodiscard]] std::string_view called_function(const ModuleInfo& info, std::string_view function);

/// Whether a call of that function goes by `args` instead of the ABI's own way.
[[nodiscard]] bool is_scalar_call(const ModuleInfo& info, std::string_view function);

}  // namespace vcp::wasm
