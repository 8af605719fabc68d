// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/print.hpp"

namespace vcp::cli {

/// Nodes as tables show them, ages by the time of the call.
[[nodiscard]] Columns node_columns();

}  // namespace vcp::cli
