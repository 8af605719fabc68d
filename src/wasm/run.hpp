// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "call.hpp"

namespace vcp::wasm {

/// One instance under its limits, from the empty store to its outcome. One thread.
class Run {
 public:
  /// The invocation must outlive it.
  Run(wasm_engine_t& engine, const Invocation& invocation);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] Call& state() { return call_; }

  /// Whether it succeeded; within a MemoryUse::Scope.
  bool instantiate(wasmtime_instance_pre_t& instance_pre);

  /// Calls an exported function whose arguments and results `values` has room for; whether it
  /// returned.
  bool call(std::string_view name, std::span<wasmtime_val_raw_t> values);

  /// What came of it all. Nothing may run after.
  Outcome finish();

 private:
  bool succeeded(const wasmtime_error_t* error, const TrapPtr& failure);
  void classify(const wasm_trap_t& failure);
  void settle_gas(Outcome& outcome);

  Call call_;
  StorePtr store_;
  wasmtime_context_t* context_;
  wasmtime_instance_t instance_{};
  bool gas_exact_ = true;
};

}  // namespace vcp::wasm
