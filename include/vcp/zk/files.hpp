// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/zk/circuit.hpp"

// Verification of files as stock tools leave them, without a server.

namespace vcp::zk {

/// The contents of three files.
struct ProofFiles {
  /// A body of POST /circuits (a snarkjs key is one), or the bytes of a gnark or arkworks key;
  /// which of the two is told by what can be read.
  std::string_view key;
  /// snarkjs JSON, the bytes of a gnark or arkworks proof, or a seal: its bytes, or 0x and digits.
  std::string_view proof;
  /// A JSON array of the public signals; of a receipt, the bytes of the journal or public values.
  std::string_view statement;
};

/// The body of POST /circuits for the key in a file: the file itself if it is JSON.
[[nodiscard]] Result<std::string> circuit_body(std::string_view key,
                                               std::shared_ptr<const ReceiptVerifiers> verifiers);

/// Whether the proof holds; an error if a file cannot be read or the key is unsafe.
[[nodiscard]] Result<Outcome> verify_files(const ProofFiles& files,
                                           std::shared_ptr<const ReceiptVerifiers> verifiers);

/// The same for many proofs of one key in a JSON file: an array of what POST /proofs/verify/batch
/// takes in `proofs`, or an object with such a member. An item that cannot be read is invalid.
[[nodiscard]] Result<std::vector<Outcome>> verify_batch_file(
    std::string_view key, std::string_view batch, std::shared_ptr<const ReceiptVerifiers> verifiers,
    Random& random);

}  // namespace vcp::zk
