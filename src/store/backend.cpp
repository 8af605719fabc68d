// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/backend.hpp"

#include <cassert>
#include <cstring>
#include <limits>

namespace vcp::store {
namespace {

/// Stands before the key and the value of each write in the arena.
struct Header {
  std::uint32_t key_bytes;
  std::uint32_t value_bytes;
  Table table;
  bool erase;
};

std::uint32_t length(std::string_view bytes) {
  assert(bytes.size() <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(bytes.size());
}

std::string_view take_bytes(std::string_view& rest, std::size_t count) {
  const std::string_view taken = rest.substr(0, count);
  rest.remove_prefix(count);
  return taken;
}

}  // namespace

void Batch::add(const Write& write) {
  const Header header{.key_bytes = length(write.key),
                      .value_bytes = length(write.value),
                      .table = write.table,
                      .erase = write.erase};
  arena_.append(reinterpret_cast<const char*>(&header), sizeof header);
  arena_ += write.key;
  arena_ += write.value;
  ++size_;
}

Batch::Write Batch::take(std::string_view& rest) {
  Header header;
  std::memcpy(&header, take_bytes(rest, sizeof header).data(), sizeof header);
  const std::string_view key = take_bytes(rest, header.key_bytes);
  const std::string_view value = take_bytes(rest, header.value_bytes);
  return {header.table, header.erase, key, value};
}

void Batch::append(const Batch& other) {
  arena_ += other.arena_;
  size_ += other.size_;
}

void Batch::clear() {
  arena_.clear();
  size_ = 0;
}

}  // namespace vcp::store
