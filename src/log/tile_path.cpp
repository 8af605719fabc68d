// SPDX-License-Identifier: Apache-2.0
// The paths of C2SP tlog-tiles: "tile/<level>/<index>[.p/<width>]".
#include <charconv>

#include "vcp/log/tile.hpp"

namespace vcp::log {
namespace {

constexpr std::string_view kPrefix = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";
constexpr std::uint64_t kMaxLevel = 63;
constexpr std::uint64_t kGroup = 1000;  // of digits in a path element

/// A decimal number as a path has it, of at most `max`, in any number of digits.
std::optional<std::uint64_t> parse_number(std::string_view digits, std::uint64_t max) {
  std::uint64_t value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value);
  if (error != std::errc{} || end != last || value > max) return std::nullopt;
  return value;
}

void append_group(std::string& out, std::uint64_t group) {
  const std::string digits = std::to_string(group);
  out.append(3 - digits.size(), '0').append(digits);
}

/// "x001/x234/067"
void append_index(std::string& out, std::uint64_t index) {
  std::uint64_t unit = 1;
  while (index / unit >= kGroup) unit *= kGroup;
  for (; unit > 1; unit /= kGroup) {
    out += 'x';
    append_group(out, index / unit % kGroup);
    out += '/';
  }
  append_group(out, index % kGroup);
}

/// Leading groups of zeros and numbers past 64 bits are found by writing the path again.
std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t index = 0;
  while (true) {
    const bool more = text.starts_with('x');
    if (more) text.remove_prefix(1);
    const auto group = parse_number(text.substr(0, 3), kGroup - 1);
    if (!group || text.size() < 3) return std::nullopt;
    index = index * kGroup + *group;
    text.remove_prefix(3);
    if (!more) break;
    if (!text.starts_with('/')) return std::nullopt;
    text.remove_prefix(1);
  }
  return text.empty() ? std::optional(index) : std::nullopt;
}

}  // namespace

std::string to_string(const TilePath& path) {
  std::string out(kPrefix);
  out += path.level ? std::to_string(*path.level) : std::string(kEntries);
  out += '/';
  append_index(out, path.index);
  if (path.width < kTileWidth) out.append(kPartial).append(std::to_string(path.width));
  return out;
}

std::optional<TilePath> parse_tile_path(std::string_view text) {
  TilePath path;
  std::string_view rest = text;
  if (!rest.starts_with(kPrefix)) return std::nullopt;
  rest.remove_prefix(kPrefix.size());

  const std::string_view level = rest.substr(0, rest.find('/'));
  if (level.size() == rest.size()) return std::nullopt;
  rest.remove_prefix(level.size() + 1);
  if (level != kEntries) {
    const auto number = parse_number(level, kMaxLevel);
    if (!number) return std::nullopt;
    path.level = static_cast<std::uint8_t>(*number);
  }

  if (const std::size_t partial = rest.find(kPartial); partial != std::string_view::npos) {
    const auto width = parse_number(rest.substr(partial + kPartial.size()), kTileWidth - 1);
    if (!width || *width == 0) return std::nullopt;
    path.width = static_cast<std::uint32_t>(*width);
    rest = rest.substr(0, partial);
  }

  const auto index = parse_index(rest);
  if (!index) return std::nullopt;
  path.index = *index;
  return to_string(path) == text ? std::optional(path) : std::nullopt;  // one tile, one path
}

}  // namespace vcp::log
