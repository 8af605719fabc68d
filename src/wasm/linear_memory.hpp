// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "wasmtime_api.hpp"

namespace vcp::wasm {

/// The one memory of a running call: where it is, how far it may grow, and whether it was refused.
/// `base` and `size` change when it grows.
struct MemoryUse {
  std::uint64_t limit_bytes = 0;
  std::uint8_t* base = nullptr;
  std::size_t size = 0;
  bool over_limit = false;   ///< the program asked for more than its limit
  bool host_failed = false;  ///< the system did not give what is within the limit

  /// Makes memories that this thread creates report to `use` until the end of the scope: the C API
  /// does not tell a memory creator for which store it works.
  class Scope {
   public:
    explicit Scope(MemoryUse& use);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
};

/// Gives Wasmtime its linear memories, in place of its own allocator, because a host learns of a
/// `memory.grow` that failed only here. Keeps address ranges for the next call: a reservation costs
/// more than clearing what was touched. Any thread.
class MemoryPool {
 public:
  MemoryPool() = default;
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  /// Makes `config` take its memories from here; the pool must outlive the engine.
  void install(wasm_config_t& config);

  /// A range of reserved addresses; the first `accessible` bytes can be used.
  struct Slot {
    std::uint8_t* base = nullptr;
    std::size_t accessible = 0;
  };

  /// A slot of which exactly `bytes` are accessible, all zero; null if the system has none.
  [[nodiscard]] Slot acquire(std::size_t bytes);
  void release(Slot slot);

  /// Changes how much is accessible; whether the system agreed.
  [[nodiscard]] static bool resize(Slot& slot, std::size_t bytes);

 private:
  std::mutex mutex_;
  std::vector<Slot> free_;
};

}  // namespace vcp::wasm
