// SPDX-License-Identifier: Apache-2.0
#include "batch.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>

namespace vcp::load {
namespace {

using boost::system::error_code;

constexpr std::uint64_t kBlockLines = 256;
constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::string_view kAccepted = "\"task_id\"";
constexpr auto kToTuple = asio::as_tuple(use_async);

std::string repeat(std::string_view text, std::uint64_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::uint64_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

BatchStream::BatchStream(Socket socket, const Request& request, std::uint64_t count)
    : socket_(std::move(socket)),
      head_(head_of(request, request.body.size() * count)),
      block_(repeat(request.body, std::min(count, kBlockLines))),
      line_bytes_(request.body.size()),
      count_(count) {
  sent_.reserve(count / kBlockLines + 1);
}

Async<void> BatchStream::run(Recorder& recorder) {
  // The writer ends at the latest when the reader closes the socket.
  auto finished = [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  };
  asio::co_spawn(socket_.get_executor(), write(), finished);
  co_await read(recorder);
}

Async<void> BatchStream::write() {
  const auto [refused, head_bytes] =
      co_await asio::async_write(socket_, asio::buffer(head_), kToTuple);
  if (refused) co_return;
  for (std::uint64_t line = 0; line < count_; line += kBlockLines) {
    const std::uint64_t lines = std::min(kBlockLines, count_ - line);
    sent_.push_back(Clock::now());
    const auto [error, bytes] = co_await asio::async_write(
        socket_, asio::buffer(block_.data(), lines * line_bytes_), kToTuple);
    if (error) co_return;
  }
}

Async<void> BatchStream::read(Recorder& recorder) {
  std::vector<char> buffer(kReadBytes);
  auto state = ResponseReader::State::more;
  error_code error;
  while (state == ResponseReader::State::more && !error) {
    const auto [failure, count] = co_await socket_.async_read_some(asio::buffer(buffer), kToTuple);
    error = failure;
    state = reader_.feed({buffer.data(), count}, body_);
    if (reader_.status() == 200) take_answers(recorder);
  }
  socket_.close(error);
  const std::string reason =
      reader_.status() == 200 ? "no answer" : "status " + std::to_string(reader_.status());
  for (; answered_ < count_; ++answered_) recorder.failed(reason);
}

/// Counts the lines that are complete.
void BatchStream::take_answers(Recorder& recorder) {
  const Moment now = Clock::now();
  std::size_t start = 0;
  for (std::size_t end = body_.find('\n'); end != std::string::npos && answered_ < count_;
       end = body_.find('\n', start)) {
    const std::string_view line(body_.data() + start, end - start);
    if (line.find(kAccepted) == std::string_view::npos) {
      recorder.failed("a problem in place of a task");
    } else {
      recorder.answered(sent_.at(answered_ / kBlockLines), now);
    }
    ++answered_;
    start = end + 1;
  }
  body_.erase(0, start);
}

}  // namespace vcp::load
