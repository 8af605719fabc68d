// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::wasm {

/// Bounds on one compilation. Cranelift cannot be interrupted, so it runs in a child process that
/// is killed at them.
struct CompileLimits {
  std::chrono::seconds cpu{60};    ///< processor time of all the child's threads
  std::chrono::seconds wall{180};  ///< a deadline also where the machine is overloaded
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;  ///< the child's address space
  std::size_t artifact_bytes = std::size_t{1} << 30;    ///< what it may write
  std::size_t wat_bytes = std::size_t{16} << 20;        ///< text that is read at all
  int threads = 4;  ///< at most; never more than there are cores
};

/// The program that is started anew to compile: one whose `main` begins with `enter`.
class CompilerProgram {
 public:
  /// The first statement of `main`. In a process that was started as a compiler it compiles and
  /// does not return; otherwise it returns this program.
  [[nodiscard]] static CompilerProgram enter(int argc, char** argv);

  /// Another program whose `main` begins with `enter`.
  [[nodiscard]] static CompilerProgram at(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit CompilerProgram(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

/// Everything that reads untrusted code with Wasmtime's own readers, each call in a fresh child
/// process. Any thread; each call blocks until the child has ended, so not on an I/O thread.
///
/// Errors: `invalid` if the module cannot be compiled, or not within its share of processor time
/// and memory; `unavailable` if this machine could not do it now.
class Compiler {
 public:
  explicit Compiler(CompilerProgram program, CompileLimits limits = {});

  /// The machine code of a module, as Engine::load takes it. The module must have passed `inspect`.
  [[nodiscard]] Result<std::string> compile(std::string_view binary) const;

  /// Type-checks a module's function bodies without compiling them; much faster than `compile`.
  [[nodiscard]] Result<> validate(std::string_view binary) const;

  /// The binary of a module in the text format.
  [[nodiscard]] Result<std::string> wat_to_wasm(std::string_view text) const;

 private:
  CompilerProgram program_;
  CompileLimits limits_;
};

}  // namespace vcp::wasm
