// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/session.hpp"

namespace vcp::cli {

/// The whole of a file, or of standard input if `path` is "-"; at most `max_bytes`.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

/// The module that `module` names: its id, or a file in binary or text form, which is uploaded.
[[nodiscard]] Result<std::string> module_id_of(Session& session, const std::string& module);

}  // namespace vcp::cli
