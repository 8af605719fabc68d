// SPDX-License-Identifier: Apache-2.0
#include "trap.hpp"

#include <fmt/format.h>

namespace vcp::wasm {
namespace {

std::string_view describe(wasmtime_trap_code_t code) {
  switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return "the stack is used up";
    case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
      return "memory access out of bounds";
    case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
      return "table access out of bounds";
    case WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL:
      return "indirect call to null";
    case WASMTIME_TRAP_CODE_BAD_SIGNATURE:
      return "indirect call of a function of another type";
    case WASMTIME_TRAP_CODE_INTEGER_OVERFLOW:
      return "integer overflow";
    case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO:
      return "integer division by zero";
    case WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER:
      return "conversion of a float that no integer can hold";
    case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
      return "unreachable executed";
    default:
      return "trap";
  }
}

std::string message_of(const wasm_trap_t& trap) {
  ByteVector text;
  wasm_trap_message(&trap, text.get());
  const std::string_view view = text.view();
  return std::string(view.substr(0, view.find('\0')));
}

}  // namespace

std::string describe(const wasm_trap_t& trap) {
  wasmtime_trap_code_t code = 0;
  std::string text =
      wasmtime_trap_code(&trap, &code) ? std::string(describe(code)) : message_of(trap);
  const FramePtr frame(wasm_trap_origin(&trap));
  if (frame == nullptr) return text;
  text += fmt::format(" in function {}", wasm_frame_func_index(frame.get()));
  if (const wasm_name_t* name = wasmtime_frame_func_name(frame.get()); name != nullptr) {
    constexpr std::size_t kShown = 200;
    text += fmt::format(" ({})", std::string_view(name->data, name->size).substr(0, kShown));
  }
  return text + fmt::format(" at byte {}", wasm_frame_module_offset(frame.get()));
}

bool gas_is_exact(wasmtime_trap_code_t code) {
  return code == WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED;
}

}  // namespace vcp::wasm
