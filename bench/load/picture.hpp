// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "recorder.hpp"

namespace vcp::load {

/// An SVG of a run over its time, two panels a kind of request: the latencies of what was due at
/// each moment (bands up to the median, 90 %, 99 % and the greatest, on a logarithmic scale), and
/// the answers a second.
[[nodiscard]] std::string to_svg(std::string_view title, std::span<const Recorder> recorders);

}  // namespace vcp::load
