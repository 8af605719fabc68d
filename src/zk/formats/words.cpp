// SPDX-License-Identifier: Apache-2.0
#include "formats/binary.hpp"
#include "formats/points.hpp"

namespace vcp::zk {

Result<Proof> read_words_proof(std::string_view bytes) {
  PointReader in(bytes, PointFormat::words);
  const Proof proof{.a = in.g1("A"), .b = in.g2("B"), .c = in.g1("C")};
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return proof;
}

Result<VerifyingKey> read_words_key(std::string_view bytes) {
  PointReader in(bytes, PointFormat::words);
  VerifyingKey key{.alpha = in.g1("alpha"),
                   .beta = in.g2("beta"),
                   .gamma = in.g2("gamma"),
                   .delta = in.g2("delta"),
                   .ic = {}};
  key.ic = in.g1s(in.remaining() / g1_size(PointFormat::words), "IC");
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return key;
}

std::string to_words(const VerifyingKey& key) {
  std::string words;
  append_words(words, key.alpha);
  append_words(words, key.beta);
  append_words(words, key.gamma);
  append_words(words, key.delta);
  for (const G1& point : key.ic) append_words(words, point);
  return words;
}

}  // namespace vcp::zk
