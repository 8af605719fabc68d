// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "zk/formats/fixture.hpp"

// The files of the circuit `product` (data/README.md), and how a test damages them.
namespace vcp::zk::circom {

inline std::string file(const std::string& extension) {
  return fixture::load_text("snarkjs/product/product." + extension);
}

/// A section of one of these small files, whose sizes fit in 32 bits.
struct Place {
  std::size_t size_at;  ///< of the section's u64 size
  std::size_t begin;
};

inline std::uint32_t u32(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

inline Place place(const std::string& bytes, std::uint32_t id) {
  std::size_t at = 12;
  while (u32(bytes, at) != id) at += 12 + u32(bytes, at + 4);
  return {.size_at = at + 4, .begin = at + 12};
}

inline std::string with_u32_at(std::string bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i);
  return bytes;
}

/// The file with a u32 of a section replaced.
inline std::string with_u32(const std::string& bytes, std::uint32_t section, std::size_t offset,
                            std::uint32_t value) {
  return with_u32_at(bytes, place(bytes, section).begin + offset, value);
}

inline std::string with_bytes(std::string bytes, std::uint32_t section, std::size_t offset,
                              const std::string& other) {
  return bytes.replace(place(bytes, section).begin + offset, other.size(), other);
}

}  // namespace vcp::zk::circom
