// SPDX-License-Identifier: Apache-2.0
#include "formats/circom.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "formats/binfile.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::zk {
namespace {

constexpr std::uint32_t kWord = 32;
constexpr std::uint32_t kMaxDomainSize = 1U << 28;  // r − 1 has no larger power of two

// Big-endian, as one reads them.
constexpr std::string_view kP = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
constexpr std::string_view kR = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";

/// A prime and the size of its elements.
void expect_prime(ByteReader& in, std::string_view prime) {
  in.expect(in.u32() == kWord, "is not of 32-byte elements");
  std::string big_endian(in.take(kWord));
  std::ranges::reverse(big_endian);
  in.expect(to_hex(big_endian) == prime, "is of another curve");
}

/// A number as it is.
Fr plain(ByteReader& in) {
  const std::string_view bytes = in.take(kWord);
  if (bytes.empty()) return {};
  const auto number = Fr::from_le(bytes);
  in.expect(number.has_value(), "has a number that is not below r");
  return number.value_or(Fr{});
}

/// A number in Montgomery form.
template <class Number>
Number montgomery(ByteReader& in) {
  typename Number::Limbs limbs;
  for (std::uint64_t& limb : limbs) limb = in.u64();
  const auto number = Number::from_montgomery(limbs);
  in.expect(number.has_value(), "has a number that is not reduced");
  return number.value_or(Number{});
}

Fp2 montgomery_pair(ByteReader& in) {
  const Fp c0 = montgomery<Fp>(in);
  return {.c0 = c0, .c1 = montgomery<Fp>(in)};
}

G1 g1(ByteReader& in) {
  const Fp x = montgomery<Fp>(in);
  const Fp y = montgomery<Fp>(in);
  return {.x = x, .y = y, .infinity = x.is_zero() && y.is_zero()};
}

G2 g2(ByteReader& in) {
  const Fp2 x = montgomery_pair(in);
  const Fp2 y = montgomery_pair(in);
  return {.x = x, .y = y, .infinity = x == Fp2{} && y == Fp2{}};
}

/// The section with that id; empty, and noted, if there is none.
class Sections {
 public:
  explicit Sections(BinFile file) : file_(std::move(file)) {}

  ByteReader open(std::uint32_t id) const {
    const auto bytes = file_.section(id);
    return {bytes.value_or(std::string_view{}), "section " + std::to_string(id)};
  }

 private:
  BinFile file_;
};

/// A section of as many points as there must be, and nothing else.
template <class Point>
Result<std::vector<Point>> points(const Sections& sections, std::uint32_t id, std::uint64_t count,
                                  Point (*read)(ByteReader&)) {
  ByteReader in = sections.open(id);
  constexpr std::size_t kSize = sizeof(Point::x) * 2;
  in.expect(in.remaining() / kSize == count, "has another number of points");
  std::vector<Point> points(in.failed() ? 0 : count);
  for (Point& point : points) point = read(in);
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return points;
}

// .r1cs

struct R1csHeader {
  R1cs circuit;
  std::uint32_t constraints;
};

Result<R1csHeader> read_r1cs_header(ByteReader in) {
  R1csHeader header{};
  expect_prime(in, kR);
  R1cs& circuit = header.circuit;
  circuit.wires = in.u32();
  circuit.public_outputs = in.u32();
  circuit.public_inputs = in.u32();
  circuit.private_inputs = in.u32();
  in.u64();  // labels, which are names for people
  header.constraints = in.u32();
  const std::uint64_t named =
      std::uint64_t{1} + circuit.public_outputs + circuit.public_inputs + circuit.private_inputs;
  in.expect(named <= circuit.wires, "has more inputs and outputs than wires");
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return header;
}

void read_row(ByteReader& in, std::uint32_t wires, SparseMatrix& matrix) {
  const std::uint32_t count = in.u32();
  in.expect(count <= in.remaining() / (4 + kWord), "announces more terms than there are bytes");
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t wire = in.u32();
    in.expect(wire < wires, "has a wire that is not there");
    const Fr coefficient = plain(in);
    matrix.add({.wire = wire, .coefficient = coefficient});
  }
  matrix.end_row();
}

// .zkey

struct ZkeyHeader {
  ProvingKey key;
  std::uint32_t public_signals;
};

Result<ZkeyHeader> read_zkey_header(ByteReader in) {
  ZkeyHeader header{};
  ProvingKey& key = header.key;
  expect_prime(in, kP);
  expect_prime(in, kR);
  key.wires = in.u32();
  header.public_signals = in.u32();
  key.domain_size = in.u32();
  in.expect(header.public_signals < key.wires, "has more public signals than wires");
  in.expect(header.public_signals <= kMaxPublicSignals, "has too many public signals");
  in.expect(std::has_single_bit(key.domain_size) && key.domain_size <= kMaxDomainSize,
            "has a domain that is no power of two up to 2^28");
  key.verifying.alpha = g1(in);
  key.beta = g1(in);
  key.verifying.beta = g2(in);
  key.verifying.gamma = g2(in);
  key.delta = g1(in);
  key.verifying.delta = g2(in);
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return header;
}

