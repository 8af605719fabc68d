// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "head.hpp"
#include "vcp/http/message.hpp"

namespace vcp::http {

/// Reads requests as RFC 9112 has them and refuses what it forbids: Boost.Beast's parser, with the
/// checks that it lacks. It keeps no bytes: of a head only where its parts stand, of a body
/// nothing.
class RequestParser {
 public:
  /// Chunk extensions of one body together, and its trailers with their chunk's line.
  static constexpr std::size_t kMaxExtensionBytes = 4 * 1024;
  static constexpr std::size_t kMaxTrailerBytes = 8 * 1024;

  /// What was sent is refused, and the connection cannot go on.
  struct Refusal {
    unsigned status = 400;
    std::string_view detail;  ///< of static storage
  };

  enum class State : std::uint8_t { more, done, refused };

  RequestParser(std::size_t max_header_bytes, std::size_t max_target_bytes);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;

  /// Ready for the next request.
  void reset();

  /// `bytes` begins with the head and holds all that has come. Called again, with more, while it
  /// says `more`; the bytes may have moved in between.
  [[nodiscard]] State parse_head(std::string_view bytes);

  /// Why parse_head() or parse_body() refused.
  [[nodiscard]] const Refusal& refusal() const;

  // After parse_head() is done.
  [[nodiscard]] const Head& head() const;
  [[nodiscard]] std::size_t head_size() const;
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] std::uint64_t content_length() const;  ///< 0 if chunked

  /// Sets method, path, query and headers of `request` to views into `bytes`.
  void describe(std::string_view bytes, Request& request) const;

  /// Chunks beyond `bytes` in all are refused with 413. A length told beforehand is the caller's
  /// to compare.
  void limit_body(std::uint64_t bytes);

  /// One step through the body, of which `bytes` holds what has come and was not yet consumed.
  struct Step {
    State state = State::more;
    std::size_t consumed = 0;
    std::string_view piece = {};  ///< content, a view into the bytes that were given; may be empty
  };
  [[nodiscard]] Step parse_body(std::string_view bytes);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vcp::http
