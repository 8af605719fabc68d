// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/http/message.hpp"
#include "vcp/http/principal.hpp"

namespace vcp::http {

/// A request whose body comes, and whose answer goes, in parts. One coroutine may read while
/// another writes, on any threads; both must be done before the handler returns.
class Exchange {
 public:
  virtual ~Exchange() = default;

  [[nodiscard]] virtual Request& request() = 0;

  /// The next part of the body, at most 64 KiB; empty at its end. The view lives until the next
  /// call. An error: over the limit, ill-framed, too slow, or gone.
  [[nodiscard]] virtual Async<Result<std::string_view>> read() = 0;

  /// Sends a whole answer. Nothing may have been sent yet.
  [[nodiscard]] virtual Async<Result<>> respond(Response response) = 0;

  /// Sends the head of an answer; `response.body` must be empty. With `length` it says
  /// Content-Length, and exactly that must be written; without it is chunked.
  [[nodiscard]] virtual Async<Result<>> start(Response response,
                                              std::optional<std::uint64_t> length) = 0;

  /// Sends a part of the body, waiting until the client takes it. An error: the client is gone, or
  /// took nothing for too long, or asked with HEAD.
  [[nodiscard]] virtual Async<Result<>> write(std::string_view bytes) = 0;

  /// Completes once the server drains, the client is known to be gone or the handler has returned:
  /// streams without end should end then. At most one waiter, which cannot be cancelled; a
  /// coroutine that waits may outlive the exchange, and must not touch it afterwards.
  [[nodiscard]] virtual Async<void> closing() = 0;
};

// Three forms of handler, from the plainest: an answer from memory at once, an answer after a wait,
// and a stream.
using Reply = std::function<Response(Request&)>;
using Call = std::function<Async<Response>(Request&)>;
using Stream = std::function<Async<void>(Exchange&)>;

/// One route: how it is called, who may, what it takes, and what the reference says of it.
struct Route {
  Method method;
  std::string_view pattern;  ///< "/api/v1/tasks/{id}"; "{path...}" at its end takes the rest
  Roles roles;
  std::uint64_t body_limit = 0;                    ///< bytes; 0: takes no body
  std::vector<std::string_view> media_types = {};  ///< what its body may be; empty: anything
  bool long_poll = false;                          ///< a wait in it is no idleness
  bool etag = false;                               ///< ETag and If-None-Match on its 200
  std::variant<Reply, Call, Stream> handler;

  // Documentation, for the OpenAPI document.
  std::string_view tag = {};
  std::string_view summary = {};
  std::string_view detail = {};
  std::vector<std::string_view> query = {};  ///< names of the parameters it reads
  std::string_view request_schema = {};      ///< name of a schema
  std::string_view response_schema = {};     ///< name of a schema
  unsigned success_status = 200;
};

}  // namespace vcp::http
