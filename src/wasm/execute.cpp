// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "call.hpp"
#include "engine_state.hpp"
#include "scalar.hpp"
#include "trap.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::wasm {
namespace {

/// One call from the empty store to its outcome.
class Execution {
 public:
  Execution(wasm_engine_t& engine, const ModuleInfo& info, wasmtime_instance_pre_t& instance_pre,
            const Invocation& invocation)
      : info_(info),
        instance_pre_(instance_pre),
        call_(invocation),
        store_(wasmtime_store_new(&engine, &call_, nullptr)),
        context_(wasmtime_store_context(store_.get())) {
    const ShapeLimits shape;
    call_.arm(*store_, shape.table_elements, shape.tables);
  }

  Outcome run() {
    const MemoryUse::Scope scope(call_.memory);
    call_.check_time();
    if (!call_.stopped() && instantiate() && initialize()) call_function();
    return finish();
  }

 private:
  using Values = std::vector<wasmtime_val_raw_t>;

  bool instantiate() {
    wasm_trap_t* trap = nullptr;
    const ErrorPtr error(
        wasmtime_instance_pre_instantiate(&instance_pre_, context_, &instance_, &trap));
    return succeeded(error.get(), TrapPtr(trap));
  }

  bool initialize() {
    Values none;
    return !info_.has_initialize || info_.abi == Abi::wasi_command || call("_initialize", none);
  }

  void call_function() {
    const Invocation& invocation = call_.invocation;
    if (is_scalar_call(info_, invocation.function)) {
      call_scalar(invocation.function);
    } else if (info_.abi == Abi::reactor) {
      call_reactor();
    } else {
      Values none;
      (void)call("_start", none);
    }
  }

  /// The arguments have passed check_call.
  void call_scalar(std::string_view name) {
    const FunctionType& type = *info_.function(name);
    const auto arguments = parse_arguments(type, call_.invocation.args).value();
    Values values(std::max(type.params.size(), type.results.size()));
    std::ranges::transform(arguments, values.begin(), [](ScalarBits bits) {
      return wasmtime_val_raw_t{.i64 = static_cast<std::int64_t>(bits)};
    });
    if (!call(name, values)) return;
    std::vector<ScalarBits> results(type.results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      results[i] = static_cast<ScalarBits>(values[i].i64);
    }
    set_output(results_to_json(type, results));
  }

  void call_reactor() {
    const std::string_view input = call_.invocation.input;
    if (input.size() > UINT32_MAX) {
      return call_.stop(Status::out_of_memory, "the input has more than 4 GiB");
    }
    const auto size = static_cast<std::uint32_t>(input.size());
    const auto pointer = allocate(size);
    if (!pointer) return;
    Values values(2);
    values[0].i32 = static_cast<std::int32_t>(*pointer);
    values[1].i32 = static_cast<std::int32_t>(size);
    if (!call("run", values)) return;
    const auto packed = static_cast<std::uint64_t>(values[0].i64);
    take_result(static_cast<std::uint32_t>(packed >> 32), static_cast<std::uint32_t>(packed));
  }

  /// Where the module wants its input, after it has been copied there.
  std::optional<std::uint32_t> allocate(std::uint32_t size) {
    Values values(1);
    values[0].i32 = static_cast<std::int32_t>(size);
    if (!call("alloc", values)) return std::nullopt;
    const auto pointer = static_cast<std::uint32_t>(values[0].i32);
    std::uint8_t* target = call_.memory_at(pointer, size);
    if (target == nullptr) {
      trap("alloc returned bytes that are not in memory");
      return std::nullopt;
    }
    if (!call_.charge(size)) return std::nullopt;
    call_.invocation.input.copy(reinterpret_cast<char*>(target), size);
    return pointer;
  }

  void take_result(std::uint32_t pointer, std::uint32_t size) {
    const std::uint8_t* source = call_.memory_at(pointer, size);
    if (source == nullptr) return trap("run returned bytes that are not in memory");
    if (!call_.charge(size)) return;
    set_output({reinterpret_cast<const char*>(source), size});
  }

  void set_output(std::string_view bytes) {
    const std::size_t limit = call_.invocation.limits.output_bytes;
    if (bytes.size() > limit) {
      return call_.stop(
          Status::output_too_large,
          fmt::format("the output has {} bytes; {} are allowed", bytes.size(), limit));
    }
    call_.output = bytes;
  }

  /// Calls an exported function; whether it returned.
  bool call(std::string_view name, Values& values) {
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
  bool succeeded(const wasmtime_error_t* error, const TrapPtr& failure) {
    if (error == nullptr && failure == nullptr) return !call_.stopped();
    if (call_.stopped()) return false;
    if (error != nullptr) {
      call_.stop(Status::host_failure, message(*error));
    } else {
      classify(*failure);
    }
    return false;
  }

  void classify(const wasm_trap_t& failure) {
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

  /// How programs end that cannot go on without the memory they asked for.
  static bool is_failed_allocation(wasmtime_trap_code_t code) {
    return code == WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED ||
           code == WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS;
  }

  void trap(std::string detail) { call_.stop(Status::trap, std::move(detail)); }

  Outcome finish() {
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
  void settle_gas(Outcome& outcome) {
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

  const ModuleInfo& info_;
  wasmtime_instance_pre_t& instance_pre_;
  Call call_;
  StorePtr store_;
  wasmtime_context_t* context_;
  wasmtime_instance_t instance_{};
  bool gas_exact_ = true;
};

/// Why the call cannot even begin.
std::optional<Outcome> refuse(const ModuleInfo& info, const Invocation& invocation) {
  Outcome outcome;
  if (const auto checked = check_call(info, invocation.function, invocation.args); !checked) {
    outcome.status = Status::module_invalid;
    outcome.detail = checked.error().message;
  } else if (info.memory_min_bytes > invocation.limits.memory_bytes) {
    outcome.status = Status::out_of_memory;
    outcome.detail = fmt::format("the module's memory begins with {} bytes; the limit is {}",
                                 info.memory_min_bytes, invocation.limits.memory_bytes);
  } else {
    return std::nullopt;
  }
  return outcome;
}

}  // namespace

std::string_view to_string(Status status) {
  constexpr std::array<std::string_view, 11> kNames{"ok",
                                                    "exit_code",
                                                    "trap",
                                                    "stack_overflow",
                                                    "timeout",
                                                    "out_of_gas",
                                                    "out_of_memory",
                                                    "output_too_large",
                                                    "module_invalid",
                                                    "host_failure",
                                                    "cancelled"};
  return kNames[std::to_underlying(status)];
}

Outcome Engine::execute(const CompiledModule& module, const Invocation& invocation) const {
  const CompiledModule::State& compiled = *module.state_;
  if (auto refused = refuse(compiled.info, invocation)) return std::move(*refused);
  const auto start = Call::Clock::now();
  const Ticker::Running ticking(compiled.engine->ticker);
  Outcome outcome =
      Execution(*compiled.engine->engine, compiled.info, *compiled.instance_pre, invocation).run();
  outcome.execution_time =
      std::chrono::duration_cast<std::chrono::microseconds>(Call::Clock::now() - start);
  return outcome;
}

}  // namespace vcp::wasm
