// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <iostream>

namespace vcp::cli {

namespace {

constexpr std::size_t kBarWidth = 30;

/// Back to the line's begin, and clears it (ECMA-48: EL).
constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

std::string progress_line(std::string_view status, std::optional<double> progress,
                          std::chrono::seconds elapsed) {
  std::string line(status);
  if (progress) {
    double share = std::clamp(*progress, 0.0, 1.0);
    auto done = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
    line.append("  [").append(done, '#').append(kBarWidth - done, '.').append("]");
  }
  return line + "  " + std::to_string(elapsed.count()) + " s";
}

Progress::Progress()
    : visible_(isatty(STDERR_FILENO) != 0), start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (visible_) std::cerr << kClearLine << std::flush;
}

void Progress::show(std::string_view status, std::optional<double> progress) {
  if (!visible_) return;
  auto elapsed = std::chrono::steady_clock::now() - start_;
  std::cerr << kClearLine
            << progress_line(status, progress,
                             std::chrono::duration_cast<std::chrono::seconds>(elapsed))
            << std::flush;
}

}  // namespace vcp::cli
