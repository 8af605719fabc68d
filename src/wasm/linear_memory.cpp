// SPDX-License-Identifier: Apache-2.0
#include "linear_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "configuration.hpp"

namespace vcp::wasm {
namespace {

constexpr std::size_t kSlotBytes = kMemoryReservationBytes + kMemoryGuardBytes;
constexpr std::size_t kMaxFreeSlots = 64;

/// A free slot stays accessible that far, for the next call of a small module; what is accessible
/// counts where the system does not promise more memory than it has.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

thread_local MemoryUse* current_use = nullptr;

/// What Wasmtime knows as one linear memory.
struct LinearMemory {
  MemoryPool* pool;
  MemoryUse* use;
  MemoryPool::Slot slot;

  ~LinearMemory() {
    use->base = nullptr;
    use->size = 0;
    pool->release(slot);
  }

  void publish() const {
    use->base = slot.base;
    use->size = slot.accessible;
  }
};

std::uint8_t* get_memory(void* env, std::size_t* size, std::size_t* capacity) {
  const auto* memory = static_cast<const LinearMemory*>(env);
  *size = memory->slot.accessible;
  *capacity = kMemoryReservationBytes;
  return memory->slot.base;
}

wasmtime_error_t* grow_memory(void* env, std::size_t new_size) {
  auto* memory = static_cast<LinearMemory*>(env);
  if (new_size > memory->use->limit_bytes) {
    memory->use->over_limit = true;
    return wasmtime_error_new("beyond the task's memory limit");
  }
  if (!MemoryPool::resize(memory->slot, new_size)) {
    memory->use->host_failed = true;
    return wasmtime_error_new("the system gives no more memory");
  }
  memory->publish();
  return nullptr;
}

void delete_memory(void* env) { delete static_cast<LinearMemory*>(env); }

wasmtime_error_t* new_memory(void* env, const wasm_memorytype_t*, std::size_t minimum, std::size_t,
                             std::size_t reserved, std::size_t guard,
                             wasmtime_linear_memory_t* out) {
  assert(current_use != nullptr && reserved == kMemoryReservationBytes &&
         guard == kMemoryGuardBytes);
  auto* pool = static_cast<MemoryPool*>(env);
  const MemoryPool::Slot slot = pool->acquire(minimum);
  if (slot.base == nullptr) {
    current_use->host_failed = true;
    return wasmtime_error_new("the system gives no memory");
  }
  auto memory = std::make_unique<LinearMemory>(pool, current_use, slot);
  memory->publish();
  *out = {memory.release(), get_memory, grow_memory, delete_memory};
  return nullptr;
}

}  // namespace

MemoryUse::Scope::Scope(MemoryUse& use) {
  assert(current_use == nullptr);
  current_use = &use;
}

MemoryUse::Scope::~Scope() { current_use = nullptr; }

MemoryPool::~MemoryPool() {
  for (const Slot& slot : free_) munmap(slot.base, kSlotBytes);
}

void MemoryPool::install(wasm_config_t& config) {
  wasmtime_memory_creator_t creator{this, new_memory, nullptr};
  wasmtime_config_host_memory_creator_set(&config, &creator);
}

MemoryPool::Slot MemoryPool::acquire(std::size_t bytes) {
  Slot slot;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
    }
  }
  if (slot.base == nullptr) {
    void* base = mmap(nullptr, kSlotBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return {};
    slot.base = static_cast<std::uint8_t*>(base);
  }
  if (resize(slot, bytes)) return slot;
  munmap(slot.base, kSlotBytes);
  return {};
}

void MemoryPool::release(Slot slot) {
  const bool cleared =
      slot.accessible == 0 || madvise(slot.base, slot.accessible, MADV_DONTNEED) == 0;
  if (cleared && resize(slot, std::min(slot.accessible, kKeptBytes))) {
    const std::lock_guard lock(mutex_);
    if (free_.size() < kMaxFreeSlots) {
      free_.push_back(slot);
      return;
    }
  }
  munmap(slot.base, kSlotBytes);
}

bool MemoryPool::resize(Slot& slot, std::size_t bytes) {
  assert(bytes <= kMemoryReservationBytes);
  const std::size_t from = std::min(slot.accessible, bytes);
  const std::size_t to = std::max(slot.accessible, bytes);
  const int access = bytes > slot.accessible ? PROT_READ | PROT_WRITE : PROT_NONE;
  if (from != to && mprotect(slot.base + from, to - from, access) != 0) return false;
  slot.accessible = bytes;
  return true;
}

}  // namespace vcp::wasm
