// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vcp::cli {

/// Rows for people: columns aligned, two spaces apart, each line cut to a width.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

  /// As many cells as the header has. Control characters in them become spaces.
  void add(std::vector<std::string> cells);

  /// With a line end after each row. `width` 0 is no bound; a line that was cut ends in "…".
  [[nodiscard]] std::string render(std::size_t width) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// The width of the terminal that standard output is; 0 if it is none.
[[nodiscard]] std::size_t terminal_width();

}  // namespace vcp::cli
