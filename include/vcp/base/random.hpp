// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vcp {

/// Where randomness comes from, so that tests and the simulation bring their own.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  /// 64 uniform bits.
  [[nodiscard]] std::uint64_t next();

  /// Uniform in [0, bound), without bias; `bound` is at least 1.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

  /// Uniform in [0, 1), 53 bits.
  [[nodiscard]] double uniform();
};

/// The system's cryptographic generator. Any thread.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override;
};

/// Takes from another source in large pieces, for callers that want few bytes often. One thread.
class BufferedRandom final : public Random {
 public:
  explicit BufferedRandom(Random& source) : source_(source) {}
  void fill(std::span<std::byte> out) override;

 private:
  Random& source_;
  std::array<std::byte, 512> buffer_{};
  std::size_t used_ = 512;
};

/// Repeats from its seed (ChaCha20 under a key made of it). For tests and simulations only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(std::span<std::byte> out) override;

 private:
  std::uint64_t seed_;
  std::uint64_t block_ = 0;
};

}  // namespace vcp
