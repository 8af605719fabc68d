// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "vcp/base/async.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/client/http.hpp"

namespace vcp::client {

/// When to try again: only what may be repeated, only after failures that pass (no connection, 429,
/// 502, 503, 504), with back-off, jitter and the server's Retry-After.
struct Retries {
  int attempts = 1;  ///< all told
  std::chrono::milliseconds first_wait{200};
  std::chrono::milliseconds longest_wait{5'000};
  std::chrono::seconds longest_retry_after{60};  ///< a server that asks for more gets no retry
};

/// The error that an answer of 400 and above is: its code from the status, its message and fields
/// from the problem (RFC 9457) that it carries, if it does.
[[nodiscard]] Error to_error(const Response& response);

/// Calls of the Ambient VCP API, under /api/v1, as one bearer.
class Api {
 public:
  /// What it is given must outlive it.
  Api(asio::io_context& io, Http& http, std::string token, Random& random, Retries retries = {});

  /// Sends `request`, whose target is what follows /api/v1, and returns its 2xx answer. Anything
  /// else is an error, a problem in the answer's body included.
  [[nodiscard]] Async<Result<Response>> call(Request request);

  /// As above; the body goes to `sink`. Not tried again once the sink has got a part.
  [[nodiscard]] Async<Result<Response>> call(Request request, const Sink& sink);

  void set_token(std::string token) { token_ = std::move(token); }
  [[nodiscard]] bool has_token() const { return !token_.empty(); }

 private:
  [[nodiscard]] Async<Result<Response>> call_with_retries(Request request, const Sink* sink);
  [[nodiscard]] Async<Result<Response>> send(const Request& request, const Sink* sink);

  Executor executor_;
  Http& http_;
  std::string token_;
  Random& random_;
  Retries retries_;
};

/// A fresh Idempotency-Key: 128 random bits as hexadecimal.
[[nodiscard]] std::string make_idempotency_key(Random& random);

}  // namespace vcp::client
