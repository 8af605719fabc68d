// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "vcp/zk/circuit.hpp"

namespace vcp::zk {

/// How a release turns the output of a program into public signals.
enum class SignalLayout : std::uint8_t {
  risc0,   ///< control root, claim, control id: five
  sp1_v2,  ///< program key, hash of the public values: two
  sp1_v6,  ///< these, exit code, root of the accepted recursion keys, nonce: five
};

/// A released verifier of receipts. All hexadecimal.
struct ReceiptRelease {
  std::string_view versions;  ///< as in the names of `ReceiptVerifiers`
  Format zkvm;
  SignalLayout layout;
  std::string_view selector;
  std::string_view withdrawn;  ///< why, if it is
  std::string_view key;        ///< RISC Zero's compressed by arkworks, SP1's by gnark
  std::string_view root;       ///< RISC Zero's control root, SP1's vk root
  std::string_view control_id = {};
};

/// Every release that is known, the latest of each zkVM last.
[[nodiscard]] std::span<const ReceiptRelease> receipt_releases();

}  // namespace vcp::zk
