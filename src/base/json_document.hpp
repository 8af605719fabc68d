// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "vcp/base/json.hpp"

namespace vcp::json {

/// One value or one member's name. The nodes of a text stand in its order: after an array its
/// elements, after an object a name and its value in turn, each followed by what it contains.
struct Document::Node {
  std::uint32_t begin = 0;  ///< of the source
  std::uint32_t end = 0;
  std::uint32_t size = 0;  ///< elements or members; of a name with escapes, its resolved length
  std::uint32_t next = 0;  ///< the node after all that this one contains; of a name with escapes,
                           ///< where it stands in resolved_names_
  Kind kind = Kind::null;
  bool escaped = false;  ///< a string that holds an escape

  [[nodiscard]] std::string_view source(std::string_view text) const {
    return text.substr(begin, end - begin);
  }
  /// What is between the quotes of a string.
  [[nodiscard]] std::string_view content(std::string_view text) const {
    return text.substr(begin + 1, end - begin - 2);
  }
  [[nodiscard]] std::string_view name(const Document& document) const {
    if (!escaped) return content(document.text_);
    return std::string_view(document.resolved_names_).substr(next, size);
  }
};

}  // namespace vcp::json
