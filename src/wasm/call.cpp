// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vcp::wasm {
namespace {

/// One more still fits Wasmtime's counter.
constexpr std::uint64_t kMaxGas = std::uint64_t{1} << 62;

wasmtime_error_t* on_epoch(wasmtime_context_t*, void* data, std::uint64_t* ticks,
                           wasmtime_update_deadline_kind_t* kind) {
  auto* call = static_cast<Call*>(data);
  call->check_time();
  if (call->stopped()) return wasmtime_error_new("stopped");
  *ticks = 1;
  *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
  return nullptr;
}

}  // namespace

Call::Call(const Invocation& call)
    : invocation(call),
      wasi(call.seed),
      gas_limit_(std::min(call.limits.gas, kMaxGas)),
      deadline_(Clock::now() + call.limits.time) {
  memory.limit_bytes = call.limits.memory_bytes;
}

void Call::arm(wasmtime_store_t& store, std::size_t table_elements, std::size_t tables) {
  // The memory's limit is kept by MemoryPool, which notices when it is hit.
  constexpr std::int64_t kMemoryBytes = std::int64_t{4} << 30;
  wasmtime_store_limiter(&store, kMemoryBytes, static_cast<std::int64_t>(table_elements), 1,
                         static_cast<std::int64_t>(tables), 1);
  context_ = wasmtime_store_context(&store);
  const ErrorPtr error(wasmtime_context_set_fuel(context_, gas_limit_ + 1));
  wasmtime_context_set_epoch_deadline(context_, 1);
  wasmtime_store_epoch_deadline_callback(&store, on_epoch, this, nullptr);
}

void Call::stop(Status status, std::string detail) {
  if (stopped()) return;
  stop_status_ = status;
  stop_detail_ = std::move(detail);
}

void Call::check_time() {
  if (memory.host_failed) {
    stop(Status::host_failure, "this machine has no memory to give, though the limit allows it");
  } else if (invocation.stop.stop_requested()) {
    stop(Status::cancelled, "cancelled while running");
  } else if (Clock::now() >= deadline_) {
    stop(Status::timeout, fmt::format("not done after {} ms", invocation.limits.time.count()));
  }
}

bool Call::charge(std::uint64_t gas) {
  const std::uint64_t left = fuel_left();
  const bool enough = left > gas;
  const ErrorPtr error(wasmtime_context_set_fuel(context_, enough ? left - gas : 0));
  if (!enough) stop(Status::out_of_gas, {});
  return enough;
}

std::uint64_t Call::fuel_left() const {
  std::uint64_t fuel = 0;
  const ErrorPtr error(wasmtime_context_get_fuel(context_, &fuel));
  return fuel;
}

std::uint8_t* Call::memory_at(std::uint32_t pointer, std::uint64_t size) const {
  const std::uint64_t end = std::uint64_t{pointer} + size;
  return end <= memory.size ? memory.base + pointer : nullptr;
}

}  // namespace vcp::wasm
