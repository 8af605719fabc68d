// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "formats/receipts.hpp"
#include "vcp/zk/circuit.hpp"

namespace vcp::zk {

/// A program, and whom its receipts are verified by.
struct ZkvmProgram {
  Program program;
  std::shared_ptr<const ReceiptVerifiers> verifiers;
};

struct Circuit::State {
  Digest id;
  Format format;
  std::string canonical;
  std::variant<PreparedKey, ZkvmProgram> proves;
};

}  // namespace vcp::zk
