// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "vcp/http/route.hpp"

namespace vcp::api {

/// The page at /docs: it reads /openapi.json and shows it, with nothing from outside. Where scripts
/// do not run it lists the routes.
[[nodiscard]] std::string render_docs(std::span<const http::Route> routes);

}  // namespace vcp::api
