// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include <algorithm>
#include <boost/assert.hpp>
#include <cstring>

namespace vcp::http {
namespace {

constexpr std::size_t kFirstBytes = 4 * 1024;
constexpr std::size_t kKeptBytes = 16 * 1024;
constexpr std::uint64_t kSkippableBytes = 64 * 1024;

}  // namespace

void InputBuffer::reserve(std::size_t bytes) {
  if (capacity_ - begin_ >= bytes) return;
  const std::string_view kept = view();
  if (capacity_ >= bytes) {
    std::memmove(memory_.get(), kept.data(), kept.size());
  } else {
    const std::size_t larger = std::max(bytes, kFirstBytes);
    auto memory = std::make_unique_for_overwrite<char[]>(larger);
    std::copy(kept.begin(), kept.end(), memory.get());
    memory_ = std::move(memory);
    capacity_ = larger;
  }
  end_ = kept.size();
  begin_ = 0;
}

void InputBuffer::consume(std::size_t bytes) {
  BOOST_ASSERT(bytes <= end_ - begin_);
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

void InputBuffer::erase(std::size_t offset, std::size_t bytes) {
  BOOST_ASSERT(offset + bytes <= end_ - begin_);
  char* hole = memory_.get() + begin_ + offset;
  std::memmove(hole, hole + bytes, end_ - begin_ - offset - bytes);
  end_ -= bytes;
}

void InputBuffer::shrink() {
  if (begin_ != end_ || capacity_ <= kKeptBytes) return;
  memory_.reset();
  capacity_ = begin_ = end_ = 0;
}

Input::Input(Transport& transport, Watch& watch, const ServerOptions& options)
    : parser(options.max_header_bytes, options.max_target_bytes),
      transport_(transport),
      watch_(watch),
      patience_(options.idle_timeout.count()) {}

void Input::begin_body() {
  const std::size_t head = parser.head_size();
  const std::uint64_t length = parser.content_length();
  const bool chunked = parser.head().chunked;
  body_done_ = !chunked && length == 0;
  body_seen_ = 0;
  last_step_ = 0;
  patience_.renew();
  if (body_done_ || whole_body()) return;
  buffer.reserve(head + (chunked ? kPieceBytes : std::min<std::uint64_t>(length, kPieceBytes)));
}

std::optional<std::string_view> Input::whole_body() const {
  if (parser.head().chunked || body_seen_ > 0) return std::nullopt;
  const std::string_view rest = buffer.view().substr(parser.head_size());
  if (rest.size() < parser.content_length()) return std::nullopt;
  return rest.substr(0, parser.content_length());
}

RequestParser::Step Input::next_buffered() {
  buffer.erase(parser.head_size(), std::exchange(last_step_, 0));
  if (body_done_) return {.state = RequestParser::State::done};
  const std::string_view here = buffer.view().substr(parser.head_size(), kPieceBytes);
  const RequestParser::Step step = parser.parse_body(here);
  last_step_ = step.consumed;
  body_seen_ += step.consumed;
  body_done_ = step.state == RequestParser::State::done;
  return step;
}

Async<Result<std::string_view>> Input::next_piece() {
  for (;;) {
    const RequestParser::Step step = next_buffered();
    if (!step.piece.empty()) co_return step.piece;
    if (step.state == RequestParser::State::done) co_return std::string_view{};
    if (step.state == RequestParser::State::refused) co_return std::unexpected(refused());
    buffer.erase(parser.head_size(), std::exchange(last_step_, 0));
    Result<> read = co_await read_more();
    if (!read) co_return std::unexpected(std::move(read.error()));
  }
}

Async<Result<>> Input::read_more() {
  const std::int64_t before = steady_ms();
  watch_.read_by = before + patience_.left_ms();
  const IoResult got = co_await transport_.read_some(buffer.space());
  watch_.read_by = Watch::kNever;
  const auto& [error, bytes] = got;
  patience_.waited(steady_ms() - before, bytes);
  if (watch_.expired) co_return fail(Code::timed_out, "the body came too slowly");
  if (error) co_return fail(Code::io, "the client is gone: " + error.message());
  buffer.commit(bytes);
  co_return Result<>{};
}

void Input::end_request() {
  if (const auto body = body_done_ ? std::nullopt : whole_body()) {
    buffer.consume(parser.head_size() + body->size());
  } else {
    buffer.erase(parser.head_size(), std::exchange(last_step_, 0));
    buffer.consume(parser.head_size());
  }
  body_done_ = true;
  parser.reset();
  buffer.shrink();
}

bool Input::is_skippable() const {
  if (body_done_) return true;
  return !parser.head().chunked && !parser.head().expects_continue &&
         parser.content_length() <= kSkippableBytes;
}

Error Input::refused() const {
  const RequestParser::Refusal& why = parser.refusal();
  return {.code = why.status == 413 ? Code::too_large : Code::malformed,
          .message = std::string(why.detail)};
}

}  // namespace vcp::http
