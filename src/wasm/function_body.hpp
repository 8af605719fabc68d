// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "reader.hpp"
#include "vcp/wasm/module_info.hpp"

namespace vcp::wasm {

/// A value type of those that are on here; refuses the others by the name of their feature.
[[nodiscard]] ValueType read_value_type(Reader& reader);

/// The funcref that is the only reference type here.
void read_reference_type(Reader& reader);

/// What a function body may refer to.
struct ModuleTypes {
  std::span<const FunctionType> types;
  std::span<const std::uint32_t> functions;  ///< the type of each function, imported ones first
};

/// Reads one body from its locals to its last `end`, refusing instructions that are off and shapes
/// that are expensive to compile. Does not type-check.
void check_function_body(Reader body, const FunctionType& type, const ModuleTypes& module,
                         const ShapeLimits& limits);

/// Reads a constant expression to its `end`.
void skip_constant_expression(Reader& reader);

}  // namespace vcp::wasm
