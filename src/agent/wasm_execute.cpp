// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/wasm_execute.hpp"

namespace vcp::agent {

namespace {

Status status_of(wasm::Status status) {
  switch (status) {
    case wasm::Status::ok:
      return Status::ok;
    case wasm::Status::exit_code:
      return Status::exit_code;
    case wasm::Status::trap:
      return Status::trap;
    case wasm::Status::stack_overflow:
      return Status::stack_overflow;
    case wasm::Status::timeout:
      return Status::timeout;
    case wasm::Status::out_of_gas:
      return Status::out_of_gas;
    case wasm::Status::out_of_memory:
      return Status::out_of_memory;
    case wasm::Status::output_too_large:
      return Status::output_too_large;
    case wasm::Status::module_invalid:
      return Status::module_invalid;
    case wasm::Status::host_failure:
      return Status::node_error;
    case wasm::Status::cancelled:
      return Status::cancelled;
  }
  return Status::node_error;
}

std::array<std::uint8_t, 32> seed_of(const Lease& lease) {
  return sha256(lease.task_id + "/" + std::to_string(lease.rank)).bytes;
}

wasm::Invocation invocation_of(const Job& job) {
  const Lease& lease = job.lease;
  wasm::Invocation invocation{
      .function = lease.function,
      .args = lease.args,
      .argv = lease.argv,
      .env = lease.env,
      .input = job.input,
      .seed = seed_of(lease),
      .limits = {.gas = lease.limits.gas,
                 .memory_bytes = std::uint64_t{lease.limits.memory_mb} << 20,
                 .output_bytes = lease.limits.output_bytes,
                 .time = lease.max_execution_time},
      .stop = job.stop,
  };
  if (lease.size > 1) {
    invocation.env.emplace_back("VCP_RANK", std::to_string(lease.rank));
    invocation.env.emplace_back("VCP_SIZE", std::to_string(lease.size));
  }
  return invocation;
}

Report not_compiled(Error error) {
  bool at_fault =
      error.code == Code::invalid || error.code == Code::malformed || error.code == Code::too_large;
  return {.status = at_fault ? Status::module_invalid : Status::node_error,
          .detail = std::move(error.message)};
}

}  // namespace

Execute wasm_execute(const wasm::Engine& engine, wasm::ModuleCache& modules) {
  return [&engine, &modules](const Job& job) -> Report {
    auto module = modules.get(job.lease.module_id, job.module);
    if (!module) return not_compiled(std::move(module.error()));
    wasm::Outcome outcome = engine.execute(**module, invocation_of(job));
    return {.status = status_of(outcome.status),
            .detail = std::move(outcome.detail),
            .output = std::move(outcome.output),
            .log = std::move(outcome.log),
            .log_truncated = outcome.log_truncated,
            .exit_code = outcome.exit_code,
            .gas_used = outcome.gas_used,
            .execution_time = std::chrono::ceil<std::chrono::milliseconds>(outcome.execution_time)};
  };
}

}  // namespace vcp::agent
