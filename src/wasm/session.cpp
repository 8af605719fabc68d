// SPDX-License-Identifier: Apache-2.0
#include "vcp/wasm/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "engine_state.hpp"
#include "run.hpp"

namespace vcp::wasm {
namespace {

constexpr std::size_t kMaxParameters = 16;

/// What a session's functions are made of: i32 only.
bool is_plain(const FunctionType& type) {
  const auto i32_only = [](const std::vector<ValueType>& types) {
    return std::ranges::all_of(types, [](ValueType t) { return t == ValueType::i32; });
  };
  return type.params.size() <= kMaxParameters && type.results.size() <= 1 &&
         i32_only(type.params) && i32_only(type.results);
}

FunctionTypePtr make_type(const FunctionType& type) {
  std::array<wasm_valtype_t*, kMaxParameters> params{};
  for (std::size_t i = 0; i < type.params.size(); ++i) params[i] = wasm_valtype_new(WASM_I32);
  wasm_valtype_vec_t params_vector;
  wasm_valtype_vec_t no_results;
  wasm_valtype_vec_new(&params_vector, type.params.size(), params.data());
  wasm_valtype_vec_new_empty(&no_results);
  return FunctionTypePtr(wasm_functype_new(&params_vector, &no_results));
}

/// A host function, and whether its session can take calls yet: a module may call its host while it
/// is instantiated.
struct Binding {
  HostFunction function;
  const bool* ready;
};

/// Nothing may be thrown through Wasmtime's frames; once the call is stopped, the module does not
/// get control back.
wasm_trap_t* run_host_function(void* environment, wasmtime_caller_t* caller,
                               wasmtime_val_raw_t* values, std::size_t /*size*/) noexcept {
  const auto& [function, ready] = *static_cast<const Binding*>(environment);
  auto* call = static_cast<Call*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
  try {
    if (!*ready) call->stop(Status::trap, "it called its host before it was instantiated");
    std::array<std::int32_t, kMaxParameters> arguments{};
    const std::size_t count = function.import.type.params.size();
    for (std::size_t i = 0; i < count; ++i) arguments[i] = values[i].i32;
    if (*ready) function.run(std::span(arguments).first(count));
  } catch (const std::exception& error) {
    call->stop(Status::host_failure, error.what());
  }
  constexpr std::string_view kStopped = "stopped";
  return call->stopped() ? wasmtime_trap_new(kStopped.data(), kStopped.size()) : nullptr;
}

}  // namespace

struct Session::State {
  State(const CompiledModule::State& compiled, const CallLimits& limits, std::stop_token stop,
        std::vector<HostFunction> host_functions)
      : engine(compiled.engine),
        info(compiled.info),
        invocation{.limits = limits, .stop = std::move(stop)},
        ticking(engine->ticker),
        linker(wasmtime_linker_new(engine->engine.get())),
        run(*engine->engine, invocation) {
    for (HostFunction& function : host_functions) {
      bindings.push_back({.function = std::move(function), .ready = &ready});
    }
    if (info.memory_min_bytes > limits.memory_bytes) {
      run.state().stop(Status::out_of_memory,
                       fmt::format("the module's memory begins with {} bytes; the limit is {}",
                                   info.memory_min_bytes, limits.memory_bytes));
    } else {
      define();
      instantiate(*compiled.module);
    }
  }

  void define() {
    for (Binding& binding : bindings) {
      const Import& import = binding.function.import;
      const FunctionTypePtr type = make_type(import.type);
      const ErrorPtr error(wasmtime_linker_define_func_unchecked(
          linker.get(), import.module.data(), import.module.size(), import.name.data(),
          import.name.size(), type.get(), run_host_function, &binding, nullptr));
      if (error != nullptr) run.state().stop(Status::host_failure, message(*error));
    }
  }

  void instantiate(const wasmtime_module_t& module) {
    wasmtime_instance_pre_t* made = nullptr;
    const ErrorPtr error(wasmtime_linker_instantiate_pre(linker.get(), &module, &made));
    if (error != nullptr) return run.state().stop(Status::module_invalid, message(*error));
    const InstancePrePtr instance_pre(made);
    const MemoryUse::Scope scope(run.state().memory);
    run.state().check_time();
    ready = !run.state().stopped() && run.instantiate(*instance_pre);
  }

  /// The bytes there, paid for; null, and ended, if they are not there.
  std::uint8_t* memory_at(std::uint32_t pointer, std::size_t size) {
    Call& call = run.state();
    if (call.stopped()) return nullptr;
    std::uint8_t* memory = call.memory_at(pointer, size);
    if (memory == nullptr) call.stop(Status::trap, "it pointed to bytes that are not in memory");
    return memory != nullptr && call.charge(size) ? memory : nullptr;
  }

  std::shared_ptr<Engine::State> engine;
  const ModuleInfo& info;
  std::vector<Binding> bindings;
  bool ready = false;
  Invocation invocation;
  Ticker::Running ticking;
  LinkerPtr linker;
  Run run;
};

Session::Session(const CompiledModule& module, const CallLimits& limits, std::stop_token stop,
                 std::vector<HostFunction> functions)
    : state_(
          std::make_unique<State>(*module.state_, limits, std::move(stop), std::move(functions))) {}
Session::~Session() = default;

std::optional<std::int32_t> Session::call(std::string_view function,
                                          std::initializer_list<std::int32_t> arguments) {
  Run& run = state_->run;
  if (run.state().stopped()) return std::nullopt;
  const FunctionType* type = state_->info.function(function);
  if (type == nullptr || !is_plain(*type) || type->params.size() != arguments.size()) {
    run.state().stop(Status::module_invalid, fmt::format("it exports no {} of {} i32 parameters",
                                                         function, arguments.size()));
    return std::nullopt;
  }
  std::array<wasmtime_val_raw_t, kMaxParameters> values{};
  std::ranges::transform(arguments, values.begin(),
                         [](std::int32_t value) { return wasmtime_val_raw_t{.i32 = value}; });
  if (!run.call(function, values)) return std::nullopt;
  return type->results.empty() ? 0 : values[0].i32;
}

bool Session::write(std::uint32_t pointer, std::string_view bytes) {
  std::uint8_t* memory = state_->memory_at(pointer, bytes.size());
  if (memory == nullptr) return false;
  std::ranges::copy(bytes, memory);
  return true;
}

bool Session::read(std::uint32_t pointer, std::span<char> bytes) {
  const std::uint8_t* memory = state_->memory_at(pointer, bytes.size());
  if (memory == nullptr) return false;
  std::copy_n(memory, bytes.size(), bytes.begin());
  return true;
}

void Session::stop(std::string reason) {
  state_->run.state().stop(Status::trap, std::move(reason));
}

Outcome Session::finish() { return state_->run.finish(); }

}  // namespace vcp::wasm
