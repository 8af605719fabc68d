// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/zk/curve.hpp"
#include "vcp/zk/groth16.hpp"

namespace vcp::zk {

/// How the libraries write a point as bytes; docs/proof-formats.md has each.
enum class PointFormat : std::uint8_t {
  words,                ///< EIP-197 and gnark's raw form: big-endian, c1 before c0
  gnark_compressed,     ///< big-endian x, c1 before c0, flags in the first two bits
  arkworks_raw,         ///< little-endian, c0 before c1, flags in the last two bits
  arkworks_compressed,  ///< little-endian x, c0 before c1, flags in the last two bits
};

/// Bytes of a point of G1; one of G2 has twice as many.
[[nodiscard]] std::size_t g1_size(PointFormat format);

/// Reads points and counts one after the other. What is wrong first is kept, and everything read
/// after it is zero: look at `finish` once, at the end.
///
/// Only the one way in which a library writes a point is read: coordinates below p, no bit beside
/// the flags, infinity with no coordinate. A point in full may be off its curve: `prepare` and
/// `verify` say so.
class PointReader {
 public:
  PointReader(std::string_view bytes, PointFormat format) : rest_(bytes), format_(format) {}

  /// `name` is what an error calls the point.
  G1 g1(std::string_view name);
  G2 g2(std::string_view name);

  std::uint32_t u32_be(std::string_view name);
  std::uint64_t u64_le(std::string_view name);

  /// A list of points of an announced length, which is checked against what remains, and against
  /// `kMaxPoints`, before anything is reserved.
  std::vector<G1> g1s(std::uint64_t count, std::string_view name);

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

  void fail(std::string message);

  /// `invalid` with what was wrong first, or with bytes that nobody read.
  [[nodiscard]] Result<> finish() const;

 private:
  static constexpr std::size_t kMaxPoints = kMaxPublicSignals + 1;

  std::string_view take(std::size_t size, std::string_view name);
  void fail(std::string_view name, std::string_view detail);

  std::string_view rest_;
  PointFormat format_;
  std::string error_;
};

/// Appends a point as EIP-197 words.
void append_words(std::string& out, const G1& point);
void append_words(std::string& out, const G2& point);

}  // namespace vcp::zk
