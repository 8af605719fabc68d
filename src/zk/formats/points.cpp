// SPDX-License-Identifier: Apache-2.0
#include "formats/points.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace vcp::zk {
namespace {

constexpr std::size_t kWord = 32;
constexpr std::string_view kNotReduced = "a coordinate is not below p";
constexpr std::string_view kBadFlags = "the flags of the point are none of this format";
constexpr std::string_view kBadInfinity = "infinity is not written as zero";
constexpr std::string_view kNoPoint = "no point of the curve has this x";

bool is_compressed(PointFormat format) {
  return format == PointFormat::gnark_compressed || format == PointFormat::arkworks_compressed;
}

bool is_zero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
}

/// What the two bits beside a coordinate say.
struct Flags {
  bool infinity = false;
  bool larger = false;
};

/// Takes gnark's flags off the first byte: 10 the smaller y, 11 the larger, 01 infinity.
std::optional<Flags> take_gnark_flags(std::string& bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  bytes.front() = static_cast<char>(first & 0x3f);
  switch (first >> 6) {
    case 1:
      return Flags{.infinity = true};
    case 2:
      return Flags{};
    case 3:
      return Flags{.larger = true};
    default:
      return std::nullopt;
  }
}

/// Takes arkworks' flags off the last byte: bit 7 the larger y, bit 6 infinity, not both.
std::optional<Flags> take_arkworks_flags(std::string& bytes) {
  const auto last = static_cast<unsigned char>(bytes.back());
  bytes.back() = static_cast<char>(last & 0x3f);
  const Flags flags{.infinity = (last & 0x40) != 0, .larger = (last & 0x80) != 0};
  if (flags.infinity && flags.larger) return std::nullopt;
  return flags;
}

bool is_big_endian(PointFormat format) {
  return format == PointFormat::words || format == PointFormat::gnark_compressed;
}

template <class Coordinate>
std::optional<Coordinate> read(std::string_view bytes, PointFormat format);

template <>
std::optional<Fp> read<Fp>(std::string_view bytes, PointFormat format) {
  return is_big_endian(format) ? Fp::from_be(bytes) : Fp::from_le(bytes);
}

/// The big-endian formats put c1 first, the little-endian ones c0.
template <>
std::optional<Fp2> read<Fp2>(std::string_view bytes, PointFormat format) {
  const auto first = read<Fp>(bytes.substr(0, kWord), format);
  const auto second = read<Fp>(bytes.substr(kWord), format);
  if (!first || !second) return std::nullopt;
  return is_big_endian(format) ? Fp2{.c0 = *second, .c1 = *first}
                               : Fp2{.c0 = *first, .c1 = *second};
}

std::optional<G1> from_x(const Fp& x, bool larger) { return g1_from_x(x, larger); }
std::optional<G2> from_x(const Fp2& x, bool larger) { return g2_from_x(x, larger); }

/// A point, or why its bytes are none.
template <class Point>
using Decoded = std::expected<Point, std::string_view>;

template <class Point>
Decoded<Point> decode_compressed(std::string bytes, PointFormat format) {
  using Coordinate = decltype(Point::x);
  const auto flags = format == PointFormat::gnark_compressed ? take_gnark_flags(bytes)
                                                             : take_arkworks_flags(bytes);
  if (!flags) return std::unexpected(kBadFlags);
  if (flags->infinity) {
    if (!is_zero(bytes)) return std::unexpected(kBadInfinity);
    return Point::at_infinity();
  }
  const auto x = read<Coordinate>(bytes, format);
  if (!x) return std::unexpected(kNotReduced);
  const auto point = from_x(*x, flags->larger);
  if (!point) return std::unexpected(kNoPoint);
  return *point;
}

template <class Point>
Decoded<Point> decode_raw(std::string bytes, PointFormat format) {
  using Coordinate = decltype(Point::x);
  Flags flags{.infinity = is_zero(bytes)};
  if (format == PointFormat::arkworks_raw) {
    const auto taken = take_arkworks_flags(bytes);
    if (!taken) return std::unexpected(kBadFlags);
    flags = *taken;
  }
  if (flags.infinity) {
    if (!is_zero(bytes)) return std::unexpected(kBadInfinity);
    return Point::at_infinity();
  }
  const std::string_view view = bytes;
  const auto x = read<Coordinate>(view.substr(0, view.size() / 2), format);
  const auto y = read<Coordinate>(view.substr(view.size() / 2), format);
  if (!x || !y) return std::unexpected(kNotReduced);
  // arkworks before 0.4 left the flag of the larger y out of points in full.
  if (flags.larger && !is_larger_root(*y)) return std::unexpected(kBadFlags);
  return Point{.x = *x, .y = *y};
}

template <class Point>
Decoded<Point> decode(std::string_view bytes, PointFormat format) {
  return is_compressed(format) ? decode_compressed<Point>(std::string(bytes), format)
                               : decode_raw<Point>(std::string(bytes), format);
}

}  // namespace

std::size_t g1_size(PointFormat format) { return is_compressed(format) ? kWord : 2 * kWord; }

G1 PointReader::g1(std::string_view name) {
  const std::string_view bytes = take(g1_size(format_), name);
  if (bytes.empty()) return {};
  const auto point = decode<G1>(bytes, format_);
  if (!point) fail(name, point.error());
  return point.value_or(G1{});
}

G2 PointReader::g2(std::string_view name) {
  const std::string_view bytes = take(2 * g1_size(format_), name);
  if (bytes.empty()) return {};
  const auto point = decode<G2>(bytes, format_);
  if (!point) fail(name, point.error());
  return point.value_or(G2{});
}

std::uint32_t PointReader::u32_be(std::string_view name) {
  std::uint32_t value = 0;
  for (const char byte : take(4, name)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::uint64_t PointReader::u64_le(std::string_view name) {
  std::uint64_t value = 0;
  int shift = 0;
  for (const char byte : take(8, name)) {
    value |= std::uint64_t{static_cast<unsigned char>(byte)} << shift;
    shift += 8;
  }
  return value;
}

std::vector<G1> PointReader::g1s(std::uint64_t count, std::string_view name) {
  if (count > kMaxPoints) {
    fail(name, "has more than " + std::to_string(kMaxPoints) + " points");
  } else if (count > rest_.size() / g1_size(format_)) {
    fail(name, "announces more points than the bytes that remain");
  }
  std::vector<G1> points(error_.empty() ? count : 0);
  for (G1& point : points) point = g1(name);
  return points;
}

std::string_view PointReader::take(std::size_t size, std::string_view name) {
  if (rest_.size() < size) {
    fail(name, "the bytes end before it");
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

void PointReader::fail(std::string message) {
  if (error_.empty()) error_ = std::move(message);
  rest_ = {};
}

void PointReader::fail(std::string_view name, std::string_view detail) {
  fail(std::string(name) + ": " + std::string(detail));
}

Result<> PointReader::finish() const {
  if (!error_.empty()) return vcp::fail(Code::invalid, error_);
  if (!rest_.empty()) {
    return vcp::fail(Code::invalid, std::to_string(rest_.size()) + " bytes follow the end");
  }
  return {};
}

void append_words(std::string& out, const G1& point) { out += point.x.to_be() + point.y.to_be(); }

void append_words(std::string& out, const G2& point) {
  out += point.x.c1.to_be() + point.x.c0.to_be() + point.y.c1.to_be() + point.y.c0.to_be();
}

}  // namespace vcp::zk
