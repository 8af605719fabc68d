// SPDX-License-Identifier: Apache-2.0
#include "commit_record.hpp"

#include "vcp/base/big_endian.hpp"

namespace vcp::store {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kBytes = 17;

}  // namespace

std::string encode(const CommitRecord& record) {
  std::string bytes(1, kVersion);
  append_u64(bytes, record.number);
  append_u64(bytes, record.previous);
  return bytes;
}

std::optional<CommitRecord> decode_commit_record(std::string_view bytes) {
  if (bytes.size() != kBytes || bytes[0] != kVersion) return std::nullopt;
  return CommitRecord{.number = read_u64(bytes.substr(1)), .previous = read_u64(bytes.substr(9))};
}

}  // namespace vcp::store
