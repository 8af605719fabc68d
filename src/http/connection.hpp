// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "admission.hpp"
#include "context.hpp"
#include "exchange.hpp"
#include "input.hpp"
#include "output.hpp"
#include "response_head.hpp"
#include "transport.hpp"

namespace vcp::http {

/// One client: reads requests, answers them in order, and ends.
///
/// The loop of run() is where the speed is: one read brings any number of requests, those that are
/// answered from memory are, without a coroutine or a copy of their heads, and all the answers
/// leave with one write. What has to wait (a body, a handler, a stream) goes through coroutines.
class Connection {
 public:
  Connection(std::shared_ptr<Context> context, std::unique_ptr<Transport> transport, int descriptor,
             Peer peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] Async<void> run();

 private:
  enum class Next : std::uint8_t { read, flush, answer, close };

  // Without waiting.
  [[nodiscard]] Next answer_buffered();
  void begin_request();
  void describe_request();
  [[nodiscard]] bool answer_now();
  [[nodiscard]] bool refuse_now();
  void refuse_head(unsigned status, std::string_view detail);
  void respond(Response response);
  void end_request();
  [[nodiscard]] HeadContext head_context();
  [[nodiscard]] Response call_reply(const Reply& reply);
  [[nodiscard]] Response handler_threw(std::string_view what);

  // With waiting.
  [[nodiscard]] Async<bool> read_head();
  [[nodiscard]] Async<void> answer();
  [[nodiscard]] Async<Result<>> collect_body();
  [[nodiscard]] Async<void> send_continue();
  [[nodiscard]] Async<Response> call_waiting(const Call& call);
  [[nodiscard]] Async<void> stream(const Stream& stream);
  [[nodiscard]] Async<void> close();

  void observe(unsigned status);

  const std::shared_ptr<Context> context_;
  const Peer peer_;
  const std::unique_ptr<Transport> transport_;
  Watch watch_;
  Input input_;
  Output output_;

  // Of the request at hand.
  Request request_;
  Admission admission_;
  std::string request_id_;
  std::string rate_fields_;
  std::string body_;
  DateText date_;
  std::chrono::steady_clock::time_point started_;
  bool keep_alive_ = true;  ///< after this answer
  bool answered_ = false;   ///< but its body is still to be read

  const std::uint64_t connection_id_;
  std::uint64_t requests_ = 0;
  std::int64_t head_by_ms_;  ///< when a head that has begun must be complete
  bool lingers_ = false;     ///< the client may still be sending
};

}  // namespace vcp::http
