// SPDX-License-Identifier: Apache-2.0
// What a call into the sandbox costs over calling the same function directly, and what a large
// module costs to compile, to run first and to run again.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "vcp/wasm/compiler.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::wasm {
namespace {

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().message << '\n';
  std::exit(EXIT_FAILURE);
}

Compiler compiler() { return Compiler(CompilerProgram::at("/proc/self/exe")); }

const Engine& engine() {
  static const Engine kEngine = must(Engine::create());
  return kEngine;
}

std::shared_ptr<const CompiledModule> load(const std::string& binary) {
  return must(engine().load(must(inspect(binary)), must(compiler().compile(binary))));
}

std::uint64_t collatz(std::uint64_t number) {
  std::uint64_t steps = 0;
  for (; number != 1; ++steps) number = number % 2 == 0 ? number / 2 : 3 * number + 1;
  return steps;
}

constexpr std::string_view kCollatz = R"((module
  (func (export "collatz") (param i64) (result i64) (local i64)
    (block $done
      (loop $again
        (br_if $done (i64.eq (local.get 0) (i64.const 1)))
        (local.set 0 (if (result i64) (i64.eqz (i64.and (local.get 0) (i64.const 1)))
          (then (i64.shr_u (local.get 0) (i64.const 1)))
          (else (i64.add (i64.mul (local.get 0) (i64.const 3)) (i64.const 1)))))
        (local.set 1 (i64.add (local.get 1) (i64.const 1)))
        (br $again)))
    (local.get 1))))";

void direct_call(benchmark::State& state) {
  for (auto _ : state) {
    std::uint64_t number = 27;
    benchmark::DoNotOptimize(number);
    benchmark::DoNotOptimize(collatz(number));
  }
}
BENCHMARK(direct_call);

void run_calls(benchmark::State& state, const CompiledModule& module,
               const Invocation& invocation) {
  for (auto _ : state) {
    const Outcome outcome = engine().execute(module, invocation);
    if (outcome.status != Status::ok) state.SkipWithError(outcome.detail.c_str());
  }
}

void warm_scalar_call(benchmark::State& state) {
  const auto module = load(must(compiler().wat_to_wasm(kCollatz)));
  run_calls(state, *module, {.function = "collatz", .args = "[27]"});
}
BENCHMARK(warm_scalar_call)->ThreadRange(1, 2)->UseRealTime();

constexpr std::string_view kReverse = R"((module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
            (i64.extend_i32_u (local.get 1))))))";

void warm_reactor_call(benchmark::State& state) {
  const auto module = load(must(compiler().wat_to_wasm(kReverse)));
  run_calls(state, *module, {.input = "sixteen bytes..."});
}
BENCHMARK(warm_reactor_call);

constexpr std::string_view kHello = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "hello\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))";

void warm_command(benchmark::State& state) {
  const auto module = load(must(compiler().wat_to_wasm(kHello)));
  run_calls(state, *module, {});
}
BENCHMARK(warm_command);

constexpr const char* kPart = R"((if (i32.gt_u (local.get 0) (i32.const @))
  (then
    (local.set 3 (i64.add (local.get 1) (i64.load offset=@ (local.get 2))))
    (i64.store offset=@ (local.get 2) (i64.mul (local.get 3) (local.get 1))))
  (else (local.set 2 (i32.xor (local.get 0) (i32.const 12345))))))";

/// A module of `megabytes` of code: many functions like those a compiler emits.
std::string large_module(std::size_t megabytes) {
  const std::size_t count = megabytes * 2'450;
  std::string wat = "(module (memory 16)";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string offset = std::to_string(i % 65'000);
    wat.append("(func $f").append(std::to_string(i));
    wat += " (param i32 i64) (result i64) (local i32 i64)";
    std::string part = kPart;
    for (std::size_t at; (at = part.find('@')) != std::string::npos;) part.replace(at, 1, offset);
    for (int repeat = 0; repeat < 12; ++repeat) wat += part;
    wat += "(local.get 3))";
  }
  wat += R"((func (export "f") (result i64) (call $f0 (i32.const 1) (i64.const 2)))))";
  return must(
      Compiler(CompilerProgram::at("/proc/self/exe"), {.wat_bytes = 1 << 30}).wat_to_wasm(wat));
}

const std::string& ten_megabytes() {
  static const std::string kBinary = large_module(10);
  return kBinary;
}

const std::string& ten_megabytes_compiled() {
  static const std::string kArtifact = must(compiler().compile(ten_megabytes()));
  return kArtifact;
}

void inspect_10mb(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(must(inspect(ten_megabytes())));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(ten_megabytes().size()));
}
BENCHMARK(inspect_10mb)->Unit(benchmark::kMillisecond);

void validate_10mb(benchmark::State& state) {
  const std::string& binary = ten_megabytes();
  for (auto _ : state) {
    if (!compiler().validate(binary)) state.SkipWithError("not valid");
  }
}
BENCHMARK(validate_10mb)->Unit(benchmark::kMillisecond)->UseRealTime();

void compile_10mb(benchmark::State& state) {
  const std::string& binary = ten_megabytes();
  for (auto _ : state) benchmark::DoNotOptimize(must(compiler().compile(binary)));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(binary.size()));
}
BENCHMARK(compile_10mb)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

void load_and_run_10mb(benchmark::State& state) {
  const std::string& binary = ten_megabytes();
  const std::string& artifact = ten_megabytes_compiled();
  for (auto _ : state) {
    const auto module = must(engine().load(must(inspect(binary)), artifact));
    benchmark::DoNotOptimize(engine().execute(*module, {.function = "f"}));
  }
}
BENCHMARK(load_and_run_10mb)->Unit(benchmark::kMillisecond);

void run_again_10mb(benchmark::State& state) {
  const auto module = must(engine().load(must(inspect(ten_megabytes())), ten_megabytes_compiled()));
  run_calls(state, *module, {.function = "f"});
}
BENCHMARK(run_again_10mb);

}  // namespace
}  // namespace vcp::wasm

int main(int argc, char** argv) {
  const auto program = vcp::wasm::CompilerProgram::enter(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
