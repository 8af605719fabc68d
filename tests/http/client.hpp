// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace vcp::http::testing {

/// An answer as it came, with its body put together from chunks.
struct Answer {
  unsigned status = 0;                         ///< 0: the connection ended before a whole answer
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// A blocking socket to a server on 127.0.0.1 that sends and reads bytes as told.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False once the server has reset the connection.
  bool send(std::string_view bytes);

  /// The next answer. `head_only` for the answer to HEAD.
  Answer read(bool head_only = false);

  /// Sends and reads.
  Answer ask(std::string_view bytes);

  /// Up to and with `end`; less if the connection ends before.
  std::string read_until(std::string_view end);

  /// Whether the server closes and sends nothing more.
  bool is_closed();

  /// Whether something comes, or the connection ends, within that time.
  bool is_readable(std::chrono::milliseconds within);

  /// Nothing more will be sent.
  void end_sending();

  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  bool fill();
  std::string take(std::size_t bytes);
  std::string read_chunks();

  int descriptor_;
  std::string buffer_;
};

/// "GET path HTTP/1.1" with a Host and the given fields, each ended by CRLF.
std::string get(std::string_view path, std::string_view fields = "");

/// A POST whose length is told.
std::string post(std::string_view path, std::string_view body, std::string_view fields = "");

/// A POST whose body is one chunk.
std::string post_chunked(std::string_view path, std::string_view body);

}  // namespace vcp::http::testing
