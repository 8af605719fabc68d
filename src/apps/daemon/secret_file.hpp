// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::daemon {

/// The first line of a file; empty if it cannot be read.
[[nodiscard]] std::string read_secret(const std::filesystem::path& file);

/// Writes a file that only this user can read, whole or not at all; durable once it returns.
[[nodiscard]] Result<> write_secret(const std::filesystem::path& file, std::string_view secret);

}  // namespace vcp::daemon
