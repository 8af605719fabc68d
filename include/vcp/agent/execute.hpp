// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string_view>

#include "vcp/agent/lease.hpp"

namespace vcp::agent {

/// One run to be done. All of it lives until the run has returned.
struct Job {
  const Lease& lease;
  std::string_view module;  ///< the binary whose SHA-256 is lease.module_id
  std::string_view input;
  std::stop_token stop;  ///< once asked for, the run should end soon, as `cancelled`
};

/// Runs a task within its limits and says how it ended; task_id, epoch and rank of the report are
/// the agent's to fill in. Called by several threads at once; does not throw.
using Execute = std::function<Report(const Job&)>;

}  // namespace vcp::agent
