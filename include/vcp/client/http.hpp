// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"
#include "vcp/client/url.hpp"

namespace vcp::client {

enum class Verb : std::uint8_t { get, put, post, del };

/// One request. The views must live until it is answered.
struct Request {
  Verb verb = Verb::get;
  std::string target = {};  ///< path and query, encoded
  bool at_root = false;     ///< for Api: the target is the server's own, not the API's
  std::string_view body = {};
  std::string_view content_type = {};
  std::string_view bearer = {};           ///< a token, or none
  std::string_view idempotency_key = {};  ///< or none
  /// How long the answer may take to begin, and later the longest pause in it.
  std::chrono::milliseconds timeout{30'000};
  std::uint64_t max_body_bytes = std::uint64_t{128} << 20;
};

/// Whether sending it twice does no more than sending it once: GET, PUT, and whatever carries an
/// idempotency key.
[[nodiscard]] bool may_repeat(const Request& request);

struct Response {
  unsigned status = 0;
  std::string content_type = {};
  std::string body = {};
  std::optional<std::chrono::seconds> retry_after = {};
};

/// Takes the next part of a body; an error ends the transfer and is what send() returns.
using Sink = std::function<Result<>(std::string_view)>;

/// An HTTP/1.1 client of one server, with TLS where its URL says https. Keeps connections open
/// between requests; any number of requests may be under way, each on a connection of its own.
/// One thread: the one that runs the io_context.
class Http {
 public:
  /// Trusts the system's authorities, or those in `ca_file` (PEM) if one is named. Does not
  /// connect yet.
  [[nodiscard]] static Result<std::unique_ptr<Http>> open(asio::io_context& io, Url url,
                                                          const std::string& ca_file = {});
  ~Http();

  /// Errors: `io` if the server cannot be reached or breaks off, `timed_out`, `too_large`,
  /// `malformed` if what it sends is no HTTP. Any status is a response. Nothing is sent twice, but
  /// for what may be repeated (see may_repeat) and meets a kept connection that the server has
  /// closed meanwhile.
  [[nodiscard]] Async<Result<Response>> send(const Request& request);

  /// As above; the body of a 2xx answer goes to `sink` instead of into the response.
  [[nodiscard]] Async<Result<Response>> send(const Request& request, const Sink& sink);

  /// Breaks off every request that is under way; each returns an error.
  void close();

  [[nodiscard]] const Url& url() const;

 private:
  class Impl;
  explicit Http(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcp::client
