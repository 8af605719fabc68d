// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/log/note.hpp"

/// The keys that sign the log of receipts: a file that only this user can read, a key a line, all
/// of one name. Each of them signs, so that a new one can stand beside the old one for a while.
namespace vcp::daemon {

/// Reads the keys; none if there is no such file.
[[nodiscard]] Result<std::vector<log::SignerKey>> read_log_keys(const std::filesystem::path& file);

/// Adds a new key of the same name. The first one gets `name`, or a name of its own if that is
/// empty. Returns all of them; they are on disk.
[[nodiscard]] Result<std::vector<log::SignerKey>> add_log_key(const std::filesystem::path& file,
                                                              const std::string& name,
                                                              Random& random);

}  // namespace vcp::daemon
