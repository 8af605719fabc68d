// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcp/base/result.hpp"

namespace vcp::cli {

/// What `vcp submit` can be told of a task; what it is not told is the server's to choose.
struct Submission {
  std::string module = {};  ///< an id or a file
  std::string input = {};   ///< a file, "-" for standard input, "" if not given
  std::string inputs = {};  ///< JSON
  std::string function = {};
  std::string args = {};  ///< JSON
  std::vector<std::string> argv = {};
  std::vector<std::string> env = {};  ///< K=V
  std::string verify = {};
  std::optional<std::uint64_t> gas = {};
  std::optional<std::uint32_t> memory_mb = {};
  std::optional<std::uint64_t> output_bytes = {};
  std::uint32_t max_time_sec = 60;
  std::uint32_t nodes = 1;
  bool gpu = false;
  std::vector<std::string> regions = {};
  std::string node_type = {};
  std::vector<std::string> labels = {};  ///< K=V
  std::optional<double> min_health = {};
  std::optional<double> min_bandwidth_mbps = {};
  std::optional<double> max_latency_ms = {};
  std::optional<double> min_memory_gb = {};
  std::string strategy = {};
  std::optional<std::uint32_t> priority = {};
  std::optional<std::uint32_t> max_retries = {};
};

void declare(CLI::App& app, Submission& submission);

/// Checks what CLI11 cannot: `invalid`, naming the flag.
[[nodiscard]] Result<> check(const Submission& submission);

/// The input of a task, as it goes into its submission.
struct Input {
  std::optional<std::string> bytes = {};
  std::string blob_id = {};  ///< instead of the bytes; "" if there is none
};

/// The body of POST /tasks. The submission has been checked.
[[nodiscard]] std::string submission_body(const Submission& submission,
                                          const std::string& module_id, const Input& input);

}  // namespace vcp::cli
