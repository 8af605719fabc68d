// SPDX-License-Identifier: Apache-2.0
// A body of lines that comes in parts of any size is cut as one that comes at once, and that as
// splitting it at its newlines does.
#include "ndjson.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "api_unit/fake_exchange.hpp"

namespace {

using namespace vcp;
using namespace vcp::api;

constexpr std::size_t kMaxLine = 16;

std::string shown(std::uint64_t index, std::string_view text, bool too_long) {
  return std::to_string(index) + (too_long ? "!" : ":") + std::string(text) + "\n";
}

Async<std::string> echo(const LineGroup& group) {
  std::string answer;
  for (std::size_t i = 0; i < group.size(); ++i) {
    answer += shown(group[i].index, group[i].text, group[i].too_long);
  }
  co_return answer;
}

std::string served(std::vector<std::string> parts) {
  FakeExchange exchange(std::move(parts));
  asio::io_context io;
  bool done = false;
  asio::co_spawn(io.get_executor(), serve_lines(exchange, echo, kMaxLine, "/nonexistent"),
                 [&done](const std::exception_ptr& thrown) { done = !thrown; });
  io.run();
  if (!done) std::abort();
  return exchange.written();
}

std::string split(std::string_view body) {
  std::string answer;
  std::uint64_t index = 0;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kMaxLine) {
      answer += shown(index++, {}, true);
    } else if (line.find_first_not_of(" \t") != std::string_view::npos) {
      answer += shown(index++, line, false);
    }
  }
  return answer;
}

/// Parts of the sizes that the bytes of `sizes` say, over and over.
std::vector<std::string> cut(std::string_view body, std::string_view sizes) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; !body.empty(); ++i) {
    const std::size_t size = 1 + static_cast<std::uint8_t>(sizes[i % sizes.size()]) % 32U;
    parts.emplace_back(body.substr(0, size));
    body.remove_prefix(std::min(size, body.size()));
  }
  return parts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSizes = 4;
  if (size < kSizes) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view body = input.substr(kSizes);
  const std::string expected = split(body);
  if (served({std::string(body)}) != expected) std::abort();
  if (served(cut(body, input.substr(0, kSizes))) != expected) std::abort();
  return 0;
}
