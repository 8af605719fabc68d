// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vcp::cli {

/// Numbers as columns of blocks, the newest at the right, `height` lines of at most `width`
/// characters with the range at the left; numbers that do not fit are left out at the old end.
[[nodiscard]] std::string curve(std::span<const double> values, std::size_t width,
                                std::size_t height);

}  // namespace vcp::cli
