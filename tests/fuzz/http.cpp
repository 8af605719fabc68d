// SPDX-License-Identifier: Apache-2.0
// The request parser: requests that come in pieces of any size are read as if they came at once,
// within the limits, and what is read satisfies RFC 9112's rules of framing.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "request_parser.hpp"

namespace {

using vcp::http::Request;
using vcp::http::RequestParser;
using State = RequestParser::State;

constexpr std::size_t kMaxHeaderBytes = 1024;
constexpr std::size_t kMaxTargetBytes = 256;
constexpr std::uint64_t kMaxBodyBytes = 4096;

void require(bool condition) {
  if (!condition) std::abort();
}

/// The parts of the requests that were accepted. Refusals are not in it: what is seen to be wrong
/// at once when it comes whole may, in pieces, still be waited for.
using Reading = std::vector<std::string>;

/// Hands out `input` in pieces of the sizes that `sizes` gives, over and over.
class Feed {
 public:
  Feed(std::string_view input, std::string_view sizes) : input_(input), sizes_(sizes) {}

  /// False at the end.
  bool more() {
    if (given_ == input_.size()) return false;
    std::size_t size = input_.size();
    if (!sizes_.empty()) {
      size = static_cast<unsigned char>(sizes_[turn_++ % sizes_.size()]) % 64U + 1U;
    }
    given_ = std::min(given_ + size, input_.size());
    return true;
  }

  /// What has come and was not used, in memory of its own, so that a stale view is seen.
  [[nodiscard]] std::string rest() const {
    return std::string(input_.substr(used_, given_ - used_));
  }

  void use(std::size_t bytes) {
    require(used_ + bytes <= given_);
    used_ += bytes;
  }

 private:
  const std::string_view input_;
  const std::string_view sizes_;
  std::size_t given_ = 0;
  std::size_t used_ = 0;
  std::size_t turn_ = 0;
};

void check_request(const RequestParser& parser, const Request& request) {
  require(parser.head_size() <= kMaxHeaderBytes);
  require(request.path.size() + request.query.size() <= kMaxTargetBytes);
  require(request.path.starts_with('/') || request.path == "*");
  require(!(parser.head().chunked && request.has_header("Content-Length")));
  require(parser.head().chunked == request.has_header("Transfer-Encoding"));
  require(!parser.head().http11 || request.has_header("Host"));
  for (const auto& [name, value] : request.headers) {
    require(!name.empty());
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

State read_head(RequestParser& parser, Feed& feed, Reading& reading) {
  for (;;) {
    const std::string bytes = feed.rest();
    const State state = parser.parse_head(bytes);
    if (state == State::more && feed.more()) continue;
    if (state != State::done) return state;
    Request request;
    parser.describe(bytes, request);
    check_request(parser, request);
    reading.push_back(std::string(request.path) + "?" + std::string(request.query));
    for (const auto& [name, value] : request.headers) {
      reading.push_back(std::string(name) + ":" + std::string(value));
    }
    feed.use(parser.head_size());
    return state;
  }
}

State read_body(RequestParser& parser, Feed& feed, Reading& reading) {
  const bool told = !parser.head().chunked;
  if (told && parser.content_length() > kMaxBodyBytes) return State::refused;
  parser.limit_body(kMaxBodyBytes);
  std::string body;
  for (;;) {
    const std::string bytes = feed.rest();
    const RequestParser::Step step = parser.parse_body(bytes);
    body += step.piece;
    require(body.size() <= kMaxBodyBytes);
    feed.use(step.consumed);
    if (step.state == State::more && (!step.piece.empty() || feed.more())) continue;
    if (step.state != State::done) return step.state;
    require(!told || body.size() == parser.content_length());
    reading.push_back(body);
    return step.state;
  }
}

Reading read(std::string_view input, std::string_view sizes) {
  Feed feed(input, sizes);
  Reading reading;
  RequestParser parser(kMaxHeaderBytes, kMaxTargetBytes);
  while (read_head(parser, feed, reading) == State::done &&
         read_body(parser, feed, reading) == State::done) {
    parser.reset();
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t split = std::min<std::size_t>(bytes.size(), 4);
  const std::string_view input = bytes.substr(split);
  require(read(input, {}) == read(input, bytes.substr(0, split)));
  return 0;
}
