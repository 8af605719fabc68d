// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/http/route.hpp"

namespace vcp::api {

/// Lines of a body that were read together.
class LineGroup {
 public:
  struct Line {
    std::uint64_t index;    ///< in the whole body
    std::string_view text;  ///< without its end
    bool too_long;          ///< its text was dropped
  };

  explicit LineGroup(std::uint64_t first) : next_index_(first) {}

  void add(std::string_view text) { add(text, false); }
  void add_too_long() { add({}, true); }

  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
  [[nodiscard]] std::uint64_t next_index() const { return next_index_; }
  [[nodiscard]] Line operator[](std::size_t i) const {
    const Span& span = spans_[i];
    return {span.index, std::string_view(bytes_).substr(span.offset, span.size), span.too_long};
  }

 private:
  struct Span {
    std::uint64_t index;
    std::size_t offset;
    std::size_t size;
    bool too_long;
  };

  void add(std::string_view text, bool too_long) {
    spans_.push_back({next_index_++, bytes_.size(), text.size(), too_long});
    bytes_.append(text);
  }

  std::uint64_t next_index_;
  std::string bytes_;
  std::vector<Span> spans_;
};

/// What to do with a group: gives its answer, a line for each of its lines.
using ProcessGroup = std::function<Async<std::string>(const LineGroup&)>;

/// Serves a body of newline-delimited JSON: groups are processed side by side, begun in order, and
/// answered in order. Reading never waits for the client to take answers: those queue in memory,
/// then in a file in `spool_directory`. Throws if a group has no answer, because `process` threw,
/// the disk is full or the client leaves too many: the answers before it have been sent then, and
/// no more will be.
[[nodiscard]] Async<void> serve_lines(http::Exchange& exchange, ProcessGroup process,
                                      std::size_t max_line_bytes,
                                      std::filesystem::path spool_directory);

}  // namespace vcp::api
