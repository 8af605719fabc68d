// SPDX-License-Identifier: Apache-2.0
#include "compiler_child.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "configuration.hpp"

namespace vcp::wasm {
namespace {

constexpr const char* kChildVariable = "VCP_COMPILER_PROCESS";

// Sanitizers reserve terabytes of address space for themselves.
constexpr bool kSanitized = VCP_SANITIZED;

/// The numbers on the command line, in the order of child_arguments.
struct Order {
  CompilerTask task;
  std::uint64_t cpu_seconds;
  std::uint64_t memory_bytes;
  std::uint64_t output_bytes;
};

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written <= 0) _exit(EXIT_FAILURE);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Ends the process without destructors: nothing here outlives it.
[[noreturn]] void refuse(std::string_view reason) {
  write_all(STDERR_FILENO, reason);
  _exit(kRefusedExitCode);
}

void check(wasmtime_error_t* error) {
  if (error != nullptr) refuse(message(*error));
}

void set_limit(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit limit{soft, hard};
  if (setrlimit(resource, &limit) != 0) _exit(EXIT_FAILURE);
}

/// The kernel keeps these however busy the compiler is. The process dies with its parent.
void confine(const Order& order) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  set_limit(RLIMIT_CPU, order.cpu_seconds, order.cpu_seconds + 1);
  set_limit(RLIMIT_CORE, 0, 0);
  set_limit(RLIMIT_FSIZE, order.output_bytes, order.output_bytes);
  if (!kSanitized) set_limit(RLIMIT_AS, order.memory_bytes, order.memory_bytes);
}

std::string_view map_input() {
  struct stat status{};
  if (fstat(STDIN_FILENO, &status) != 0) _exit(EXIT_FAILURE);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {};
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
  if (bytes == MAP_FAILED) _exit(EXIT_FAILURE);
  return {static_cast<const char*>(bytes), size};
}

void compile(wasm_engine_t* engine, const std::uint8_t* bytes, std::size_t size) {
  wasmtime_module_t* module = nullptr;
  check(wasmtime_module_new(engine, bytes, size, &module));
  ByteVector artifact;
  check(wasmtime_module_serialize(module, artifact.get()));
  write_all(STDOUT_FILENO, artifact.view());
}

void run(CompilerTask task, std::string_view input) {
  if (task == CompilerTask::wat_to_wasm) {
    ByteVector binary;
    check(wasmtime_wat2wasm(input.data(), input.size(), binary.get()));
    return write_all(STDOUT_FILENO, binary.view());
  }
  wasm_engine_t* engine = wasm_engine_new_with_config(make_configuration().release());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(input.data());
  if (task == CompilerTask::validate) {
    check(wasmtime_module_validate(engine, bytes, input.size()));
  } else {
    compile(engine, bytes, input.size());
  }
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
  if (error != std::errc{} || *end != '\0') _exit(EXIT_FAILURE);
  return value;
}

}  // namespace

std::vector<std::string> child_arguments(CompilerTask task, const CompileLimits& limits) {
  return {"vcp-compiler", std::to_string(std::to_underlying(task)),
          std::to_string(limits.cpu.count()), std::to_string(limits.memory_bytes),
          std::to_string(limits.artifact_bytes)};
}

std::vector<std::string> child_environment(const CompileLimits& limits) {
  constexpr std::array kKept{"ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"};
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::string> environment{
      fmt::format("{}=1", kChildVariable),
      fmt::format("RAYON_NUM_THREADS={}", std::min(cores, limits.threads)),
      "MALLOC_ARENA_MAX=2",  // an arena takes address space, which is limited
      // The only threads here are Wasmtime's, whose locks ThreadSanitizer does not see.
      "TSAN_OPTIONS=report_bugs=0",
  };
  for (const char* name : kKept) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(fmt::format("{}={}", name, value));
    }
  }
  return environment;
}

bool is_compiler_child() { return std::getenv(kChildVariable) != nullptr; }

void run_compiler_child(int argc, char** argv) {
  if (argc != 5) _exit(EXIT_FAILURE);
  const Order order{static_cast<CompilerTask>(number(argv[1])), number(argv[2]), number(argv[3]),
                    number(argv[4])};
  confine(order);
  run(order.task, map_input());
  _exit(EXIT_SUCCESS);
}

}  // namespace vcp::wasm
