// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vcp/base/result.hpp"
#include "vcp/log/checkpoint.hpp"
#include "vcp/log/tile.hpp"

namespace vcp::log {

/// Whether the log of `next` is that of `seen` with leaves added at most; both checkpoints are ones
/// whose signatures hold. `read` fetches tiles of the log; none needs to be trusted. Errors are
/// those of `read`, or `corrupt` with what shows that the log did not only grow.
[[nodiscard]] Result<> check_growth(const Checkpoint& seen, const Checkpoint& next,
                                    const ReadTile& read);

}  // namespace vcp::log
