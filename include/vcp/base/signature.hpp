// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vcp::ed25519 {

/// Ed25519 (RFC 8032). A secret key is its 32-byte seed.
using Seed = std::array<std::uint8_t, 32>;
using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

[[nodiscard]] PublicKey public_key(const Seed& seed);
[[nodiscard]] Signature sign(const Seed& seed, std::string_view message);
[[nodiscard]] bool verify(const PublicKey& key, std::string_view message,
                          const Signature& signature);

}  // namespace vcp::ed25519
