// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vcp::cli {

/// A bash script that completes the verbs and flags declared in `app`, and file names besides.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

}  // namespace vcp::cli
