// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "vcp/http/route.hpp"

namespace vcp::api {

/// The OpenAPI 3.1 document of the routes, as JSON.
[[nodiscard]] std::string render_openapi(std::span<const http::Route> routes);

}  // namespace vcp::api
