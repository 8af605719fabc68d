// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "vcp/base/json.hpp"

namespace vcp::load {
namespace {

using Seconds = std::chrono::duration<double>;

struct Percentile {
  std::string_view name;
  double percent;
};

constexpr auto kPercentiles = std::to_array<Percentile>(
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}});

double microseconds(Histogram::Value value) {
  return std::chrono::duration<double, std::micro>(value).count();
}

double seconds_of(std::chrono::nanoseconds value) { return Seconds(value).count(); }

/// With the unit in which it has one to three digits before the point.
std::string for_people(Histogram::Value value) {
  const double us = microseconds(value);
  if (us < 1e3) return fmt::format("{:.0f} µs", us);
  if (us < 1e6) return fmt::format("{:.3g} ms", us / 1e3);
  return fmt::format("{:.3g} s", us / 1e6);
}

void append_text(std::string& text, const Recorder& recorder) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<12}{} in {:.3f} s: {:.0f}/s\n", recorder.name(), recorder.count(),
                 seconds_of(recorder.elapsed()), recorder.rate());
  const Histogram& latency = recorder.latency();
  if (latency.count() > 0) {
    fmt::format_to(out, "{:<12}min {}", "", for_people(latency.min()));
    for (const auto& [name, percent] : kPercentiles) {
      fmt::format_to(out, "  {} {}", name, for_people(latency.percentile(percent)));
    }
    fmt::format_to(out, "  max {}\n", for_people(latency.max()));
  }
  for (const auto& [reason, count] : recorder.failures()) {
    fmt::format_to(out, "{:<12}failed: {} × {}\n", "", count, reason);
  }
}

void write_latency(json::Writer& json, const Histogram& latency) {
  json.begin_object().member("min", microseconds(latency.min()));
  json.member("mean", microseconds(latency.mean()));
  for (const auto& [name, percent] : kPercentiles) {
    json.member(name, microseconds(latency.percentile(percent)));
  }
  json.member("max", microseconds(latency.max())).end_object();
}

void write_intervals(json::Writer& json, const Recorder& recorder) {
  json.begin_array();
  double start = 0;
  for (const Recorder::Interval& interval : recorder.intervals()) {
    json.begin_object().member("start_seconds", start).member("answered", interval.answered);
    json.member("due", interval.latency.count()).key("latency_us");
    write_latency(json, interval.latency);
    json.end_object();
    start += seconds_of(recorder.interval_length());
  }
  json.end_array();
}

void write_recorder(json::Writer& json, const Recorder& recorder) {
  json.begin_object().member("name", recorder.name());
  json.member("count", recorder.count()).member("seconds", seconds_of(recorder.elapsed()));
  json.member("rate", recorder.rate()).key("failures").begin_object();
  for (const auto& [reason, count] : recorder.failures()) json.member(reason, count);
  json.end_object().key("latency_us");
  write_latency(json, recorder.latency());
  json.member("interval_seconds", seconds_of(recorder.interval_length())).key("intervals");
  write_intervals(json, recorder);
  json.end_object();
}

}  // namespace

std::string to_text(const Run& run, std::span<const Recorder> recorders) {
  std::string text;
  std::chrono::nanoseconds elapsed{0};
  for (const Recorder& recorder : recorders) {
    append_text(text, recorder);
    elapsed = std::max(elapsed, recorder.elapsed());
  }
  if (elapsed.count() > 0) {
    text += fmt::format("The harness itself took {:.0f} % of a core.\n",
                        100 * run.cpu.count() / seconds_of(elapsed));
  }
  return text;
}

std::string to_json(const Run& run, std::span<const Recorder> recorders) {
  std::string text;
  json::Writer json(text);
  json.begin_object().member("scenario", run.scenario).member("server", run.server);
  json.member("harness_cpu_seconds", run.cpu.count()).key("requests").begin_array();
  for (const Recorder& recorder : recorders) write_recorder(json, recorder);
  json.end_array().end_object();
  return text + "\n";
}

}  // namespace vcp::load
