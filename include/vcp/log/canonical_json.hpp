// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "vcp/base/json.hpp"
#include "vcp/base/result.hpp"

namespace vcp::log {

/// The canonical form of RFC 8785: no white space, members in the order of their names as UTF-16,
/// strings with as few escapes as there can be. Numbers must be integers below 2^53, as they are in
/// receipts; any other is `invalid` with a pointer to it. A text is canonical if this gives it
/// back.
[[nodiscard]] Result<std::string> canonical_json(json::Value value);

/// The same of a text; `malformed` if it is no JSON.
[[nodiscard]] Result<std::string> canonical_json(std::string_view text);

}  // namespace vcp::log
