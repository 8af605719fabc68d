// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "state.hpp"
#include "vcp/base/json.hpp"
#include "vcp/http/principal.hpp"
#include "vcp/mesh/core.hpp"

namespace vcp::api {

/// A result may carry 1.4 times the greatest output, its log, and what stands around them.
inline constexpr std::size_t kMaxResultBytes =
    (std::size_t{64} << 20) * 14 / 10 + (std::size_t{1} << 20);

/// A result as it was sent, its output still in memory.
struct SentReport {
  mesh::Report report;
  std::string output;
  std::string proof;           ///< JSON (RFC 8785); empty if none was sent
  std::string public_signals;  ///< likewise
};

/// Reads a result. `task_id` and `node_id` stand in the path or in the body; `known` says what the
/// path gave.
struct ReportContext {
  std::optional<TaskId> task;
  std::optional<NodeId> node;
};
[[nodiscard]] Result<SentReport> parse_report(json::Value body, const ReportContext& known);

/// A report that the core can take, with what it holds on to until then.
struct PreparedReport {
  mesh::Report report;
  std::vector<coordinator::Contents::Pin> pins;
};

/// Checks the report against its task and stores a large output.
[[nodiscard]] Async<Result<PreparedReport>> prepare_report(State& api, SentReport sent);

/// `{"task_id", "status"}`: what became of the task.
[[nodiscard]] std::string render_report_answer(const mesh::Task& task);

}  // namespace vcp::api
