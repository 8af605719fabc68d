// SPDX-License-Identifier: Apache-2.0
#include "key_stream.hpp"

#include <sodium.h>

#include <cassert>
#include <cstring>
#include <span>

namespace vcp::fl {

static_assert(NoiseKey::kBytes == crypto_stream_chacha20_KEYBYTES);

NoiseKey::NoiseKey(Random& random) {
  const int status = sodium_init();
  assert(status >= 0);
  random.fill(std::as_writable_bytes(std::span(bytes_)));
}

NoiseKey::~NoiseKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

KeyStream::~KeyStream() { sodium_memzero(words_.data(), sizeof words_); }

void KeyStream::refill() {
  constexpr std::size_t kBlockBytes = 64;
  std::array<unsigned char, crypto_stream_chacha20_NONCEBYTES> nonce{};
  static_assert(sizeof nonce == sizeof number_);
  std::memcpy(nonce.data(), &number_, sizeof nonce);

  words_.fill(0);
  auto* bytes = reinterpret_cast<unsigned char*>(words_.data());
  crypto_stream_chacha20_xor_ic(bytes, bytes, sizeof words_, nonce.data(), block_, key_->data());
  block_ += sizeof words_ / kBlockBytes;
  used_ = 0;
}

std::uint32_t KeyStream::below(std::uint32_t bound) {
  // Of 2^32 words, the lowest 2^32 mod bound would make some remainders more frequent.
  const std::uint32_t biased = (0 - bound) % bound;
  std::uint32_t word = next();
  while (word < biased) word = next();
  return word % bound;
}

}  // namespace vcp::fl
