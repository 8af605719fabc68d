// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vcp::wasm {

/// The time that a program sees: it starts at the same moment for everyone and advances only when
/// looked at or waited for, so that equal runs see equal times.
class ProgramClock {
 public:
  /// 2000-01-01T00:00:00Z.
  static constexpr std::uint64_t kRealtimeStartNs = 946'684'800'000'000'000;
  /// What looking at the clock takes.
  static constexpr std::uint64_t kStepNs = 1'000;

  /// Nanoseconds since the call began, after one more step.
  std::uint64_t tick() {
    advance_to(elapsed_ns_ + kStepNs);
    return elapsed_ns_;
  }

  [[nodiscard]] std::uint64_t elapsed_ns() const { return elapsed_ns_; }

  /// Waits until then, in no time of the host's.
  void advance_to(std::uint64_t elapsed_ns) {
    if (elapsed_ns > elapsed_ns_) elapsed_ns_ = elapsed_ns < kEndNs ? elapsed_ns : kEndNs;
  }

 private:
  static constexpr std::uint64_t kEndNs = std::uint64_t{1} << 62;

  std::uint64_t elapsed_ns_ = 0;
};

/// Random bytes that only depend on the seed: the ChaCha20 key stream under it (RFC 8439, nonce and
/// first counter 0).
class ProgramRandom {
 public:
  using Seed = std::array<std::uint8_t, 32>;

  explicit ProgramRandom(const Seed& seed) : seed_(seed) {}

  /// The next bytes of the stream. At most 256 GiB in all.
  void fill(std::span<std::uint8_t> out);

 private:
  static constexpr std::size_t kBlockBytes = 64;

  Seed seed_;
  std::uint64_t position_ = 0;
};

/// What the preview 1 functions remember between calls.
struct WasiState {
  explicit WasiState(const ProgramRandom::Seed& seed) : random(seed) {}

  ProgramClock clock;
  ProgramRandom random;
  std::size_t input_position = 0;
  /// Which of the standard streams each descriptor is; -1 once closed. There are no others.
  std::array<int, 3> descriptors{0, 1, 2};
  std::int32_t exit_code = 0;
};

}  // namespace vcp::wasm
