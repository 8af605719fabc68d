// SPDX-License-Identifier: Apache-2.0
#include "picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <vector>

namespace vcp::load {
namespace {

constexpr double kWidth = 900;
constexpr double kLeft = 80;
constexpr double kRight = 20;
constexpr double kTop = 40;
constexpr double kLatencyHeight = 240;
constexpr double kRateHeight = 90;
constexpr double kGap = 40;
constexpr double kPanels = kLatencyHeight + kRateHeight + 2 * kGap;
constexpr double kPlotWidth = kWidth - kLeft - kRight;

struct Band {
  std::string_view name;
  double percent;
  std::string_view colour;
};

/// The widest first, so that the narrower ones are drawn over it.
constexpr auto kBands = std::to_array<Band>({{"max", 100, "#dbe4f0"},
                                             {"99 %", 99, "#a9c0de"},
                                             {"90 %", 90, "#6f95c7"},
                                             {"50 %", 50, "#2f5d9b"}});

/// Where a value stands between the bottom and the top of a panel, 0 to 1.
using Scale = std::function<double(double)>;

/// A rectangle of the picture: time to the right, `scale` upwards.
struct Panel {
  double top;
  double height;
  double seconds;  ///< at its right edge
  Scale scale;

  [[nodiscard]] double x(double at) const { return kLeft + kPlotWidth * at / seconds; }
  [[nodiscard]] double y(double value) const {
    return top + height * (1 - std::clamp(scale(value), 0.0, 1.0));
  }
};

double seconds_of(std::chrono::nanoseconds value) {
  return std::chrono::duration<double>(value).count();
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escape(text));
}

/// The area below values that hold for one interval each.
std::string area(const Panel& panel, std::span<const double> values, double length,
                 std::string_view colour) {
  const double bottom = panel.top + panel.height;
  std::string path = fmt::format("M{:.1f} {:.1f}", kLeft, bottom);
  double start = 0;
  for (const double value : values) {
    const double y = panel.y(value);
    const double end = std::min(start + length, panel.seconds);
    path += fmt::format("L{:.1f} {:.1f}L{:.1f} {:.1f}", panel.x(start), y, panel.x(end), y);
    start += length;
  }
  path += fmt::format("L{:.1f} {:.1f}Z", panel.x(std::min(start, panel.seconds)), bottom);
  return fmt::format("<path d=\"{}\" fill=\"{}\"/>\n", path, colour);
}

std::string gridline(const Panel& panel, double value, std::string_view label) {
  const double y = panel.y(value);
  return fmt::format("<path d=\"M{:.1f} {:.1f}h{:.1f}\" stroke=\"#cccccc\" fill=\"none\"/>\n",
                     kLeft, y, kPlotWidth) +
         text_at(kLeft - 8, y + 4, "end", label);
}

std::string time_axis(const Panel& panel) {
  constexpr int kTicks = 5;
  std::string svg;
  for (int i = 0; i <= kTicks; ++i) {
    const double at = panel.seconds * i / kTicks;
    svg +=
        text_at(panel.x(at), panel.top + panel.height + 16, "middle", fmt::format("{:.3g} s", at));
  }
  return svg;
}

std::string name_of_decade(int decade) {
  static constexpr std::array<std::string_view, 3> kUnits = {"ns", "µs", "ms"};
  if (decade >= 9) return fmt::format("{:.0f} s", std::pow(10, decade - 9));
  const auto unit = static_cast<std::size_t>(decade / 3);
  return fmt::format("{:.0f} {}", std::pow(10, decade % 3), kUnits[unit]);
}

std::string latency_panel(const Recorder& recorder, double top, double seconds) {
  const Histogram& all = recorder.latency();
  const auto lowest = static_cast<double>(std::max<std::int64_t>(1, all.min().count()));
  const auto highest = static_cast<double>(std::max<std::int64_t>(10, all.max().count()));
  const int first = static_cast<int>(std::floor(std::log10(lowest)));
  const int last = std::max(first + 1, static_cast<int>(std::ceil(std::log10(highest))));
  const Panel panel{.top = top,
                    .height = kLatencyHeight,
                    .seconds = seconds,
                    .scale = [first, last](double nanoseconds) {
                      if (nanoseconds <= 0) return 0.0;
                      return (std::log10(nanoseconds) - first) / (last - first);
                    }};
  std::string svg;
  double legend = kLeft;
  for (const Band& band : kBands) {
    std::vector<double> values;
    for (const Recorder::Interval& interval : recorder.intervals()) {
      values.push_back(static_cast<double>(interval.latency.percentile(band.percent).count()));
    }
    svg += area(panel, values, seconds_of(recorder.interval_length()), band.colour);
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"10\" height=\"10\" fill=\"{}\"/>\n",
                       legend + 220, top - 16, band.colour);
    svg += text_at(legend + 234, top - 7, "start", band.name);
    legend += 60;
  }
  for (int decade = first; decade <= last; ++decade) {
    svg += gridline(panel, std::pow(10, decade), name_of_decade(decade));
  }
  return svg + text_at(kLeft, top - 7, "start", recorder.name() + ": latency");
}

std::string rate_panel(const Recorder& recorder, double top, double seconds) {
  const double length = seconds_of(recorder.interval_length());
  std::vector<double> rates;
  double greatest = 1;
  for (const Recorder::Interval& interval : recorder.intervals()) {
    rates.push_back(static_cast<double>(interval.answered) / length);
    greatest = std::max(greatest, rates.back());
  }
  const Panel panel{
      .top = top, .height = kRateHeight, .seconds = seconds, .scale = [greatest](double rate) {
        return rate / greatest;
      }};
  return area(panel, rates, length, "#7aa874") + gridline(panel, 0, "0") +
         gridline(panel, greatest, fmt::format("{:.0f}", greatest)) +
         text_at(kLeft, top - 7, "start", recorder.name() + ": answers a second") +
         time_axis(panel);
}

}  // namespace

std::string to_svg(std::string_view title, std::span<const Recorder> recorders) {
  const double height = kTop + kPanels * static_cast<double>(recorders.size());
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kWidth, height);
  svg += text_at(kWidth / 2, 16, "middle", title);
  double top = kTop;
  for (const Recorder& recorder : recorders) {
    const auto intervals =
        static_cast<double>(std::max<std::size_t>(1, recorder.intervals().size()));
    const double seconds = intervals * seconds_of(recorder.interval_length());
    svg += latency_panel(recorder, top, seconds);
    svg += rate_panel(recorder, top + kLatencyHeight + kGap, seconds);
    top += kPanels;
  }
  return svg + "</svg>\n";
}

}  // namespace vcp::load
