// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/random.hpp"

#include <array>
#include <cassert>
#include <cstring>

#include "sodium.hpp"

namespace vcp {

std::uint64_t Random::next() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  // Of 2^64 values, the lowest 2^64 mod bound would make some remainders more frequent.
  const std::uint64_t biased = (0 - bound) % bound;
  std::uint64_t value = next();
  while (value < biased) value = next();
  return value % bound;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

void SystemRandom::fill(std::span<std::byte> out) {
  require_sodium();
  randombytes_buf(out.data(), out.size());
}

void BufferedRandom::fill(std::span<std::byte> out) {
  if (out.size() > buffer_.size()) return source_.fill(out);
  if (out.size() > buffer_.size() - used_) {
    source_.fill(buffer_);
    used_ = 0;
  }
  std::memcpy(out.data(), buffer_.data() + used_, out.size());
  used_ += out.size();
}

void SeededRandom::fill(std::span<std::byte> out) {
  require_sodium();
  constexpr std::size_t kBlockBytes = 64;
  std::array<unsigned char, crypto_stream_chacha20_KEYBYTES> key{};
  static_assert(sizeof seed_ <= sizeof key);
  std::memcpy(key.data(), &seed_, sizeof seed_);
  const std::array<unsigned char, crypto_stream_chacha20_NONCEBYTES> nonce{};

  std::memset(out.data(), 0, out.size());
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  crypto_stream_chacha20_xor_ic(bytes, bytes, out.size(), nonce.data(), block_, key.data());
  block_ += (out.size() + kBlockBytes - 1) / kBlockBytes;
}

}  // namespace vcp
