// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "recorder.hpp"

namespace vcp::load {

/// What a run was, beside what it recorded.
struct Run {
  std::string_view scenario;
  std::string_view server;
  std::chrono::duration<double> cpu{};  ///< what the harness itself took
};

/// For people: a paragraph a kind of request.
[[nodiscard]] std::string to_text(const Run& run, std::span<const Recorder> recorders);

/// For programs: docs/performance.md names the members.
[[nodiscard]] std::string to_json(const Run& run, std::span<const Recorder> recorders);

}  // namespace vcp::load
