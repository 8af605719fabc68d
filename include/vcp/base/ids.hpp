// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/random.hpp"
#include "vcp/base/time.hpp"

namespace vcp {

/// A UUID of version 7 (RFC 9562, section 5.7): sorts by the time it was made. `Tag` keeps the
/// kinds apart. As text, the 36 characters of RFC 9562.
template <class Tag>
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend bool operator==(const Uuid&, const Uuid&) = default;
  friend std::strong_ordering operator<=>(const Uuid& a, const Uuid& b) {
    const std::uint64_t high = a.half(0);
    const std::uint64_t other = b.half(0);
    return high != other ? high <=> other : a.half(1) <=> b.half(1);
  }

  /// Eight bytes as a big-endian number: half 0 rises with every id made, half 1 is random.
  [[nodiscard]] std::uint64_t half(std::size_t which) const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + 8 * which, sizeof value);
    return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
  }

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);

  /// The 16 bytes, in an order that is the order of making; for keys.
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

namespace detail {
[[nodiscard]] std::string uuid_to_string(const std::array<std::uint8_t, 16>& bytes);
[[nodiscard]] bool parse_uuid(std::string_view text, std::array<std::uint8_t, 16>& bytes);
}  // namespace detail

template <class Tag>
std::string Uuid<Tag>::to_string() const {
  return detail::uuid_to_string(bytes);
}

template <class Tag>
std::optional<Uuid<Tag>> Uuid<Tag>::parse(std::string_view text) {
  Uuid id;
  if (!detail::parse_uuid(text, id.bytes)) return std::nullopt;
  return id;
}

using TaskId = Uuid<struct TaskTag>;
using TokenId = Uuid<struct TokenTag>;

/// Makes UUIDs that strictly rise: within one millisecond by the 12-bit counter, past its end by
/// borrowing from the next millisecond (RFC 9562, section 6.2, method 1). One thread.
class UuidSource {
 public:
  explicit UuidSource(Random& random) : random_(random) {}

  template <class Id>
  [[nodiscard]] Id next(Time now) {
    Id id;
    make(now, id.bytes);
    return id;
  }

 private:
  void make(Time now, std::array<std::uint8_t, 16>& bytes);

  Random& random_;
  std::uint64_t last_ = 0;  // milliseconds << 12 | counter
};

/// The name that a node's owner gave it.
struct NodeId {
  std::string value;

  friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

/// The fencing number of a lease: from one counter of the server, never given twice.
enum class Epoch : std::uint64_t {};

}  // namespace vcp

/// Ids made one after the other fall into neighbouring buckets, so that a table that grows by new
/// ids is filled in the order of its memory; ids of different milliseconds fall anywhere. Only ids
/// of our own making are ever put into a table, so nobody can choose them to collide.
template <class Tag>
struct std::hash<vcp::Uuid<Tag>> {
  std::size_t operator()(const vcp::Uuid<Tag>& id) const noexcept {
    constexpr std::uint64_t kGoldenRatio = 0x9e37'79b9'7f4a'7c15;  // over 1, times 2^64
    const std::uint64_t made = id.half(0);
    return (made >> 16) * kGoldenRatio + (made & 0xfff);
  }
};

template <>
struct std::hash<vcp::NodeId> {
  std::size_t operator()(const vcp::NodeId& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
