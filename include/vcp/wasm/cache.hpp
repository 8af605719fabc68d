// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"
#include "vcp/wasm/compiler.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::wasm {

struct CacheOptions {
  std::filesystem::path directory = {};  ///< made if missing; must be this user's alone
  std::uint64_t disk_bytes = std::uint64_t{2} << 30;
  std::size_t memory_bytes = std::size_t{512} << 20;
  int compilations = 2;  ///< at once; more wait
  ShapeLimits shape = {};
  std::vector<Import> host = {};  ///< what all the modules are inspected with, if for a Session
};

/// Modules ready to run, by the digest of their binaries: the most recently used in memory, more on
/// disk. Any thread; several processes may share the directory. docs/wasm.md describes the files.
///
/// A file holds machine code, so each carries a MAC under a key that lies beside it for this user
/// only: a file that was changed is compiled anew with a word in the log, never run.
class ModuleCache {
 public:
  /// `io` if the directory cannot be made or is open to other users.
  [[nodiscard]] static Result<ModuleCache> open(Engine& engine, Compiler compiler,
                                                CacheOptions options);
  ModuleCache(ModuleCache&&) noexcept;
  ModuleCache& operator=(ModuleCache&&) noexcept;
  ~ModuleCache();

  /// The module if it is in memory or on disk; null if it has to be compiled.
  [[nodiscard]] std::shared_ptr<const CompiledModule> find(const Digest& digest);

  /// The module, compiled if need be; calls for the same one at once compile once. Blocks. Errors
  /// as `inspect` and `Compiler::compile` say, and `invalid` if `binary` is not what `digest`
  /// names.
  [[nodiscard]] Result<std::shared_ptr<const CompiledModule>> get(const Digest& digest,
                                                                  std::string_view binary);

 private:
  struct State;
  explicit ModuleCache(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vcp::wasm
