// SPDX-License-Identifier: Apache-2.0
#include "vcp/wasm/engine.hpp"

#include <utility>

#include "compiler_child.hpp"
#include "configuration.hpp"
#include "engine_state.hpp"
#include "wasi.hpp"

namespace vcp::wasm {
namespace {

EnginePtr make_engine(MemoryPool& memories) {
  ConfigPtr config = make_configuration();
  memories.install(*config);
  return EnginePtr(wasm_engine_new_with_config(config.release()));
}

const std::uint8_t* as_bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

Engine::State::State()
    : engine(make_engine(memories)),
      linker(wasmtime_linker_new(engine.get())),
      ticker(*engine),
      name(engine_name()) {
  define_wasi(*linker);
}

Engine::Engine(std::shared_ptr<State> state) : state_(std::move(state)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::create() {
  if (is_compiler_child()) {
    return fail(Code::internal,
                "started as a compiler, but main does not begin with "
                "CompilerProgram::enter");
  }
  return Engine(std::make_shared<State>());
}

const std::string& Engine::name() const { return state_->name; }

Result<std::shared_ptr<const CompiledModule>> Engine::load(ModuleInfo info,
                                                           std::string_view artifact) const {
  wasmtime_module_t* module = nullptr;
  if (const ErrorPtr error(wasmtime_module_deserialize(state_->engine.get(), as_bytes(artifact),
                                                       artifact.size(), &module));
      error != nullptr) {
    return fail(Code::internal, "machine code of another engine: " + message(*error));
  }
  auto state = std::make_unique<CompiledModule::State>();
  state->engine = state_;
  state->info = std::move(info);
  state->module.reset(module);

  if (state->info.abi == Abi::hosted) {  // linked by its session
    return std::shared_ptr<const CompiledModule>(new CompiledModule(std::move(state)));
  }
  wasmtime_instance_pre_t* instance_pre = nullptr;
  if (const ErrorPtr error(
          wasmtime_linker_instantiate_pre(state_->linker.get(), module, &instance_pre));
      error != nullptr) {
    return fail(Code::internal, "the module cannot be linked: " + message(*error));
  }
  state->instance_pre.reset(instance_pre);
  return std::shared_ptr<const CompiledModule>(new CompiledModule(std::move(state)));
}

CompiledModule::CompiledModule(std::unique_ptr<State> state) : state_(std::move(state)) {}
CompiledModule::~CompiledModule() = default;

const ModuleInfo& CompiledModule::info() const { return state_->info; }

std::size_t CompiledModule::image_bytes() const {
  void* begin = nullptr;
  void* end = nullptr;
  wasmtime_module_image_range(state_->module.get(), &begin, &end);
  return static_cast<std::size_t>(static_cast<char*>(end) - static_cast<char*>(begin));
}

}  // namespace vcp::wasm
