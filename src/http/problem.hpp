// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "vcp/http/message.hpp"

namespace vcp::http {

inline constexpr std::string_view kProblemType = "application/problem+json";

/// The reason phrase of a status (RFC 9110, section 15).
[[nodiscard]] std::string_view reason_phrase(unsigned status);

/// A problem for what HTTP itself refuses: statuses that no `Code` has, such as 405 or 431.
[[nodiscard]] Response refusal(unsigned status, std::string_view detail);

/// Puts `instance` into the body of a problem; leaves other responses alone.
void add_instance(Response& response, std::string_view instance);

}  // namespace vcp::http
