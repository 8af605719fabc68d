// SPDX-License-Identifier: Apache-2.0
#include "content.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace vcp::api {

using http::Exchange;
using http::Response;

namespace {

constexpr std::size_t kPart = 256 * 1024;

/// Content up to this is read and checked as a whole before any of it is sent.
constexpr std::uint64_t kCheckedBytes = 4 << 20;

/// What is recorded and cannot be read is damage, which the log must tell of.
Error damage(Error error) {
  if (error.code == Code::not_found) error.code = Code::corrupt;
  if (error.code == Code::corrupt) spdlog::error("damaged content: {}", error.message);
  return error;
}

/// The bytes if they are few, and checked; else only that the file is there as long as it was.
Result<std::string> open_content(const store::ContentStore& files, const Digest& digest,
                                 std::uint64_t size) {
  if (size <= kCheckedBytes) return files.read(digest);
  const auto present = files.size(digest);
  if (!present) return std::unexpected(present.error());
  if (*present == size) return std::string();
  return fail(Code::corrupt, "content " + digest.to_string() + " is damaged: it has " +
                                 std::to_string(*present) + " bytes of " + std::to_string(size));
}

/// The head of an answer with all of `size` bytes or the range asked for.
struct Head {
  Response response;
  http::ByteRange range;
};

Result<Head> head_for(const http::Request& request, std::uint64_t size, const ContentHead& content,
                      const std::string& etag) {
  Head head{.response = {.status = 200,
                         .content_type = content.media_type,
                         .body = {},
                         .headers = content.headers},
            .range = {0, size}};
  head.response.headers.emplace_back("Accept-Ranges", "bytes");
  head.response.headers.emplace_back("ETag", etag);
  const auto range = http::parse_range(request.header("Range"), size);
  if (!range) return std::unexpected(range.error());
  const bool same = !request.has_header("If-Range") || request.header("If-Range") == etag;
  if (*range && same) {
    head.range = **range;
    head.response.status = 206;
    head.response.headers.emplace_back(
        "Content-Range", "bytes " + std::to_string(head.range.offset) + "-" +
                             std::to_string(head.range.offset + head.range.length - 1) + "/" +
                             std::to_string(size));
  }
  return head;
}

/// 304, or nothing.
std::optional<Response> instead_of_content(const http::Request& request, const ContentHead& content,
                                           const std::string& etag) {
  if (!http::etag_matches(request.header("If-None-Match"), etag)) return std::nullopt;
  Response response{.status = 304, .content_type = {}, .body = {}, .headers = content.headers};
  response.headers.emplace_back("ETag", etag);
  return response;
}

Async<void> refuse_range(Exchange& exchange, std::uint64_t size) {
  Response response = http::range_not_satisfiable(size);
  const Result<> sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);  // the client is gone, or it has its answer
}

}  // namespace

Async<void> send_content(State& api, Exchange& exchange, Digest digest, std::uint64_t size,
                         ContentHead content) {
  coordinator::Pool& pool = api.coordinator().pool();
  std::move_only_function<Result<std::string>()> open = [&api, digest, size] {
    return open_content(api.coordinator().contents().files(), digest, size);
  };
  auto bytes = co_await pool.run(std::move(open));
  if (!bytes) {
    Error error = damage(bytes.error());
    co_await send_problem(exchange, std::move(error));
    co_return;
  }
  if (size <= kCheckedBytes) {
    co_await send_bytes(exchange, std::move(*bytes), digest, std::move(content));
    co_return;
  }

  const std::string etag = "\"" + digest.hex() + "\"";
  if (auto instead = instead_of_content(exchange.request(), content, etag)) {
    const Result<> sent = co_await exchange.respond(std::move(*instead));
    static_cast<void>(sent);
    co_return;
  }
  auto head = head_for(exchange.request(), size, content, etag);
  if (!head) {
    co_await refuse_range(exchange, size);
    co_return;
  }
  std::uint64_t offset = head->range.offset;
  std::uint64_t left = head->range.length;
  const bool whole = left == size;
  Sha256 sent_so_far;
  const Result<> started = co_await exchange.start(std::move(head->response), left);
  if (!started) co_return;
  while (left > 0) {
    std::move_only_function<Result<std::string>()> read = [&api, digest, offset, left] {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPart));
      return api.coordinator().contents().files().read(digest, offset, length);
    };
    const auto part = co_await pool.run(std::move(read));
    // The length is promised: that something is missing the client notices.
    if (!part || part->empty()) co_return;
    offset += part->size();
    left -= part->size();
    if (whole) sent_so_far.update(*part);
    if (whole && left == 0 && sent_so_far.finish() != digest) {
      spdlog::error("content {} is corrupt: its last part is not sent", digest.to_string());
      co_return;
    }
    const Result<> written = co_await exchange.write(*part);
    if (!written) co_return;
  }
}

