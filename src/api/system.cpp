// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "answers.hpp"
#include "handlers.hpp"
#include "vcp/base/version.hpp"

namespace vcp::api {

using http::Request;
using http::Response;

namespace {

/// With less room than this on its disk the server does not call itself ready.
constexpr std::uintmax_t kLeastSpace = 2 << 20;

}  // namespace

Handled get_liveness(State&, Request&) { return json_response("{\"status\":\"ok\"}"); }

Handled get_readiness(State& api, Request&) {
  if (const auto failure = api.coordinator().failure()) {
    return fail(Code::unavailable, "the store cannot be written: " + failure->message);
  }
  std::error_code unknown;
  const auto space = std::filesystem::space(api.services.spool_directory, unknown);
  if (!unknown && space.available < kLeastSpace) {
    return fail(Code::unavailable, "the disk is full: " + std::to_string(space.available) +
                                       " bytes are left for the data directory");
  }
  if (api.services.draining()) return fail(Code::unavailable, "the server is shutting down");
  return json_response("{\"status\":\"ready\"}");
}

Handled get_health(State& api, Request&) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("status", "healthy")
      .member("version", kVersion)
      .member("timestamp", to_rfc3339(api.now()))
      .end_object();
  return json_response(std::move(body));
}

Handled get_metrics(State& api, Request&) {
  return Response{.status = 200,
                  .content_type = "text/plain; version=0.0.4; charset=utf-8",
                  .body = api.services.metrics()};
}

Handled get_openapi(State& api, Request&) { return json_response(api.openapi); }

Handled get_docs(State& api, Request&) {
  return Response{.status = 200,
                  .content_type = "text/html; charset=utf-8",
                  .body = api.docs,
                  .headers = {{"Content-Security-Policy",
                               "default-src 'none'; script-src 'unsafe-inline'; style-src "
                               "'unsafe-inline'; connect-src 'self'"}}};
}

Async<Handled> get_statistics(State& api, Request&) {
  const coordinator::Statistics now = api.coordinator().statistics();
  const Result<> durable = co_await api.coordinator().durable_now();
  if (!durable) co_return std::unexpected(durable.error());
  const std::uint64_t total = now.active.pending + now.active.running + now.active.verifying +
                              now.ended.completed + now.ended.failed + now.ended.cancelled;
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("total_nodes", now.active.all_nodes())
      .member("healthy_nodes", now.active.nodes[static_cast<std::size_t>(mesh::NodeStatus::online)])
      .member("total_tasks", total)
      .member("pending_tasks", now.active.pending)
      .member("running_tasks", now.active.running + now.active.verifying)
      .member("completed_tasks", now.ended.completed)
      .member("failed_tasks", now.ended.failed)
      .member("avg_health_score", now.active.average_health())
      .member("total_compute_capacity", now.active.cores)
      .end_object();
  co_return json_response(std::move(body));
}

}  // namespace vcp::api
