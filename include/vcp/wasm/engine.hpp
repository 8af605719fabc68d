// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"
#include "vcp/wasm/invocation.hpp"
#include "vcp/wasm/module_info.hpp"

namespace vcp::wasm {

class CompiledModule;

/// The sandbox: Wasmtime, configured so that a module and its input give the same bytes and the
/// same gas on every machine. One for each process: it keeps a thread for deadlines and installs
/// signal handlers. Any thread. Modules keep what they need of it and may outlive it.
class Engine {
 public:
  /// `unavailable` if Wasmtime cannot run on this machine.
  [[nodiscard]] static Result<Engine> create();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  /// Names the version, the configuration and the instruction set, as in
  /// "wasmtime-48.0.8/1f2e3d4c5b6a7988/x86_64+avx2+bmi2". Equal strings run the same machine code.
  [[nodiscard]] const std::string& name() const;

  /// Makes a module of what `inspect` and Compiler::compile gave for the same binary. The artifact
  /// is machine code: never pass one that anybody else could have written. `internal` if it is of
  /// another engine.
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> load(ModuleInfo info,
                                                                   std::string_view artifact) const;

  /// Runs one call to its end in a fresh instance, on the caller's thread, which needs 1 MiB of
  /// stack. Every failure is an outcome.
  [[nodiscard]] Outcome execute(const CompiledModule& module, const Invocation& invocation) const;

 private:
  friend class CompiledModule;
  friend class Session;
  struct State;
  explicit Engine(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

/// A module in machine code, ready to run. Immutable; any thread.
class CompiledModule {
 public:
  ~CompiledModule();
  CompiledModule(const CompiledModule&) = delete;
  CompiledModule& operator=(const CompiledModule&) = delete;

  [[nodiscard]] const ModuleInfo& info() const;

  /// Memory that the machine code takes.
  [[nodiscard]] std::size_t image_bytes() const;

 private:
  friend class Engine;
  friend class Session;
  struct State;
  explicit CompiledModule(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vcp::wasm
