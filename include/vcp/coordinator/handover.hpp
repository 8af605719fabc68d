// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/mesh/core.hpp"

/// What tasks take to nodes and back, whether over HTTP or within the process.
namespace vcp::coordinator {

/// Bytes up to this stand in a task's own record; more become content on disk.
inline constexpr std::size_t kMaxRecordBytes = 4 * 1024;

/// The input of a task as a lease on it has it.
struct LeasedInput {
  std::string bytes;
  bool as_blob = false;  ///< the node fetches it as content
};

/// The inputs of leases that are given together, in their order. Those above 64 KiB, those beyond
/// 8 MiB in all and those that cannot be read now are left for the node to fetch.
[[nodiscard]] Async<std::vector<LeasedInput>> read_inputs(Coordinator& coordinator,
                                                          const std::vector<mesh::Offer>& offers);

/// The outcome that a node reports. That it was lost is not for it to say, and a run that it broke
/// off is one that it hands back: tasks are cancelled here alone.
[[nodiscard]] std::optional<mesh::Outcome> parse_reported(std::string_view text);

}  // namespace vcp::coordinator
