// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "vcp/base/random.hpp"

namespace vcp::http {

/// Makes request ids that no two requests share: 64 bits for the connection, mixed from a random
/// start and a count, and the number of the request on it. No system call a request.
class RequestIds {
 public:
  explicit RequestIds(Random& random) : start_(random.next()) {}

  /// What the ids of a new connection begin with. Any thread.
  [[nodiscard]] std::uint64_t next_connection();

  /// Writes the id of a connection's request into `out`, whose memory is used again.
  static void write(std::uint64_t connection, std::uint64_t request, std::string& out);

 private:
  const std::uint64_t start_;
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace vcp::http
