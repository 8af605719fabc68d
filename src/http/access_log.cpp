// SPDX-License-Identifier: Apache-2.0
#include "access_log.hpp"

#include <spdlog/spdlog.h>

namespace vcp::http {
namespace {

constexpr double kSlowSeconds = 1.0;
constexpr std::size_t kMaxPathBytes = 256;

bool is_slow(const Route* route, double seconds) {
  if (seconds < kSlowSeconds || route == nullptr) return false;
  return !route->long_poll && !std::holds_alternative<Stream>(route->handler);
}

}  // namespace

void log_access(const Request& request, std::string_view method, const Route* route,
                unsigned status, double seconds) {
  // Who sends a trace id wants to find it again.
  const bool notable = status >= 500 || is_slow(route, seconds) || !request.traceparent.empty();
  const auto level = notable ? spdlog::level::info : spdlog::level::debug;
  if (!spdlog::should_log(level)) return;
  spdlog::log(level,
              "request method={} path={} status={} ms={:.3f} peer={} token_id={} request_id={} "
              "traceparent={}",
              method, request.path.substr(0, kMaxPathBytes), status, seconds * 1000.0, request.peer,
              request.principal.token_id, request.request_id, request.traceparent);
}

void log_exception(const Request& request, std::string_view what) {
  spdlog::error("a handler failed path={} request_id={}: {}", request.path.substr(0, kMaxPathBytes),
                request.request_id, what);
}

}  // namespace vcp::http
