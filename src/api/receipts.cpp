// SPDX-License-Identifier: Apache-2.0
// Receipts, and the transparency log that they are leaves of.
#include "answers.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::ReceiptLog;
using http::Request;
using http::Response;

namespace {

constexpr Duration kMaxWait{1'000};
constexpr std::string_view kForEver = "public, max-age=31536000, immutable";
constexpr std::string_view kForNow = "no-cache";

Response log_response(std::string body, std::string_view media_type, std::string_view caching) {
  Response response{.status = 200, .content_type = media_type, .body = std::move(body)};
  response.headers.emplace_back("Cache-Control", caching);
  return response;
}

}  // namespace

Async<Handled> get_receipt(State& api, Request& request) {
  const auto task = find_task(api, request);
  if (!task) co_return std::unexpected(task.error());
  if ((*task)->status != mesh::TaskStatus::completed) {
    co_return fail(Code::conflict, "only a completed task has a receipt: this one is " +
                                       std::string(to_string((*task)->status)));
  }
  const Result<> durable = co_await api.coordinator().durable((*task)->commit);
  if (!durable) co_return std::unexpected(durable.error());

  ReceiptLog& log = api.coordinator().receipts();
  const auto issued = log.find((*task)->id);
  if (!issued) co_return std::unexpected(issued.error());
  if (!*issued) co_return not_found("receipt");
  const auto published = co_await log.covering((*issued)->leaf_index, kMaxWait);
  if ((*issued)->leaf_index >= published->tree.size()) {
    co_return fail(Code::unavailable, "no checkpoint covers the receipt yet: try again soon");
  }
  auto evidence = log.with_evidence(**issued, *published);
  if (!evidence) co_return std::unexpected(evidence.error());
  co_return json_response(std::move(*evidence));
}

Handled get_checkpoint(State& api, Request&) {
  const auto published = api.coordinator().receipts().published();
  return log_response(published->checkpoint, "text/plain; charset=utf-8", kForNow);
}

Handled get_log_key(State& api, Request&) {
  return log_response(api.coordinator().receipts().verifier_keys(), "text/plain; charset=utf-8",
                      kForNow);
}

Handled get_tile(State& api, Request& request) {
  const auto path = log::parse_tile_path("tile/" + std::string(request.param("path")));
  if (!path) return not_found("tile");
  auto bytes = api.coordinator().receipts().read(*path);
  if (!bytes) return std::unexpected(bytes.error());
  return log_response(std::move(*bytes), "application/octet-stream", kForEver);
}

}  // namespace vcp::api
