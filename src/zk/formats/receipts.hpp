// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vcp/zk/circuit.hpp"
#include "vcp/zk/receipts.hpp"

namespace vcp::zk {

/// A program of a zkVM: RISC Zero's image id, or SP1's program verifying key.
struct Program {
  Format zkvm;
  std::string id;  ///< 32 bytes
};

/// Reads a seal (the selector of a release, its further words, a proof) that is said to show that
/// the program ended well with this output: RISC Zero's journal, SP1's public values.
[[nodiscard]] Presentation read_receipt(const ReceiptVerifiers& verifiers, const Program& program,
                                        std::string_view seal, std::string_view output);

/// How many public signals the latest release of a zkVM has.
[[nodiscard]] std::size_t latest_public_signals(Format zkvm);

}  // namespace vcp::zk
