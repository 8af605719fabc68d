// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vcp::cli {

/// A line on standard error, if that is a terminal, that says how a task stands: a bar where it
/// tells how far it is. Wiped away at the end.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool visible() const { return visible_; }
  void show(std::string_view status, std::optional<double> progress);

 private:
  bool visible_;
  std::chrono::steady_clock::time_point start_;
};

/// "running  [######........]  12 s"; without a bar if nothing is known of the progress.
[[nodiscard]] std::string progress_line(std::string_view status, std::optional<double> progress,
                                        std::chrono::seconds elapsed);

}  // namespace vcp::cli
