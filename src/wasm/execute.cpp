// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine_state.hpp"
#include "run.hpp"
#include "scalar.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::wasm {
namespace {

/// One call from the empty store to its outcome.
class Execution {
 public:
  Execution(wasm_engine_t& engine, const ModuleInfo& info, wasmtime_instance_pre_t& instance_pre,
            const Invocation& invocation)
      : info_(info), instance_pre_(instance_pre), run_(engine, invocation), call_(run_.state()) {}

  Outcome run() {
    const MemoryUse::Scope scope(call_.memory);
    call_.check_time();
    if (!call_.stopped() && run_.instantiate(instance_pre_) && initialize()) call_function();
    return run_.finish();
  }

 private:
  using Values = std::vector<wasmtime_val_raw_t>;

  bool initialize() {
    Values none;
    return !info_.has_initialize || info_.abi == Abi::wasi_command ||
           run_.call("_initialize", none);
  }

  void call_function() {
    const Invocation& invocation = call_.invocation;
    if (is_scalar_call(info_, invocation.function)) {
      call_scalar(invocation.function);
    } else if (info_.abi == Abi::reactor) {
      call_reactor();
    } else {
      Values none;
      (void)run_.call("_start", none);
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
    if (!run_.call(name, values)) return;
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
    if (!run_.call("run", values)) return;
    const auto packed = static_cast<std::uint64_t>(values[0].i64);
    take_result(static_cast<std::uint32_t>(packed >> 32), static_cast<std::uint32_t>(packed));
  }

  /// Where the module wants its input, after it has been copied there.
  std::optional<std::uint32_t> allocate(std::uint32_t size) {
    Values values(1);
    values[0].i32 = static_cast<std::int32_t>(size);
    if (!run_.call("alloc", values)) return std::nullopt;
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

  void trap(std::string detail) { call_.stop(Status::trap, std::move(detail)); }

  const ModuleInfo& info_;
  wasmtime_instance_pre_t& instance_pre_;
  Run run_;
  Call& call_;
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
