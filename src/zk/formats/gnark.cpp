// SPDX-License-Identifier: Apache-2.0
#include "formats/binary.hpp"
#include "formats/points.hpp"

namespace vcp::zk {
namespace {

/// gnark's flags tell the forms apart, and all points of a file have the same form.
PointFormat format_of(std::string_view bytes) {
  const bool raw = bytes.empty() || static_cast<unsigned char>(bytes.front()) >> 6 == 0;
  return raw ? PointFormat::words : PointFormat::gnark_compressed;
}

/// What follows the points of a key: which signals are committed to, and the keys to check that.
void expect_no_commitments(PointReader& in, PointFormat format) {
  if (in.u32_be("the count of commitments") != 0) {
    return in.fail("keys with commitments are not supported");
  }
  // gnark 0.8 wrote one key for commitments, without a count, although there are none.
  const std::size_t key_size = 4 * g1_size(format);
  if (in.remaining() == key_size) {
    in.g2("the commitment key");
    in.g2("the commitment key");
  } else if (in.u32_be("the count of commitment keys") != 0) {
    in.fail("there are commitment keys without commitments");
  }
}

}  // namespace

Result<VerifyingKey> read_gnark_key(std::string_view bytes) {
  const PointFormat format = format_of(bytes);
  PointReader in(bytes, format);
  VerifyingKey key;
  key.alpha = in.g1("alpha");
  in.g1("beta in G1");  // only the prover needs it
  key.beta = in.g2("beta");
  key.gamma = in.g2("gamma");
  in.g1("delta in G1");  // likewise
  key.delta = in.g2("delta");
  key.ic = in.g1s(in.u32_be("the count of IC"), "IC");
  expect_no_commitments(in, format);
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return key;
}

Result<Proof> read_gnark_proof(std::string_view bytes) {
  PointReader in(bytes, format_of(bytes));
  const Proof proof{.a = in.g1("A"), .b = in.g2("B"), .c = in.g1("C")};
  if (in.remaining() > 0) {
    if (in.u32_be("the count of commitments") != 0) {
      in.fail("proofs with commitments are not supported");
    } else if (!in.g1("the proof of the commitments").infinity) {
      in.fail("there is a proof of commitments without commitments");
    }
  }
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return proof;
}

}  // namespace vcp::zk
