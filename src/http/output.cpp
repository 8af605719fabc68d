// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <boost/asio/error.hpp>
#include <boost/assert.hpp>

namespace vcp::http {

Output::Output(Transport& transport, Watch& watch, const ServerOptions& options)
    : transport_(transport), watch_(watch), patience_(options.idle_timeout.count()) {}

void Output::append_body(std::string&& body) {
  if (body.size() < kFlushBytes) {
    buffer_ += body;
  } else {
    BOOST_ASSERT(large_.empty());
    large_ = std::move(body);
  }
}

bool Output::try_flush() {
  if (size() == 0) return true;
  sent_ += write_now(std::string_view(buffer_).substr(sent_));
  if (failed_ || sent_ < buffer_.size() || !large_.empty()) return false;
  clear();
  return true;
}

Async<bool> Output::flush() {
  const std::string_view rest = std::string_view(buffer_).substr(sent_);
  bool sent = co_await write_all(rest);
  if (sent) sent = co_await write_all(large_);
  clear();
  co_return sent;
}

Async<bool> Output::send(std::string_view bytes) {
  bool sent = co_await flush();
  if (sent) sent = co_await write_all(bytes);
  co_return sent;
}

std::size_t Output::write_now(std::string_view bytes) {
  const asio::const_buffer buffer(bytes.data(), bytes.size());
  const auto [error, count] = transport_.try_write(buffer);
  if (error && error != asio::error::would_block && error != asio::error::try_again) {
    failed_ = true;
  }
  return count;
}

Async<bool> Output::write_all(std::string_view bytes) {
  while (!bytes.empty() && !failed_) {
    bytes.remove_prefix(write_now(bytes));
    if (bytes.empty() || failed_) break;
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const std::int64_t before = steady_ms();
    watch_.write_by = before + patience_.left_ms();
    const IoResult put = co_await transport_.write_some(buffer);
    watch_.write_by = Watch::kNever;
    const auto& [error, count] = put;
    patience_.waited(steady_ms() - before, count);
    if (error) failed_ = true;
    bytes.remove_prefix(count);
  }
  co_return !failed_;
}

void Output::clear() {
  buffer_.clear();
  if (buffer_.capacity() > 2 * kFlushBytes) buffer_ = {};
  large_ = {};
  sent_ = 0;
}

}  // namespace vcp::http
