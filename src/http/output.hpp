// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "patience.hpp"
#include "sweeper.hpp"
#include "transport.hpp"
#include "vcp/base/async.hpp"

namespace vcp::http {

/// What goes to the client. Answers gather in one buffer and leave with one write.
class Output {
 public:
  /// From here on the buffer should be flushed before more goes in.
  static constexpr std::size_t kFlushBytes = 64 * 1024;

  Output(Transport& transport, Watch& watch, const ServerOptions& options);

  /// To append to; not after append_large() before a flush.
  [[nodiscard]] std::string& buffer() { return buffer_; }

  /// Appends a body; a large one is not copied.
  void append_body(std::string&& body);

  [[nodiscard]] std::size_t size() const { return buffer_.size() + large_.size(); }

  /// Writes what the system takes at once. True if that is all.
  [[nodiscard]] bool try_flush();

  /// Writes everything. False if the client is gone or took too long.
  [[nodiscard]] Async<bool> flush();

  /// Writes everything and then `bytes`.
  [[nodiscard]] Async<bool> send(std::string_view bytes);

  /// A new request: the client's patience starts afresh.
  void begin_request() { patience_.renew(); }

  [[nodiscard]] bool failed() const { return failed_; }

 private:
  [[nodiscard]] std::size_t write_now(std::string_view bytes);
  [[nodiscard]] Async<bool> write_all(std::string_view bytes);
  void clear();

  Transport& transport_;
  Watch& watch_;
  Patience patience_;
  std::string buffer_;
  std::string large_;
  std::size_t sent_ = 0;  ///< of buffer_
  bool failed_ = false;
};

}  // namespace vcp::http
