// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/monitor.hpp"

#include <algorithm>
#include <utility>

namespace vcp::log {

Result<> check_growth(const Checkpoint& seen, const Checkpoint& next, const ReadTile& read) {
  if (seen.origin != next.origin) {
    return fail(Code::corrupt,
                "the checkpoints are of two logs, " + seen.origin + " and " + next.origin);
  }
  Proof proof;
  if (seen.tree.size < next.tree.size) {
    Result<Proof> made =
        prove_consistency(seen.tree.size, next.tree.size, nodes_in_tiles(next.tree.size, read));
    if (!made) return std::unexpected(std::move(made.error()));
    proof = std::move(*made);
  }
  const Result<> consistent = verify_consistency(seen.tree, next.tree, proof);
  if (!consistent) return fail(Code::corrupt, consistent.error().message);
  return {};
}

}  // namespace vcp::log
