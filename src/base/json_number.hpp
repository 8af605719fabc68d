// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vcp::json {

/// An integer between -(2^64 - 1) and 2^64 - 1.
struct Integer {
  bool negative = false;
  std::uint64_t magnitude = 0;
};

/// The value of a good JSON number, if it is exactly an Integer; in time linear in its length,
/// whatever its exponent.
[[nodiscard]] std::optional<Integer> to_integer(std::string_view number);

/// The double nearest to a good JSON number; nothing if that is infinite.
[[nodiscard]] std::optional<double> to_double(std::string_view number);

}  // namespace vcp::json
