// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "vcp/agent/lease.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"

namespace vcp::agent {

/// What a lease may refer to.
enum class ContentKind : std::uint8_t { module, blob };

/// Takes the next part of a download; an error ends it.
using ByteSink = std::function<Result<>(std::string_view)>;

/// A node's way to its coordinator: over HTTP (HttpLink), or inside vcpd.
///
/// Nothing here is retried; the agent does that. Errors it tells apart: `unauthenticated` and
/// `not_found` from heartbeat(), lease() and report() mean that the coordinator does not know the
/// node (any more), and the agent registers again; everything else is tried again later. Several
/// calls may be under way at once, though only one of each kind but download().
class Link {
 public:
  virtual ~Link() = default;

  /// Makes the node known. What it held before is placed again, and old epochs are stale.
  [[nodiscard]] virtual Async<Result<>> register_node(const Registration& registration) = 0;

  [[nodiscard]] virtual Async<Result<HeartbeatReply>> heartbeat(const Heartbeat& beat) = 0;

  /// At most `max` leases; waits up to `wait` for the first.
  [[nodiscard]] virtual Async<Result<std::vector<Lease>>> lease(std::uint32_t max,
                                                                std::chrono::seconds wait) = 0;

  /// Hands in results; as many settlements, in the same order.
  [[nodiscard]] virtual Async<Result<std::vector<Settlement>>> report(
      std::span<const Report> reports) = 0;

  /// Gives the content to `sink`, part by part. It is not checked against `id` here.
  [[nodiscard]] virtual Async<Result<>> download(ContentKind kind, const Digest& id,
                                                 const ByteSink& sink) = 0;

  /// The agent stops: lease() and download() calls that are under way return soon, with nothing or
  /// an error. Called several times then, and never before. Any thread.
  virtual void interrupt() = 0;
};

}  // namespace vcp::agent
