// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vcp::load {

/// Reads one HTTP/1.1 answer (RFC 9112) from the bytes of a connection as they come: no more than a
/// load harness needs, so that it costs little beside the server. Headers other than those that
/// frame the body are not looked at.
class ResponseReader {
 public:
  enum class State : std::uint8_t { more, done, broken };

  /// Longer headers, and chunk lines, are `broken`.
  static constexpr std::size_t kMaxHeadBytes = 64 * 1024;

  /// Ready for the next answer.
  void begin();

  /// Takes the next bytes; the part of the body that they hold is appended to `body`. `broken` if
  /// it is no HTTP, has a body without a length, or if bytes follow the answer.
  State feed(std::string_view bytes, std::string& body);

  /// Of an answer whose head has been read; 0 before.
  [[nodiscard]] unsigned status() const { return status_; }

  /// Whether the server lets the connection serve another request.
  [[nodiscard]] bool keeps_alive() const { return keeps_alive_; }

 private:
  enum class Part : std::uint8_t { head, body, chunk_line, chunk, chunk_end, trailer, end };

  State step(std::string_view& bytes, std::string& body);
  bool take_line(std::string_view& bytes, std::string_view& line);
  bool read_head(std::string_view head);
  bool read_field(std::string_view line);
  bool read_chunk_line(std::string_view line);

  Part part_ = Part::head;
  unsigned status_ = 0;
  bool keeps_alive_ = true;
  bool chunked_ = false;
  bool has_length_ = false;
  std::uint64_t left_ = 0;  // of the body or the chunk
  std::string partial_;     // a head or a line that is not complete yet
  std::string line_;        // one that came in pieces
};

}  // namespace vcp::load
