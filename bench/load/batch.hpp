// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver.hpp"
#include "prepared.hpp"
#include "recorder.hpp"
#include "response_reader.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"

namespace vcp::load {

/// One POST of many lines of NDJSON on a connection of its own, written and read at the same time.
/// The latency of a line runs from when it was given to the socket, 256 lines at a time, to when
/// its answer has come.
class BatchStream {
 public:
  /// `request.body` is one line, sent `count` times.
  BatchStream(Socket socket, const Request& request, std::uint64_t count);

  /// Runs to the last answer. A line's answer that holds a problem counts as failed in `recorder`,
  /// and so do all that are missing if the connection breaks.
  [[nodiscard]] Async<void> run(Recorder& recorder);

 private:
  Async<void> write();
  Async<void> read(Recorder& recorder);
  void take_answers(Recorder& recorder);

  Socket socket_;
  std::string head_;
  std::string block_;  // of kBlockLines lines
  std::size_t line_bytes_;
  std::uint64_t count_;
  std::vector<Moment> sent_;  // of each block
  ResponseReader reader_;
  std::string body_;
  std::uint64_t answered_ = 0;
};

}  // namespace vcp::load
