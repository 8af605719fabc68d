// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/result.hpp"

#include <cassert>

namespace vcp {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::malformed:
      return "malformed";
    case Code::invalid:
      return "invalid";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::forbidden:
      return "forbidden";
    case Code::not_found:
      return "not_found";
    case Code::conflict:
      return "conflict";
    case Code::too_large:
      return "too_large";
    case Code::unsupported_type:
      return "unsupported_type";
    case Code::timed_out:
      return "timed_out";
    case Code::rate_limited:
      return "rate_limited";
    case Code::unavailable:
      return "unavailable";
    case Code::no_space:
      return "no_space";
    case Code::corrupt:
      return "corrupt";
    case Code::io:
      return "io";
    case Code::internal:
      return "internal";
  }
  assert(!"a Code outside its enumeration");
  return {};
}

}  // namespace vcp
