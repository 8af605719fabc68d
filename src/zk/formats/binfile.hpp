// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcp/base/result.hpp"

// The container of circom's and snarkjs' binary files (iden3 binfile): four bytes of magic, u32
// version, u32 number of sections; a section is u32 id, u64 size, bytes. Little-endian, any order.

namespace vcp::zk {

/// The sections of a file, as views into its bytes.
class BinFile {
 public:
  /// `invalid`: another magic or version, a section that ends after the file or is there twice,
  /// bytes after the last.
  [[nodiscard]] static Result<BinFile> parse(std::string_view bytes, std::string_view magic,
                                             std::uint32_t version);

  /// `invalid` if there is none of that id.
  [[nodiscard]] Result<std::string_view> section(std::uint32_t id) const;

 private:
  std::vector<std::pair<std::uint32_t, std::string_view>> sections_;
};

/// Reads little-endian numbers one after the other. Past the end, or after `fail`, all that is read
/// is zero: look at `finish` once, at the end.
class ByteReader {
 public:
  /// `name` is what errors call the bytes.
  ByteReader(std::string_view bytes, std::string name) : rest_(bytes), name_(std::move(name)) {}

  std::uint32_t u32();
  std::uint64_t u64();
  /// That many bytes, or nothing.
  std::string_view take(std::size_t size);

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] bool failed() const { return !error_.empty(); }

  /// Fails unless `holds`; returns it.
  bool expect(bool holds, std::string_view otherwise);

  /// `invalid` with what was wrong first, or with bytes that nobody read.
  [[nodiscard]] Result<> finish() const;

 private:
  std::string_view rest_;
  std::string name_;
  std::string error_;
};

}  // namespace vcp::zk
