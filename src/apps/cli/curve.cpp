// SPDX-License-Identifier: Apache-2.0
#include "cli/curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace vcp::cli {

namespace {

constexpr std::size_t kEighths = 8;
constexpr std::array<std::string_view, kEighths + 1> kBlocks{" ", "▁", "▂", "▃", "▄",
                                                             "▅", "▆", "▇", "█"};
constexpr std::size_t kLabelWidth = 10;

std::string label(double value) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%9.4g ", value);
  return text.data();
}

/// How many eighths of a line a value is high, at least one.
std::size_t eighths(double value, double low, double high, std::size_t height) {
  if (high <= low) return kEighths * height / 2;
  const double share = (value - low) / (high - low);
  return 1 +
         static_cast<std::size_t>(std::lround(share * static_cast<double>(kEighths * height - 1)));
}

}  // namespace

std::string curve(std::span<const double> values, std::size_t width, std::size_t height) {
  if (values.empty() || width <= kLabelWidth || height == 0) return {};
  values = values.last(std::min(values.size(), width - kLabelWidth));
  const auto [low, high] = std::ranges::minmax(values);
  std::string text;
  for (std::size_t line = height; line-- > 0;) {
    const bool top = line + 1 == height;
    text += top ? label(high) : line == 0 ? label(low) : std::string(kLabelWidth, ' ');
    for (const double value : values) {
      const std::size_t filled = eighths(value, low, high, height);
      const std::size_t below = line * kEighths;
      text += kBlocks[filled <= below ? 0 : std::min(filled - below, kEighths)];
    }
    text += '\n';
  }
  return text;
}

}  // namespace vcp::cli
