// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "vcp/agent/execute.hpp"
#include "vcp/base/result.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/store/content.hpp"
#include "vcp/wasm/cache.hpp"
#include "vcp/wasm/compiler.hpp"
#include "vcp/wasm/engine.hpp"

namespace vcp::daemon {

/// Runs tasks again in this process, as the verification mode `recheck` asks, with the sandbox that
/// nodes use. Any thread.
class Recheck {
 public:
  /// `directory` holds its compiled modules; `files` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Recheck>> create(
      wasm::Compiler compiler, const std::filesystem::path& directory,
      const store::ContentStore& files);

  /// See wasm::Engine::name.
  [[nodiscard]] const std::string& engine() const { return engine_.name(); }

  [[nodiscard]] Result<mesh::Report> run(const mesh::Task& task, std::uint32_t rank) const;

 private:
  Recheck(wasm::Engine engine, const store::ContentStore& files);

  wasm::Engine engine_;
  const store::ContentStore& files_;
  std::unique_ptr<wasm::ModuleCache> modules_;
  agent::Execute execute_;
};

}  // namespace vcp::daemon
