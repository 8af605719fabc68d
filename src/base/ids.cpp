// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/ids.hpp"

#include <algorithm>
#include <iterator>

#include "vcp/base/encoding.hpp"

namespace vcp {
namespace {

constexpr std::size_t kTextLength = 36;
constexpr std::array<std::size_t, 4> kHyphens{8, 13, 18, 23};
constexpr int kCounterBits = 12;

}  // namespace

namespace detail {

std::string uuid_to_string(const std::array<std::uint8_t, 16>& bytes) {
  std::string text = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const std::size_t at : kHyphens) text.insert(at, 1, '-');
  return text;
}

bool parse_uuid(std::string_view text, std::array<std::uint8_t, 16>& bytes) {
  if (text.size() != kTextLength) return false;
  if (!std::ranges::all_of(kHyphens, [&](std::size_t at) { return text[at] == '-'; })) return false;
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '-'; });
  const std::optional<std::string> read = from_hex(digits);
  if (!read || read->size() != bytes.size()) return false;
  std::memcpy(bytes.data(), read->data(), bytes.size());
  return true;
}

}  // namespace detail

void UuidSource::make(Time now, std::array<std::uint8_t, 16>& bytes) {
  const auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  last_ = std::max(milliseconds << kCounterBits, last_ + 1);

  // unix_ts_ms (48 bits), ver (4), rand_a (12: the counter), var (2), rand_b (62)
  constexpr std::uint64_t kVersion = 7;
  constexpr std::uint64_t kVariant = 0b10;
  const std::uint64_t counter = last_ & ((1U << kCounterBits) - 1);
  const std::uint64_t high = (last_ >> kCounterBits << 16) | (kVersion << 12) | counter;
  const std::uint64_t low = (kVariant << 62) | (random_.next() >> 2);
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
}

}  // namespace vcp
