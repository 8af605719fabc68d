// SPDX-License-Identifier: Apache-2.0
#include "catalogs.hpp"
#include "content.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Blob;
using coordinator::Coordinator;
using coordinator::Created;
using http::Role;

namespace {

std::string render(const Blob& blob) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("blob_id", blob.digest.to_string())
      .member("size", blob.size)
      .end_object();
  return body;
}

struct Readable {
  Digest digest;
  std::uint64_t size;
};

/// The blob named in the path, if the caller may see it, or what a lease that the node holds needs.
Async<Result<Readable>> find_readable(State& api, const http::Request& request) {
  if (request.principal.role != Role::node) {
    const auto blob = find_in_path(api.coordinator().blobs(), request, "blob");
    if (!blob) co_return std::unexpected(blob.error());
    co_return Readable{.digest = (*blob)->digest, .size = (*blob)->size};
  }
  const auto digest = Digest::parse(request.param("id"));
  if (!digest) co_return not_found("blob");
  const auto held = co_await holds_lease_for(api, request.principal.subject, *digest);
  if (!held) co_return std::unexpected(held.error());
  if (!*held) co_return not_found("blob");
  const auto size = api.coordinator().contents().files().size(*digest);
  if (!size) co_return std::unexpected(size.error());
  co_return Readable{.digest = *digest, .size = *size};
}

Async<Result<Created>> create_blob(State& api, http::Exchange& exchange) {
  CheckPart anything = [](std::string_view) { return Result<>(); };
  const auto received = co_await receive_content(api, exchange, std::move(anything));
  if (!received) co_return std::unexpected(received.error());
  const Digest& digest = received->pin.digest();
  const auto once = once_of(exchange.request(), digest);
  if (!once) co_return std::unexpected(once.error());
  Blob blob{.digest = digest,
            .owner = exchange.request().principal.owner,
            .size = received->size,
            .created_at = api.now()};
  Coordinator::Command<Coordinator::Render> record =
      [blob = std::move(blob)](Coordinator::Writer& writer) mutable {
        const auto known = writer.coordinator.blobs().find(blob.owner, blob.digest);
        Answer answer{.status = known ? 200U : 201U,
                      .body = render(known ? *known : blob),
                      .subject = blob.digest.to_string()};
        if (!known) writer.put_blob(std::move(blob));
        return Result<Coordinator::Render>([answer = std::move(answer)] { return answer; });
      };
  co_return co_await api.coordinator().create(*once, std::move(record));
}

}  // namespace

Async<void> post_blob(State& api, http::Exchange& exchange) {
  const auto created = co_await create_blob(api, exchange);
  if (!created) {
    co_await send_problem(exchange, created.error());
    co_return;
  }
  http::Response response = created_response(*created, "/api/v1/blobs/");
  const Result<> sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);
}

Async<Handled> get_blob(State& api, http::Request& request) {
  const auto blob = find_in_path(api.coordinator().blobs(), request, "blob");
  if (!blob) co_return std::unexpected(blob.error());
  const Result<> durable = co_await api.coordinator().durable_now();
  if (!durable) co_return std::unexpected(durable.error());
  co_return json_response(render(**blob));
}

Async<void> get_blob_content(State& api, http::Exchange& exchange) {
  const auto content = co_await find_readable(api, exchange.request());
  if (!content) {
    co_await send_problem(exchange, content.error());
    co_return;
  }
  ContentHead head{.media_type = "application/octet-stream"};
  co_await send_content(api, exchange, content->digest, content->size, std::move(head));
}

Async<Handled> delete_blob(State& api, http::Request& request) {
  const auto blob = find_in_path(api.coordinator().blobs(), request, "blob");
  if (!blob) co_return std::unexpected(blob.error());
  Coordinator::Command<bool> erase = [blob = *blob](Coordinator::Writer& writer) -> Result<bool> {
    if (!writer.coordinator.blobs().find(blob->owner, blob->digest)) return not_found("blob");
    if (writer.core.uses_content(blob->owner, blob->digest)) {
      return fail(Code::conflict, "tasks that have not ended need this blob");
    }
    writer.erase_blob(*blob);
    return true;
  };
  const auto erased = co_await api.coordinator().apply(std::move(erase));
  if (!erased) co_return std::unexpected(erased.error());
  co_return no_content();
}

}  // namespace vcp::api
