// SPDX-License-Identifier: Apache-2.0
#include "configuration.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "vcp/base/hash.hpp"

namespace vcp::wasm {
namespace {

struct Setting {
  std::string_view name;
  bool on;
  void (*set)(wasm_config_t*, bool);
};

/// Every switch, set in so many words: defaults change between versions.
constexpr std::array kSettings{
    Setting{"fuel", true, wasmtime_config_consume_fuel_set},
    Setting{"epochs", true, wasmtime_config_epoch_interruption_set},
    Setting{"nan-canonicalization", true, wasmtime_config_cranelift_nan_canonicalization_set},
    Setting{"relaxed-simd-deterministic", true,
            wasmtime_config_wasm_relaxed_simd_deterministic_set},
    Setting{"simd", true, wasmtime_config_wasm_simd_set},
    Setting{"relaxed-simd", true, wasmtime_config_wasm_relaxed_simd_set},
    Setting{"bulk-memory", true, wasmtime_config_wasm_bulk_memory_set},
    Setting{"multi-value", true, wasmtime_config_wasm_multi_value_set},
    Setting{"tail-call", true, wasmtime_config_wasm_tail_call_set},
    Setting{"shared-memory", false, wasmtime_config_shared_memory_set},
    Setting{"multi-memory", false, wasmtime_config_wasm_multi_memory_set},
    Setting{"memory64", false, wasmtime_config_wasm_memory64_set},
    Setting{"wide-arithmetic", false, wasmtime_config_wasm_wide_arithmetic_set},
    Setting{"custom-page-sizes", false, wasmtime_config_wasm_custom_page_sizes_set},
    Setting{"branch-hinting", false, wasmtime_config_wasm_branch_hinting_set},
    Setting{"stack-switching", false, wasmtime_config_wasm_stack_switching_set},
    Setting{"gc-support", false, wasmtime_config_gc_support_set},
// An installed Wasmtime may have been built with more than ours.
#ifdef WASMTIME_FEATURE_THREADS
    Setting{"threads", false, wasmtime_config_wasm_threads_set},
#endif
#ifdef WASMTIME_FEATURE_GC
    Setting{"reference-types", true, wasmtime_config_wasm_reference_types_set},
    Setting{"function-references", false, wasmtime_config_wasm_function_references_set},
    Setting{"gc", false, wasmtime_config_wasm_gc_set},
    Setting{"exceptions", false, wasmtime_config_wasm_exceptions_set},
#endif
    Setting{"debug-info", false, wasmtime_config_debug_info_set},
    Setting{"memory-init-cow", false, wasmtime_config_memory_init_cow_set},
    Setting{"memory-may-move", false, wasmtime_config_memory_may_move_set},
};

/// Counts up when the host functions change in a way that a program or its gas can tell.
constexpr int kHostRevision = 1;

struct CpuFeature {
  std::string_view name;
  bool present;
};

/// What Cranelift looks for on the machine that it compiles on.
std::string instruction_set() {
#if defined(__x86_64__)
  const std::array features{
      CpuFeature{"sse3", __builtin_cpu_supports("sse3") != 0},
      CpuFeature{"ssse3", __builtin_cpu_supports("ssse3") != 0},
      CpuFeature{"sse4.1", __builtin_cpu_supports("sse4.1") != 0},
      CpuFeature{"sse4.2", __builtin_cpu_supports("sse4.2") != 0},
      CpuFeature{"popcnt", __builtin_cpu_supports("popcnt") != 0},
      CpuFeature{"lzcnt", __builtin_cpu_supports("lzcnt") != 0},
      CpuFeature{"bmi1", __builtin_cpu_supports("bmi") != 0},
      CpuFeature{"bmi2", __builtin_cpu_supports("bmi2") != 0},
      CpuFeature{"avx", __builtin_cpu_supports("avx") != 0},
      CpuFeature{"avx2", __builtin_cpu_supports("avx2") != 0},
      CpuFeature{"fma", __builtin_cpu_supports("fma") != 0},
      CpuFeature{"avx512bitalg", __builtin_cpu_supports("avx512bitalg") != 0},
      CpuFeature{"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
      CpuFeature{"avx512f", __builtin_cpu_supports("avx512f") != 0},
      CpuFeature{"avx512vl", __builtin_cpu_supports("avx512vl") != 0},
      CpuFeature{"avx512vbmi", __builtin_cpu_supports("avx512vbmi") != 0},
  };
  std::string text = "x86_64";
#elif defined(__aarch64__)
  const std::array<CpuFeature, 0> features{};
  std::string text = "aarch64";
#else
#error "Wasmtime compiles for x86_64 and aarch64 only in this build"
#endif
  for (const CpuFeature& feature : features) {
    if (feature.present) text.append("+").append(feature.name);
  }
  return text;
}

}  // namespace

ConfigPtr make_configuration() {
  ConfigPtr config(wasm_config_new());
  for (const Setting& setting : kSettings) setting.set(config.get(), setting.on);
  wasmtime_config_max_wasm_stack_set(config.get(), kWasmStackBytes);
  wasmtime_config_memory_reservation_set(config.get(), kMemoryReservationBytes);
  wasmtime_config_memory_guard_size_set(config.get(), kMemoryGuardBytes);
  wasmtime_config_strategy_set(config.get(), WASMTIME_STRATEGY_CRANELIFT);
  wasmtime_config_cranelift_opt_level_set(config.get(), WASMTIME_OPT_LEVEL_SPEED);
  return config;
}

std::string engine_name() {
  std::string configuration =
      fmt::format("host={} stack={} reservation={} guard={}", kHostRevision, kWasmStackBytes,
                  kMemoryReservationBytes, kMemoryGuardBytes);
  for (const Setting& setting : kSettings) {
    configuration += fmt::format(" {}={}", setting.name, setting.on);
  }
  return fmt::format("wasmtime-{}/{}/{}", WASMTIME_VERSION,
                     sha256(configuration).hex().substr(0, 16), instruction_set());
}

}  // namespace vcp::wasm
