// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "vcp/base/result.hpp"

namespace vcp::wasm {

/// Thrown while a binary is read, caught in `inspect`: no reader function has to hand it up.
struct Refusal {
  Error error;
};

[[noreturn]] inline void refuse(Code code, std::string message) {
  throw Refusal{Error{.code = code, .message = std::move(message)}};
}

/// A feature or a shape that does not run here.
[[noreturn]] inline void refuse(std::string message) { refuse(Code::invalid, std::move(message)); }

/// Reads the primitives of the WebAssembly binary format (Core 2.0, section 5.2), never past the
/// end. Offsets count from the start of the whole binary.
class Reader {
 public:
  explicit Reader(std::string_view bytes, std::size_t offset = 0)
      : bytes_(bytes), offset_(offset) {}

  [[nodiscard]] bool at_end() const { return position_ == bytes_.size(); }
  [[nodiscard]] std::size_t offset() const { return offset_ + position_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }

  std::uint8_t byte() {
    if (at_end()) unexpected_end();
    return static_cast<std::uint8_t>(bytes_[position_++]);
  }

  [[nodiscard]] std::uint8_t peek() const {
    if (at_end()) unexpected_end();
    return static_cast<std::uint8_t>(bytes_[position_]);
  }

  std::string_view take(std::size_t size) {
    if (size > remaining()) unexpected_end();
    const auto part = bytes_.substr(position_, size);
    position_ += size;
    return part;
  }

  /// A reader of the next `size` bytes, which this one skips.
  Reader part(std::size_t size) {
    const std::size_t start = offset();
    return Reader(take(size), start);
  }

  std::uint32_t u32() { return static_cast<std::uint32_t>(unsigned_leb(32)); }
  std::uint64_t u64() { return unsigned_leb(64); }
  std::int64_t s33() { return signed_leb(33); }
  void skip_s32() { signed_leb(32); }
  void skip_s64() { signed_leb(64); }

  /// The length of a vector whose elements take at least `element_bytes` each.
  std::uint32_t count(std::string_view what, std::size_t limit, std::size_t element_bytes = 1) {
    const std::uint32_t count = u32();
    if (count > limit) refuse(fmt::format("{} {}; at most {} are allowed", count, what, limit));
    if (count > remaining() / element_bytes) unexpected_end();
    return count;
  }

  [[noreturn]] void malformed(std::string_view what) const {
    refuse(Code::malformed, fmt::format("not a WebAssembly module: {} at byte {}", what, offset()));
  }

 private:
  [[noreturn]] void unexpected_end() const { malformed("unexpected end"); }

  std::uint64_t unsigned_leb(int bits) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const std::uint8_t next = byte();
      if (shift + 7 > bits && (next >> (bits - shift)) != 0) malformed("an integer too large");
      value |= std::uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80U) == 0) return value;
    }
  }

  std::int64_t signed_leb(int bits) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const std::uint8_t next = byte();
      const bool last = shift + 7 >= bits;
      if (last && !sign_extends(next, bits - shift)) malformed("an integer too large");
      value |= std::uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80U) != 0) continue;
      const int used = shift + 7;
      if (used < 64 && (next & 0x40U) != 0) value |= ~std::uint64_t{0} << used;
      return static_cast<std::int64_t>(value);
    }
  }

  /// Whether the bits of the last byte above the `used` that count repeat the sign.
  static bool sign_extends(std::uint8_t last, int used) {
    if ((last & 0x80U) != 0) return false;
    const unsigned rest = (last & 0x7fU) >> (used - 1);
    return rest == 0 || rest == (0x7fU >> (used - 1));
  }

  std::string_view bytes_;
  std::size_t offset_ = 0;
  std::size_t position_ = 0;
};

}  // namespace vcp::wasm
