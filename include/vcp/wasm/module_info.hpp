// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"

/// What a WebAssembly binary is and whether it may run here, found out without the engine.
namespace vcp::wasm {

enum class ValueType : std::uint8_t { i32, i64, f32, f64, v128, funcref };

struct FunctionType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;

  friend bool operator==(const FunctionType&, const FunctionType&) = default;
};

/// The type as in "(i32, i64) -> f64".
[[nodiscard]] std::string to_string(const FunctionType& type);

/// How a task is called; docs/wasm.md describes each.
enum class Abi : std::uint8_t {
  wasi_command,  ///< `_start`, WASI preview 1: standard input, argv, standard output
  reactor,       ///< exports `memory`, `alloc(u32) -> u32`, `run(ptr, len) -> u64`; no imports
  scalar,        ///< an exported function of numbers; no imports
  hosted,        ///< imports what a program of ours brings for it: see Session
};

/// The name that clients see: "wasi-command", "reactor", "scalar", "hosted".
[[nodiscard]] std::string_view to_string(Abi abi);

enum class ExternKind : std::uint8_t { function, table, memory, global };

/// "function", "table", "memory" or "global".
[[nodiscard]] std::string_view to_string(ExternKind kind);

struct Import {
  std::string module;
  std::string name;
  FunctionType type;  ///< only functions can be imported here

  friend bool operator==(const Import&, const Import&) = default;
};

struct Export {
  std::string name;
  ExternKind kind = ExternKind::function;
  std::optional<FunctionType> type;  ///< of a function
};

struct ModuleInfo {
  Abi abi = Abi::scalar;
  std::vector<Import> imports;
  std::vector<Export> exports;
  std::uint64_t memory_min_bytes = 0;  ///< 0 if the module has no memory
  bool has_initialize = false;         ///< exports `_initialize`, to be called first

  /// The type of the exported function of that name; null if there is none.
  [[nodiscard]] const FunctionType* function(std::string_view name) const;
};

/// Bounds on the shape of a module. Compile time is the submitter's to choose: each of these has
/// been a way to make a small module expensive. The defaults are far above what compilers emit.
struct ShapeLimits {
  std::size_t module_bytes = std::size_t{64} << 20;
  std::size_t types = 10'000;
  std::size_t params = 255;  ///< parameters of one function or block
  std::size_t results = 32;  ///< results of one function or block
  std::size_t functions = 100'000;
  std::size_t function_bytes = std::size_t{4} << 20;
  std::size_t locals = 10'000;             ///< of one function, parameters included
  std::size_t br_table_targets = 20'000;   ///< of one function, all its br_tables together
  std::size_t call_values = 250'000;       ///< passed and returned at all calls of one function
  std::size_t nesting = 10'000;            ///< blocks within blocks
  std::size_t nesting_locals = 1'000'000;  ///< of one function: deepest nesting times locals
  std::size_t loop_locals = 100'000;       ///< the same, of loops only
  std::size_t imports = 1'000;
  std::size_t exports = 10'000;
  std::size_t globals = 100'000;
  std::size_t tables = 16;
  std::size_t table_elements = 1'000'000;               ///< of one table, at the start and grown
  std::size_t segments = 100'000;                       ///< of data, and as many of elements
  std::size_t segment_elements = 1'000'000;             ///< of all element segments together
  std::size_t name_bytes = 4'096;                       ///< of one import's or export's name
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;  ///< the memory's initial size
};

/// Reads a binary and refuses what cannot run here, saying what and where: `malformed` if it is no
/// WebAssembly, `too_large` over the module's size, `invalid` for the rest (features that are off,
/// imports that are not there, shapes over their bounds, no function to call). One pass, linear in
/// the size. It does not type-check function bodies; `Compiler::validate` does.
///
/// With `host`, the module is one for a Session: it may import these functions, and only these.
[[nodiscard]] Result<ModuleInfo> inspect(std::string_view binary, const ShapeLimits& limits = {},
                                         std::span<const Import> host = {});

/// Whether the bytes begin like a WebAssembly binary (module or component) and not like text.
[[nodiscard]] bool is_binary(std::string_view bytes);

/// Whether `function` with `args` (JSON text of an array; empty for none) can be called, for an
/// answer at submission. `invalid` with the pointers `/function`, `/args` and `/args/N`.
///
/// A function other than the ABI's own (`_start`, `run`) is a scalar call, which needs a module
/// without imports and a type of numbers only.
[[nodiscard]] Result<> check_call(const ModuleInfo& info, std::string_view function,
                                  std::string_view args);

}  // namespace vcp::wasm