Result<std::vector<Coefficient>> read_coefficients(ByteReader in, const ProvingKey& key) {
  constexpr std::size_t kSize = 3 * 4 + kWord;
  // The file has value·R² mod r, where Montgomery form would be value·R: this takes one R away.
  const Fr one_over_r = Fr::from_montgomery({1, 0, 0, 0}).value();
  const std::uint32_t count = in.u32();
  in.expect(count == in.remaining() / kSize, "has another number of coefficients");
  std::vector<Coefficient> coefficients(in.failed() ? 0 : count);
  for (Coefficient& coefficient : coefficients) {
    const std::uint32_t matrix = in.u32();
    in.expect(matrix <= 1, "has a coefficient of neither A nor B");
    coefficient.in_b = matrix == 1;
    coefficient.constraint = in.u32();
    coefficient.wire = in.u32();
    in.expect(coefficient.constraint < key.domain_size, "has a constraint that is not there");
    in.expect(coefficient.wire < key.wires, "has a wire that is not there");
    coefficient.value = montgomery<Fr>(in) * one_over_r;
  }
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return coefficients;
}

/// Puts what was read in its place, or keeps the first error.
template <class T>
void place(Result<T> read, T& where, Result<>& so_far) {
  if (!so_far) return;
  if (read) {
    where = std::move(*read);
  } else {
    so_far = std::unexpected(std::move(read.error()));
  }
}

}  // namespace

Result<R1cs> read_r1cs(std::string_view file) {
  const auto parsed = BinFile::parse(file, "r1cs", 1);
  if (!parsed) return std::unexpected(parsed.error());
  const Sections sections(*parsed);
  auto header = read_r1cs_header(sections.open(1));
  if (!header) return std::unexpected(std::move(header.error()));

  R1cs& circuit = header->circuit;
  ByteReader in = sections.open(2);
  for (std::uint32_t i = 0; i < header->constraints && !in.failed(); ++i) {
    read_row(in, circuit.wires, circuit.a);
    read_row(in, circuit.wires, circuit.b);
    read_row(in, circuit.wires, circuit.c);
  }
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return std::move(circuit);
}

Result<std::vector<Fr>> read_wtns(std::string_view file) {
  const auto parsed = BinFile::parse(file, "wtns", 2);
  if (!parsed) return std::unexpected(parsed.error());
  const Sections sections(*parsed);
  ByteReader header = sections.open(1);
  expect_prime(header, kR);
  const std::uint32_t count = header.u32();
  if (auto whole = header.finish(); !whole) return std::unexpected(std::move(whole.error()));

  ByteReader in = sections.open(2);
  in.expect(in.remaining() / kWord == count, "has another number of values");
  std::vector<Fr> witness(in.failed() ? 0 : count);
  for (Fr& value : witness) value = plain(in);
  in.expect(!witness.empty() && witness.front() == Fr(1), "does not begin with one");
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return witness;
}

Result<ProvingKey> read_zkey(std::string_view file) {
  const auto parsed = BinFile::parse(file, "zkey", 1);
  if (!parsed) return std::unexpected(parsed.error());
  const Sections sections(*parsed);
  ByteReader protocol = sections.open(1);
  protocol.expect(protocol.u32() == 1, "is of another protocol than Groth16");
  if (auto whole = protocol.finish(); !whole) return std::unexpected(std::move(whole.error()));
  auto header = read_zkey_header(sections.open(2));
  if (!header) return std::unexpected(std::move(header.error()));

  ProvingKey& key = header->key;
  const std::uint32_t public_signals = header->public_signals;
  Result<> so_far;
  place(points(sections, 3, public_signals + 1, g1), key.verifying.ic, so_far);
  place(read_coefficients(sections.open(4), key), key.coefficients, so_far);
  place(points(sections, 5, key.wires, g1), key.a, so_far);
  place(points(sections, 6, key.wires, g1), key.b1, so_far);
  place(points(sections, 7, key.wires, g2), key.b2, so_far);
  place(points(sections, 8, key.wires - public_signals - 1, g1), key.c, so_far);
  place(points(sections, 9, key.domain_size, g1), key.h, so_far);
  if (!so_far) return std::unexpected(std::move(so_far.error()));
  return std::move(key);
}

}  // namespace vcp::zk
