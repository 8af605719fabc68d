// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vcp/mesh/core.hpp"

namespace vcp::api {

/// A node as JSON.
[[nodiscard]] std::string render_node(const mesh::Node& node);

/// What tasks gave, as bytes.
struct Outputs {
  std::string whole;
  std::vector<std::string> parts;  ///< of a gang, by rank
};

/// TaskInfo. `outputs` are the result's, if they are to be shown with its log; a list shows
/// neither.
[[nodiscard]] std::string render_task(const mesh::Task& task, const Outputs* outputs);

/// A lease as a node gets it, its input given unless it is to fetch it as a blob.
[[nodiscard]] std::string render_lease(const mesh::Offer& offer, std::string_view input,
                                       bool as_blob);

/// Whether a task has an output that can be shown.
[[nodiscard]] bool has_output(const mesh::Task& task);

}  // namespace vcp::api
