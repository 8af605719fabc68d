// SPDX-License-Identifier: Apache-2.0
#include "formats/binary.hpp"
#include "formats/points.hpp"

namespace vcp::zk {
namespace {

/// Nothing in a key says whether its points are compressed: its length, given its count of IC,
/// does.
PointFormat format_of_key(std::string_view bytes) {
  constexpr std::size_t kCountAt = 32 + 3 * 64;
  constexpr std::size_t kHead = kCountAt + 8;
  if (bytes.size() < kHead) return PointFormat::arkworks_compressed;
  PointReader in(bytes.substr(kCountAt), PointFormat::arkworks_compressed);
  const std::uint64_t count = in.u64_le("count");
  return count == in.remaining() / 32 && in.remaining() % 32 == 0 ? PointFormat::arkworks_compressed
                                                                  : PointFormat::arkworks_raw;
}

}  // namespace

Result<VerifyingKey> read_arkworks_key(std::string_view bytes) {
  PointReader in(bytes, format_of_key(bytes));
  VerifyingKey key{.alpha = in.g1("alpha"),
                   .beta = in.g2("beta"),
                   .gamma = in.g2("gamma"),
                   .delta = in.g2("delta"),
                   .ic = {}};
  key.ic = in.g1s(in.u64_le("the count of IC"), "IC");
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return key;
}

Result<Proof> read_arkworks_proof(std::string_view bytes) {
  constexpr std::size_t kInFull = 256;
  PointReader in(
      bytes, bytes.size() < kInFull ? PointFormat::arkworks_compressed : PointFormat::arkworks_raw);
  const Proof proof{.a = in.g1("A"), .b = in.g2("B"), .c = in.g1("C")};
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return proof;
}

}  // namespace vcp::zk
