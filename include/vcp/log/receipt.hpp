// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"
#include "vcp/log/checkpoint.hpp"
#include "vcp/log/merkle.hpp"
#include "vcp/log/note.hpp"

/// A receipt with the evidence that it is in the log:
///
///     {"receipt": {…}, "leaf_index": 7, "tree_size": 9, "inclusion_proof": ["base64", …],
///      "checkpoint": "a signed note"}
///
/// The log's entry is the SHA-256 of the receipt in canonical JSON. What a receipt says is no
/// concern of this module.
namespace vcp::log {

/// Where a receipt stands in the tree of a checkpoint, and the proof of it.
struct Evidence {
  std::uint64_t leaf_index = 0;
  std::uint64_t tree_size = 0;
  Proof inclusion_proof;
  std::string checkpoint;  ///< the signed note
};

/// The JSON above; `receipt` is JSON, best in canonical form.
[[nodiscard]] std::string receipt_with_evidence(std::string_view receipt, const Evidence& evidence);

/// What is certain of a receipt.
struct VerifiedReceipt {
  std::string receipt;  ///< in canonical form
  Digest digest;        ///< of that: the log's entry
  std::uint64_t leaf_index = 0;
  SignedCheckpoint checkpoint;
};

inline constexpr std::size_t kMaxReceiptBytes = 16 * 1024 * 1024;

/// Checks that the receipt is the leaf that it is said to be of a tree whose head one of `keys`
/// signed. Needs nothing but its arguments. The first thing that fails is the error: `too_large`,
/// `malformed` if it is no JSON, else `invalid` with a pointer to the member.
[[nodiscard]] Result<VerifiedReceipt> verify_receipt(std::string_view json,
                                                     std::span<const VerifierKey> keys);

}  // namespace vcp::log
