// SPDX-License-Identifier: Apache-2.0
#include "sandbox.hpp"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace vcp::wasm {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace

Compiler compiler(CompileLimits limits) {
  return Compiler(CompilerProgram::at("/proc/self/exe"), limits);
}

const Engine& engine() {
  static const Engine kEngine = must(Engine::create());
  return kEngine;
}

std::string assemble(std::string_view wat) { return must(compiler().wat_to_wasm(wat)); }

std::shared_ptr<const CompiledModule> load_binary(const std::string& binary,
                                                  std::span<const Import> host) {
  static std::map<std::string, std::shared_ptr<const CompiledModule>> loaded;
  auto found = loaded.find(binary);
  if (found == loaded.end()) {
    auto info = must(inspect(binary, {}, host));
    auto module = must(engine().load(std::move(info), must(compiler().compile(binary))));
    found = loaded.emplace(binary, std::move(module)).first;
  }
  return found->second;
}

std::shared_ptr<const CompiledModule> load(std::string_view wat) {
  static std::map<std::string, std::string, std::less<>> assembled;
  auto found = assembled.find(wat);
  if (found == assembled.end()) found = assembled.emplace(std::string(wat), assemble(wat)).first;
  return load_binary(found->second);
}

Outcome run(std::string_view wat, const Invocation& invocation) {
  return engine().execute(*load(wat), invocation);
}

Outcome call(std::string_view wat, std::string_view function, std::string_view args) {
  return run(wat, Invocation{.function = function, .args = args});
}

}  // namespace vcp::wasm
