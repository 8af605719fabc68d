// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "vcp/base/result.hpp"
#include "vcp/zk/groth16.hpp"

// Keys and proofs as bytes. Every reader refuses, as `invalid` with the reason, what its library
// would not write: see PointReader. None checks a key for safety: that is `prepare`.

namespace vcp::zk {

/// gnark's WriteTo and WriteRawTo. Keys and proofs with commitments are refused by name.
[[nodiscard]] Result<VerifyingKey> read_gnark_key(std::string_view bytes);
/// Also proofs from before gnark had commitments, which in full are EIP-197 words.
[[nodiscard]] Result<Proof> read_gnark_proof(std::string_view bytes);

/// ark-groth16's serialize_compressed and serialize_uncompressed.
[[nodiscard]] Result<VerifyingKey> read_arkworks_key(std::string_view bytes);
[[nodiscard]] Result<Proof> read_arkworks_proof(std::string_view bytes);

/// EIP-197 words of A, B, C, as Ethereum's contracts take them.
[[nodiscard]] Result<Proof> read_words_proof(std::string_view bytes);

/// EIP-197 words of α, β, γ, δ and each IC: how we keep a key.
[[nodiscard]] Result<VerifyingKey> read_words_key(std::string_view bytes);
[[nodiscard]] std::string to_words(const VerifyingKey& key);

}  // namespace vcp::zk
