// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ranges>
#include <string_view>

namespace vcp::cli {

namespace {

constexpr std::string_view kEllipsis = "…";

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

/// Characters of UTF-8 text, which is close enough to the columns that it takes.
std::size_t width_of(std::string_view text) {
  auto continuing = std::ranges::count_if(text, continues_character);
  return text.size() - static_cast<std::size_t>(continuing);
}

std::string cut(std::string_view line, std::size_t width) {
  if (width == 0 || width_of(line) <= width) return std::string(line);
  std::size_t end = 0;
  for (std::size_t characters = 0; end < line.size(); ++end) {
    if (!continues_character(line[end]) && ++characters == width) break;
  }
  return std::string(line.substr(0, end)).append(kEllipsis);
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
    std::ranges::replace_if(cell, is_control, ' ');
  }
  rows_.push_back(std::move(cells));
}

std::string Table::render(std::size_t width) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += cut(line, width) + "\n";
  }
  return text;
}

std::size_t terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace vcp::cli
