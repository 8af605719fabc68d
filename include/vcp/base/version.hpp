// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vcp {

/// The release, as in "0.1.0"; the build sets it from the project's version.
inline constexpr std::string_view kVersion = VCP_VERSION;

}  // namespace vcp
