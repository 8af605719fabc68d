// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"

namespace vcp::wasm {

/// How a child process ended, and what it wrote.
struct ChildResult {
  bool timed_out = false;  ///< killed at the deadline
  int signal = 0;          ///< the signal that ended it, or 0
  int exit_code = 0;
  std::string output;   ///< its standard output
  std::string message;  ///< the beginning of its standard error
};

/// Runs a program to its end: `input` is its standard input, a file in memory, and so are its
/// outputs, so that nothing has to be pumped while it runs. It inherits no other descriptor. Killed
/// at the deadline. `unavailable` if it cannot be started.
[[nodiscard]] Result<ChildResult> run_child(const std::string& program,
                                            const std::vector<std::string>& arguments,
                                            const std::vector<std::string>& environment,
                                            std::string_view input,
                                            std::chrono::milliseconds deadline);

}  // namespace vcp::wasm
