// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace vcp::daemon {

/// One JSON object a line: `time`, `level` and `message`; words of the form name=value in the
/// message stand as members too.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_json_formatter();

}  // namespace vcp::daemon
