// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "input.hpp"
#include "output.hpp"
#include "response_head.hpp"
#include "vcp/http/route.hpp"

namespace vcp::http {

/// The one request of a streamed route. Its two directions share nothing that either writes.
class StreamExchange final : public Exchange {
 public:
  StreamExchange(Request& request, Input& input, Output& output, Watch& watch,
                 const HeadContext& context, bool http11);
  ~StreamExchange() override;

  Request& request() override { return request_; }
  Async<Result<std::string_view>> read() override;
  Async<Result<>> respond(Response response) override;
  Async<Result<>> start(Response response, std::optional<std::uint64_t> length) override;
  Async<Result<>> write(std::string_view bytes) override;
  Async<void> closing() override;

  /// The handler has returned, or thrown: completes what it began. False if that cannot be done and
  /// the connection has to end.
  [[nodiscard]] Async<bool> finish(bool threw);

  /// The status that was sent; 0 if none was.
  [[nodiscard]] unsigned status() const { return status_; }

 private:
  void append_chunk(std::string_view bytes);

  Request& request_;
  Input& input_;
  Output& output_;
  Watch& watch_;
  HeadContext context_;
  const bool http11_;

  unsigned status_ = 0;
  Framing framing_;
  bool bodiless_ = false;   ///< HEAD, or a status without a body
  std::uint64_t owed_ = 0;  ///< bytes still to come of a told length
  bool read_failed_ = false;
};

}  // namespace vcp::http
