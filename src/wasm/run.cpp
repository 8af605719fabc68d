// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <fmt/format.h>

#include <utility>

#include "trap.hpp"
#include "vcp/wasm/module_info.hpp"

namespace vcp::wasm {
namespace {

/// How programs end that cannot go on without the memory they asked for.
bool is_failed_allocation(wasmtime_trap_code_t code) {
  return code == WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED ||
         code == WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS;
}

}  // namespace

Run::Run(wasm_engine_t& engine, const Invocation& invocation)
    : call_(invocation),
      store_(wasmtime_store_new(&engine, &call_, nullptr)),
      context_(wasmtime_store_context(store_.get())) {
  const ShapeLimits shape;
  call_.arm(*store_, shape.table_elements, shape.tables);
}

bool Run::instantiate(wasmtime_instance_pre_t& instance_pre) {
  wasm_trap_t* trap = nullptr;
  const ErrorPtr error(
      wasmtime_instance_pre_instantiate(&instance_pre, context_, &instance_, &trap));
  return succeeded(error.get(), TrapPtr(trap));
}

bool Run::call(std::string_view name, std::span<wasmtime_val_raw_t> values) {
  wasmtime_extern_t item;
  const bool found =
      wasmtime_instance_export_get(context_, &instance_, name.data(), name.size(), &item);
  if (!found || item.kind != WASMTIME_EXTERN_FUNC) {
    call_.stop(Status::host_failure, fmt::format("the engine does not find {}", name));
    return false;
  }
  wasm_trap_t* trap = nullptr;
  const ErrorPtr error(
      wasmtime_func_call_unchecked(context_, &item.of.func, values.data(), values.size(), &trap));
  return succeeded(error.get(), TrapPtr(trap));
}

/// Keeps the reason of a failure. What stopped the call itself comes back as a trap too.
bool Run::succeeded(const wasmtime_error_t* error, const TrapPtr& failure) {
  if (error == nullptr && failure == nullptr) return !call_.stopped();
  if (call_.stopped()) return false;
  if (error != nullptr) {
    call_.stop(Status::host_failure, message(*error));
  } else {
    classify(*failure);
  }
  return false;
}

void Run::classify(const wasm_trap_t& failure) {
  wasmtime_trap_code_t code = 0;
  const bool known = wasmtime_trap_code(&failure, &code);
  gas_exact_ = known && gas_is_exact(code);
  if (known && code == WASMTIME_TRAP_CODE_OUT_OF_FUEL) {
    call_.stop(Status::out_of_gas, {});
  } else if (known && code == WASMTIME_TRAP_CODE_STACK_OVERFLOW) {
    call_.stop(Status::stack_overflow, describe(failure));
  } else if (call_.memory.over_limit && is_failed_allocation(code)) {
    call_.stop(Status::out_of_memory,
               fmt::format("{}, after memory beyond the limit of {} bytes was refused",
                           describe(failure), call_.memory.limit_bytes));
  } else {
    call_.stop(Status::trap, describe(failure));
  }
}

Outcome Run::finish() {
  Outcome outcome;
  outcome.status = call_.stop_status().value_or(Status::ok);
  outcome.detail = std::move(call_.stop_detail());
  settle_gas(outcome);
  if (call_.memory.host_failed) {
    outcome.status = Status::host_failure;
    outcome.detail = "this machine has no memory to give, though the limit allows it";
  }
  outcome.exit_code = call_.wasi.exit_code;
  if (outcome.status == Status::exit_code) {
    outcome.detail = fmt::format("the program exited with code {}", outcome.exit_code);
  }
  if (outcome.status == Status::ok || outcome.status == Status::exit_code) {
    outcome.output = std::move(call_.output);
  }
  outcome.log = std::move(call_.log);
  outcome.log_truncated = call_.log_truncated;
  return outcome;
}

/// The engine was given one more than the limit, so nothing left means out of gas; that also
/// takes precedence over how the program ended with its last unit. Where the engine's count is
/// too low, the whole limit is charged.
void Run::settle_gas(Outcome& outcome) {
  const std::uint64_t limit = call_.gas_limit();
  const std::uint64_t left = call_.fuel_left();
  outcome.gas_used = !gas_exact_ || left == 0 ? limit : limit + 1 - left;
  const bool programs_own = outcome.status == Status::ok || outcome.status == Status::exit_code ||
                            outcome.status == Status::trap ||
                            outcome.status == Status::out_of_memory;
  if (outcome.status == Status::out_of_gas || (left == 0 && gas_exact_ && programs_own)) {
    outcome.status = Status::out_of_gas;
    outcome.detail = fmt::format("the gas limit of {} is used up", limit);
    outcome.gas_used = limit;
  }
}

}  // namespace vcp::wasm
