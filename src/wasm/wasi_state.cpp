// SPDX-License-Identifier: Apache-2.0
#include "wasi_state.hpp"

#include <sodium.h>

#include <algorithm>

namespace vcp::wasm {

void ProgramRandom::fill(std::span<std::uint8_t> out) {
  static constexpr std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> kNonce{};
  while (!out.empty()) {
    const auto block = static_cast<std::uint32_t>(position_ / kBlockBytes);
    const std::size_t used = position_ % kBlockBytes;
    std::size_t size = std::min(out.size(), kBlockBytes - used);
    if (used == 0 && out.size() >= kBlockBytes) {
      size = out.size() / kBlockBytes * kBlockBytes;
      std::ranges::fill(out.first(size), std::uint8_t{0});
      crypto_stream_chacha20_ietf_xor_ic(out.data(), out.data(), size, kNonce.data(), block,
                                         seed_.data());
    } else {
      std::array<std::uint8_t, kBlockBytes> bytes{};
      crypto_stream_chacha20_ietf_xor_ic(bytes.data(), bytes.data(), bytes.size(), kNonce.data(),
                                         block, seed_.data());
      std::copy_n(bytes.begin() + used, size, out.begin());
    }
    position_ += size;
    out = out.subspan(size);
  }
}

}  // namespace vcp::wasm