Async<void> send_bytes(Exchange& exchange, std::string bytes, Digest digest, ContentHead content) {
  const std::string etag = "\"" + digest.hex() + "\"";
  if (auto instead = instead_of_content(exchange.request(), content, etag)) {
    const Result<> sent = co_await exchange.respond(std::move(*instead));
    static_cast<void>(sent);
    co_return;
  }
  auto head = head_for(exchange.request(), bytes.size(), content, etag);
  if (!head) {
    co_await refuse_range(exchange, bytes.size());
    co_return;
  }
  Response response = std::move(head->response);
  response.body = bytes.substr(head->range.offset, head->range.length);
  const Result<> sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);
}

Async<Result<ReceivedContent>> receive_content(State& api, Exchange& exchange, CheckPart check) {
  coordinator::Pool& pool = api.coordinator().pool();
  std::move_only_function<Result<store::ContentStore::Writer>()> open = [&api] {
    return api.coordinator().contents().create();
  };
  auto writer = co_await pool.run(std::move(open));
  if (!writer) co_return std::unexpected(writer.error());
  while (true) {
    const auto part = co_await exchange.read();
    if (!part) co_return std::unexpected(part.error());
    // To look at a part and to write it is memory traffic: not worth a trip to the pool.
    if (const Result<> fine = check(*part); !fine) co_return std::unexpected(fine.error());
    if (part->empty()) break;
    const Result<> appended = writer->append(*part);
    if (!appended) co_return std::unexpected(appended.error());
  }
  const std::uint64_t size = writer->size();
  std::move_only_function<Result<coordinator::Contents::Pin>()> finish = [&api, &writer] {
    return api.coordinator().contents().finish(std::move(*writer));
  };
  auto pin = co_await pool.run(std::move(finish));
  if (!pin) co_return std::unexpected(pin.error());
  co_return ReceivedContent{.pin = std::move(*pin), .size = size};
}

Async<void> send_problem(Exchange& exchange, Error error) {
  Response response = http::problem(error);
  const Result<> sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);
}

Async<Result<bool>> holds_lease_for(State& api, std::string node, Digest digest) {
  coordinator::Coordinator::Command<bool> ask = [node = NodeId{std::move(node)},
                                                 digest](coordinator::Coordinator::Writer& writer) {
    return Result<bool>(writer.core.needs_content(node, digest));
  };
  co_return co_await api.coordinator().apply(std::move(ask));
}

Async<Result<std::string>> read_payload(State& api, const mesh::Payload& payload) {
  if (!payload.content) co_return payload.bytes;
  std::move_only_function<Result<std::string>()> read = [&api, digest = *payload.content] {
    return api.coordinator().contents().files().read(digest);
  };
  auto bytes = co_await api.coordinator().pool().run(std::move(read));
  if (!bytes) co_return std::unexpected(damage(bytes.error()));
  co_return bytes;
}

}  // namespace vcp::api
