// SPDX-License-Identifier: Apache-2.0
#include "recheck.hpp"

#include <stop_token>

#include "local_node.hpp"
#include "vcp/agent/wasm_execute.hpp"
#include "vcp/coordinator/handover.hpp"

namespace vcp::daemon {
namespace {

constexpr std::uint64_t kCompiledBytes = std::uint64_t{512} << 20;

}  // namespace

Recheck::Recheck(wasm::Engine engine, const store::ContentStore& files)
    : engine_(std::move(engine)), files_(files) {}

Result<std::unique_ptr<Recheck>> Recheck::create(wasm::Compiler compiler,
                                                 const std::filesystem::path& directory,
                                                 const store::ContentStore& files) {
  auto engine = wasm::Engine::create();
  if (!engine) return std::unexpected(engine.error());
  std::unique_ptr<Recheck> made(new Recheck(std::move(*engine), files));
  auto modules = wasm::ModuleCache::open(made->engine_, std::move(compiler),
                                         {.directory = directory, .disk_bytes = kCompiledBytes});
  if (!modules) return std::unexpected(modules.error());
  made->modules_ = std::make_unique<wasm::ModuleCache>(std::move(*modules));
  made->execute_ = agent::wasm_execute(made->engine_, *made->modules_);
  return made;
}

Result<mesh::Report> Recheck::run(const mesh::Task& task, std::uint32_t rank) const {
  const mesh::TaskSpec& spec = *task.spec;
  const auto module = files_.read(spec.module);
  if (!module) return std::unexpected(module.error());
  auto input =
      spec.input.content ? files_.read(*spec.input.content) : Result<std::string>(spec.input.bytes);
  if (!input) return std::unexpected(input.error());
  const mesh::Lease as_if{.node = {}, .epoch = {}, .rank = rank, .granted_at = {}};
  const agent::Lease lease = to_agent(task, as_if, Time(), {});
  const std::stop_source never;
  const agent::Report ran =
      execute_({.lease = lease, .module = *module, .input = *input, .stop = never.get_token()});
  const auto outcome = coordinator::parse_reported(to_string(ran.status));
  if (!outcome || !mesh::is_deterministic(*outcome)) {
    return fail(Code::unavailable, "it could not be run to its end here: " + ran.detail);
  }
  mesh::Report report;
  report.task = task.id;
  report.rank = rank;
  report.outcome = *outcome;
  report.detail = ran.detail;
  report.result.output_sha256 = sha256(ran.output);
  report.result.output.size = ran.output.size();
  report.result.exit_code = ran.exit_code;
  report.result.gas_used = ran.gas_used;
  return report;
}

}  // namespace vcp::daemon
