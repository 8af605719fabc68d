// SPDX-License-Identifier: Apache-2.0
#include "vcp/wasm/compiler.hpp"

#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "child_process.hpp"
#include "compiler_child.hpp"

namespace vcp::wasm {
namespace {

/// What the end of a compiler process means, if it was not a success.
std::unexpected<Error> explain(const ChildResult& result, const CompileLimits& limits) {
  if (result.exit_code == kRefusedExitCode) return fail(Code::invalid, result.message);
  if (result.timed_out) {
    return fail(Code::unavailable,
                fmt::format("compilation was killed after {} s", limits.wall.count()));
  }
  switch (result.signal) {
    case SIGXCPU:
      return fail(Code::invalid,
                  fmt::format("compilation takes more than {} s of processor time; the code is too "
                              "large or its shape too costly",
                              limits.cpu.count()));
    case SIGXFSZ:
      return fail(Code::invalid,
                  fmt::format("the machine code has more than {} bytes", limits.artifact_bytes));
    case SIGABRT:
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGTRAP:
      return fail(Code::invalid,
                  fmt::format("the compiler gave up; it may have needed more than {} bytes of "
                              "memory: {}",
                              limits.memory_bytes, result.message));
    default:
      return fail(Code::unavailable,
                  fmt::format("the compiler process ended with code {}, signal {}: {}",
                              result.exit_code, result.signal, result.message));
  }
}

Result<std::string> run(const CompilerProgram& program, const CompileLimits& limits,
                        CompilerTask task, std::string_view input) {
  auto result = run_child(program.path(), child_arguments(task, limits), child_environment(limits),
                          input, limits.wall);
  if (!result) return std::unexpected(std::move(result.error()));
  if (result->timed_out || result->signal != 0 || result->exit_code != 0) {
    return explain(*result, limits);
  }
  return std::move(result->output);
}

}  // namespace

CompilerProgram CompilerProgram::enter(int argc, char** argv) {
  if (is_compiler_child()) run_compiler_child(argc, argv);
  return CompilerProgram("/proc/self/exe");
}

CompilerProgram CompilerProgram::at(std::string path) { return CompilerProgram(std::move(path)); }

Compiler::Compiler(CompilerProgram program, CompileLimits limits)
    : program_(std::move(program)), limits_(limits) {}

Result<std::string> Compiler::compile(std::string_view binary) const {
  auto artifact = run(program_, limits_, CompilerTask::compile, binary);
  if (artifact && artifact->empty()) {
    return fail(Code::unavailable, "the compiler process wrote no machine code");
  }
  return artifact;
}

Result<> Compiler::validate(std::string_view binary) const {
  auto result = run(program_, limits_, CompilerTask::validate, binary);
  if (!result) return std::unexpected(std::move(result.error()));
  return {};
}

Result<std::string> Compiler::wat_to_wasm(std::string_view text) const {
  if (text.size() > limits_.wat_bytes) {
    return fail(Code::too_large, fmt::format("the text is {} bytes long; at most {} are allowed",
                                             text.size(), limits_.wat_bytes));
  }
  return run(program_, limits_, CompilerTask::wat_to_wasm, text);
}

}  // namespace vcp::wasm
