// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/findings.hpp"
#include "vcp/base/json.hpp"
#include "vcp/zk/groth16.hpp"

// The JSON of snarkjs, which is circom's, and rapidsnark's. What snarkjs writes is canonical, so
// nothing else is read: decimal strings without leading zeros and below their prime, z = 1.
// `pointer` is where the value stands in the request.

namespace vcp::zk {

/// A verification key. A value that cannot be right is an error of shape here, as nothing is
/// verified yet. Cached members (vk_alphabeta_12) are not looked at.
[[nodiscard]] std::optional<VerifyingKey> read_snarkjs_key(const json::Value& json,
                                                           const std::string& pointer,
                                                           Findings& findings);

/// A proof; meaningless if anything was found.
[[nodiscard]] Proof read_snarkjs_proof(const json::Value& json, const std::string& pointer,
                                       Findings& findings);

/// An array of `count` public signals, as decimal strings: every format's.
[[nodiscard]] std::vector<Fr> read_signals(const json::Value& json, const std::string& pointer,
                                           std::size_t count, Findings& findings);

}  // namespace vcp::zk
