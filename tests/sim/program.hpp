// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vcp/mesh/core.hpp"

namespace vcp::sim {

/// What a rank of the task gives on a machine that does not lie: a function of its input, as
/// programs are. Who ran it stays empty.
[[nodiscard]] mesh::Report run_program(const mesh::Task& task, std::uint32_t rank);

/// The same run with other bytes as its output.
[[nodiscard]] mesh::Report with_output(mesh::Report report, std::string output);

}  // namespace vcp::sim
