// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vcp::api {

/// The page at /docs: it reads /openapi.json and shows it, with nothing from outside.
extern const std::string_view kDocsPage;

}  // namespace vcp::api
