// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linear_memory.hpp"
#include "vcp/wasm/invocation.hpp"
#include "wasi_state.hpp"
#include "wasmtime_api.hpp"

namespace vcp::wasm {

/// One running call: its limits and what has become of it. Wasmtime's callbacks find it as the
/// store's data. One thread.
class Call {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Call(const Invocation& invocation);

  /// Arms every limit on a fresh store; nothing of the module may run before.
  void arm(wasmtime_store_t& store, std::size_t table_elements, std::size_t tables);

  /// Ends the call as soon as the engine looks: the first reason given counts.
  void stop(Status status, std::string detail);
  [[nodiscard]] bool stopped() const { return stop_status_.has_value(); }

  /// Stops the call if it is out of time, was cancelled, or the system failed it. For the engine's
  /// epochs and for host functions that work long.
  void check_time();

  /// The gas that the call may use.
  [[nodiscard]] std::uint64_t gas_limit() const { return gas_limit_; }

  /// Pays for work that the host does for the program; false, and stopped, if the gas is used up.
  [[nodiscard]] bool charge(std::uint64_t gas);

  /// What is left of the gas and one more, so that nothing left means out of gas.
  [[nodiscard]] std::uint64_t fuel_left() const;

  /// The `size` bytes of the program's memory from `pointer`; null if not all are there. Good until
  /// the program runs on: its memory may grow.
  [[nodiscard]] std::uint8_t* memory_at(std::uint32_t pointer, std::uint64_t size) const;

  const Invocation& invocation;
  MemoryUse memory;
  WasiState wasi;
  std::string output;
  std::string log;
  bool log_truncated = false;

  [[nodiscard]] const std::optional<Status>& stop_status() const { return stop_status_; }
  [[nodiscard]] std::string& stop_detail() { return stop_detail_; }

 private:
  wasmtime_context_t* context_ = nullptr;
  std::uint64_t gas_limit_;
  Clock::time_point deadline_;
  std::optional<Status> stop_status_;
  std::string stop_detail_;
};

}  // namespace vcp::wasm
