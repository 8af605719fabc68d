// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "patience.hpp"
#include "request_parser.hpp"
#include "sweeper.hpp"
#include "transport.hpp"
#include "vcp/base/async.hpp"

namespace vcp::http {

/// Bytes that came and are not used up yet, in one piece of memory. While a request is answered its
/// head stays where it is: only reserve() moves bytes.
class InputBuffer {
 public:
  [[nodiscard]] std::string_view view() const { return {memory_.get() + begin_, end_ - begin_}; }

  /// Where further bytes go, and how many went there.
  [[nodiscard]] asio::mutable_buffer space() { return {memory_.get() + end_, capacity_ - end_}; }
  void commit(std::size_t bytes) { end_ += bytes; }

  /// Makes room for `bytes` in all, counted from the first one of view().
  void reserve(std::size_t bytes);

  /// Takes bytes off the front.
  void consume(std::size_t bytes);

  /// Takes `bytes` out at `offset`, and moves up what follows.
  void erase(std::size_t offset, std::size_t bytes);

  /// Gives back memory that a large request took, if the buffer is empty.
  void shrink();

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// What comes from the client: heads, and the body that belongs to each.
class Input {
 public:
  /// A part of a streamed body, at most.
  static constexpr std::size_t kPieceBytes = 64 * 1024;

  Input(Transport& transport, Watch& watch, const ServerOptions& options);

  RequestParser parser;
  InputBuffer buffer;

  /// The head is parsed: makes room for its body, and forgets the body of the last one.
  void begin_body();

  /// The next part of the body, read if need be; empty at its end. The view lives until the next
  /// call. `too_large` or `malformed`: refused; `timed_out`; `io`: the client is gone.
  [[nodiscard]] Async<Result<std::string_view>> next_piece();

  /// The next part if it is here already; `more` in `state` if it has to be read.
  [[nodiscard]] RequestParser::Step next_buffered();

  /// The body, if it was told by its length and is here whole: then it stays in the buffer.
  [[nodiscard]] std::optional<std::string_view> whole_body() const;

  /// The request is answered and its body was read to the end, or is whole_body().
  void end_request();

  [[nodiscard]] bool body_done() const { return body_done_; }

  /// Whether what is left of the body is known to be so little that it can be read to no purpose.
  [[nodiscard]] bool is_skippable() const;

 private:
  [[nodiscard]] Async<Result<>> read_more();
  [[nodiscard]] Error refused() const;

  Transport& transport_;
  Watch& watch_;
  Patience patience_;
  std::size_t last_step_ = 0;  ///< bytes of the body that the last view may still show
  std::uint64_t body_seen_ = 0;
  std::atomic<bool> body_done_ = true;  ///< asked by the writing side of a stream too
};

}  // namespace vcp::http
