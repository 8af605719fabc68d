// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "limiter.hpp"
#include "request_id.hpp"
#include "router.hpp"
#include "sweeper.hpp"
#include "vcp/http/server.hpp"

namespace vcp::http {

/// What the connections of one server share.
struct Context {
  Context(ServerOptions with, Router routes, Authenticator who,
          std::function<void(const Observation&)> observer, std::shared_ptr<Sweeper> sweeps,
          Random& random)
      : options(std::move(with)),
        router(std::move(routes)),
        authenticate(std::move(who)),
        observe(std::move(observer)),
        sweeper(std::move(sweeps)),
        request_ids(random) {
    if (options.rates.per_token > 0) token_limiter.emplace(options.rates.per_token);
    if (options.rates.per_address > 0) address_limiter.emplace(options.rates.per_address);
  }

  const ServerOptions options;
  const Router router;
  const Authenticator authenticate;
  const std::function<void(const Observation&)> observe;
  const std::shared_ptr<Sweeper> sweeper;
  RequestIds request_ids;
  std::optional<Limiter> token_limiter;
  std::optional<Limiter> address_limiter;
  std::atomic<bool> draining = false;
};

/// Where a connection comes from.
struct Peer {
  std::string text;  ///< the address
  bool loopback = false;
  std::uint64_t rate_key = 0;  ///< the address, of IPv6 its /64
};

}  // namespace vcp::http
