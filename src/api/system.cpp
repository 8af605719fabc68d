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
  const std::vector<mesh::NodePtr> nodes = api.coordinator().nodes().all();
  const Result<> durable = co_await api.coordinator().durable_now();
  if (!durable) co_return std::unexpected(durable.error());
  std::uint64_t healthy = 0;
  double health = 0;
  std::uint64_t capacity = 0;
  for (const mesh::NodePtr& node : nodes) {
    health += node->health_score();
    if (node->status() == mesh::NodeStatus::offline) continue;
    capacity += node->registration.capabilities.cpu_cores;
    if (node->status() == mesh::NodeStatus::online) ++healthy;
  }
  const std::uint64_t total = now.active.pending + now.active.running + now.ended.completed +
                              now.ended.failed + now.ended.cancelled;
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("total_nodes", nodes.size())
      .member("healthy_nodes", healthy)
      .member("total_tasks", total)
      .member("pending_tasks", now.active.pending)
      .member("running_tasks", now.active.running)
      .member("completed_tasks", now.ended.completed)
      .member("failed_tasks", now.ended.failed)
      .member("avg_health_score", nodes.empty() ? 0.0 : health / static_cast<double>(nodes.size()))
      .member("total_compute_capacity", capacity)
      .end_object();
  co_return json_response(std::move(body));
}

}  // namespace vcp::api
