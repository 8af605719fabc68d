// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/agent/lease.hpp"
#include "vcp/base/result.hpp"

/// The JSON of the node's part of the REST API.
namespace vcp::agent::wire {

[[nodiscard]] std::string registration_body(const Registration& registration);

/// The `node_token` of the answer to a registration; empty if it has none.
[[nodiscard]] Result<std::string> parse_node_token(std::string_view body);

[[nodiscard]] std::string heartbeat_body(const Heartbeat& beat);
[[nodiscard]] Result<HeartbeatReply> parse_heartbeat_reply(std::string_view body);

[[nodiscard]] Result<std::vector<Lease>> parse_leases(std::string_view body);

/// The body of POST /tasks/{id}/result.
[[nodiscard]] std::string result_body(std::string_view node_id, const Report& report);

/// The body of POST /nodes/{id}/results: a result a line.
[[nodiscard]] std::string results_body(std::string_view node_id, std::span<const Report> reports);

/// Its answer, an outcome a line.
[[nodiscard]] Result<std::vector<Settlement>> parse_settlements(std::string_view body);

/// What the refusal of one result means; the error itself if it says nothing of the result.
[[nodiscard]] Result<Settlement> to_settlement(const Error& error);

}  // namespace vcp::agent::wire
