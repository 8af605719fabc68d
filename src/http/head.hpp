// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "vcp/http/message.hpp"

namespace vcp::http {

/// Where something stands in a head. An offset, as the bytes may move while a head comes.
struct Place {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;

  [[nodiscard]] std::string_view in(std::string_view head) const {
    return head.substr(offset, size);
  }
};

/// What a request's head says, as places in its bytes.
struct Head {
  struct Field {
    Place name;
    Place value;
  };

  Method method = Method::other;
  bool http11 = true;
  Place method_text;
  Place path;
  Place query;
  std::vector<Field> fields;
  unsigned hosts = 0;    ///< fields of that name
  unsigned lengths = 0;  ///< fields of that name
  unsigned codings = 0;  ///< fields of that name
  bool chunked = false;
  bool expects_continue = false;
  bool complete = false;

  /// As new, but keeps the memory.
  void clear() {
    std::vector<Field> kept = std::move(fields);
    kept.clear();
    *this = Head{};
    fields = std::move(kept);
  }
};

}  // namespace vcp::http
