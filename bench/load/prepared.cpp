// SPDX-License-Identifier: Apache-2.0
#include "prepared.hpp"

#include <fmt/format.h>

namespace vcp::load {

std::string_view Prepared::at(std::uint64_t number) {
  if (at_ == std::string::npos) return bytes_;
  for (std::size_t i = kNumber.size(); i > 0; --i) {
    bytes_[at_ + i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return bytes_;
}

std::string head_of(const Request& request, std::size_t body_bytes) {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, request.host);
  if (!request.bearer.empty()) head += fmt::format("Authorization: Bearer {}\r\n", request.bearer);
  if (!request.content_type.empty()) {
    head += fmt::format("Content-Type: {}\r\n", request.content_type);
  }
  if (request.method != "GET") head += fmt::format("Content-Length: {}\r\n", body_bytes);
  return head + "\r\n";
}

Prepared prepare(const Request& request) {
  return Prepared(head_of(request, request.body.size()).append(request.body));
}

}  // namespace vcp::load
