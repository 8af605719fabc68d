// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "vcp/base/random.hpp"

namespace vcp::fl {

/// A secret that noise is expanded from; wiped when dropped.
class NoiseKey {
 public:
  static constexpr std::size_t kBytes = 32;

  explicit NoiseKey(Random& random);
  ~NoiseKey();
  NoiseKey(const NoiseKey&) = delete;
  NoiseKey& operator=(const NoiseKey&) = delete;

  [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }

 private:
  std::array<unsigned char, kBytes> bytes_{};
};

/// Uniform words from ChaCha20 (Bernstein 2008) under the key. Streams of different numbers are
/// independent, so that what a part of the model gets does not depend on who computes it. The key
/// outlives the stream. One thread at a time.
class KeyStream {
 public:
  KeyStream(const NoiseKey& key, std::uint64_t number) : key_(&key), number_(number) {}
  ~KeyStream();
  KeyStream(const KeyStream&) = delete;
  KeyStream& operator=(const KeyStream&) = delete;

  [[nodiscard]] std::uint32_t next() {
    if (used_ == words_.size()) refill();
    return words_[used_++];
  }

  /// Uniform in [0, bound), without bias; `bound` is at least 1.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound);

 private:
  void refill();

  const NoiseKey* key_;
  std::uint64_t number_;
  std::uint64_t block_ = 0;
  std::array<std::uint32_t, 1024> words_{};
  std::size_t used_ = words_.size();
};

}  // namespace vcp::fl
