// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/lease.hpp"

namespace vcp::agent {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::exit_code:
      return "exit_code";
    case Status::trap:
      return "trap";
    case Status::stack_overflow:
      return "stack_overflow";
    case Status::timeout:
      return "timeout";
    case Status::out_of_gas:
      return "out_of_gas";
    case Status::out_of_memory:
      return "out_of_memory";
    case Status::output_too_large:
      return "output_too_large";
    case Status::module_invalid:
      return "module_invalid";
    case Status::cancelled:
      return "cancelled";
    case Status::handed_back:
      return "handed_back";
    case Status::node_error:
      return "node_error";
  }
  return "node_error";
}

}  // namespace vcp::agent
