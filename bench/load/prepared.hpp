// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vcp::load {

/// Bytes made once and sent many times, in which only a number changes: a request of its own for
/// each, without rendering any.
class Prepared {
 public:
  /// Where the number goes: ten digits, padded with zeros. At most one place.
  static constexpr std::string_view kNumber = "{{number}}";

  explicit Prepared(std::string bytes) : bytes_(std::move(bytes)), at_(bytes_.find(kNumber)) {}

  /// The bytes with that number, up to 9,999,999,999; they live until the next call.
  [[nodiscard]] std::string_view at(std::uint64_t number);

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t at_;
};

/// What a request consists of; the body may hold Prepared::kNumber.
struct Request {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  std::string_view bearer = {};  ///< a token, or none
  std::string_view content_type = {};
  std::string_view body = {};
};

/// The head alone, for a body of that many bytes to follow.
[[nodiscard]] std::string head_of(const Request& request, std::size_t body_bytes);

/// A whole request as HTTP/1.1 has it.
[[nodiscard]] Prepared prepare(const Request& request);

}  // namespace vcp::load
