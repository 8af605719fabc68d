// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "linear_memory.hpp"
#include "ticker.hpp"
#include "vcp/wasm/engine.hpp"
#include "wasmtime_api.hpp"

namespace vcp::wasm {

struct Engine::State {
  State();

  MemoryPool memories;  // outlives the engine, which outlives the rest
  EnginePtr engine;
  LinkerPtr linker;
  Ticker ticker;
  std::string name;
};

struct CompiledModule::State {
  std::shared_ptr<Engine::State> engine;
  ModuleInfo info;
  ModulePtr module;
  InstancePrePtr instance_pre;  // none of a hosted module
};

}  // namespace vcp::wasm
