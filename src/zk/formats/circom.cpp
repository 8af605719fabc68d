// SPDX-License-Identifier: Apache-2.0
#include "formats/circom.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "formats/binfile.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/zk/prover.hpp"

namespace vcp::zk {
namespace {

constexpr std::uint32_t kWord = 32;
constexpr std::uint32_t kMaxDomainSize = 1U
                                         << 27;  // the coset needs the next root, of 2^28 | r − 1

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

/// A section of that many items of a size, and nothing else.
std::string_view items(const Sections& sections, std::uint32_t id, std::uint64_t count,
                       std::size_t size, Result<>& so_far) {
  ByteReader in = sections.open(id);
  in.expect(in.remaining() == count * size, "has another number of points");
  const std::string_view bytes = in.take(in.remaining());
  if (auto whole = in.finish(); so_far && !whole) so_far = std::move(whole);
  return bytes;
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

Result<Zkey> read_zkey_header(ByteReader in) {
  Zkey key{};
  expect_prime(in, kP);
  expect_prime(in, kR);
  key.wires = in.u32();
  key.public_signals = in.u32();
  key.domain_size = in.u32();
  in.expect(key.public_signals < key.wires, "has more public signals than wires");
  in.expect(key.public_signals <= kMaxPublicSignals, "has too many public signals");
  in.expect(std::has_single_bit(key.domain_size) && key.domain_size <= kMaxDomainSize,
            "has a domain that is no power of two up to 2^27");
  key.verifying.alpha = g1(in);
  key.beta = g1(in);
  key.verifying.beta = g2(in);
  key.verifying.gamma = g2(in);
  key.delta = g1(in);
  key.verifying.delta = g2(in);
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return key;
}

Result<std::vector<G1>> read_ic(ByteReader in, std::size_t count) {
  in.expect(in.remaining() == count * Zkey::kG1Bytes, "has another number of points");
  std::vector<G1> points(in.failed() ? 0 : count);
  for (G1& point : points) point = g1(in);
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return points;
}

Result<std::string_view> view_coefficients(ByteReader in) {
  const std::uint32_t count = in.u32();
  in.expect(in.remaining() == std::uint64_t{count} * Zkey::kCoefficientBytes,
            "has another number of coefficients");
  const std::string_view bytes = in.take(in.remaining());
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return bytes;
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

Result<std::string_view> view_wtns(std::string_view file) {
  const auto parsed = BinFile::parse(file, "wtns", 2);
  if (!parsed) return std::unexpected(parsed.error());
  const Sections sections(*parsed);
  ByteReader header = sections.open(1);
  expect_prime(header, kR);
  const std::uint32_t count = header.u32();
  if (auto whole = header.finish(); !whole) return std::unexpected(std::move(whole.error()));

  ByteReader in = sections.open(2);
  in.expect(count > 0 && in.remaining() == std::uint64_t{count} * kWord,
            "has another number of values");
  const std::string_view values = in.take(in.remaining());
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = Fr::from_le(values.substr(i * kWord, kWord));
    if (!value) return fail(Code::invalid, "section 2 has a number that is not below r");
    if (i == 0 && *value != Fr(1)) {
      return fail(Code::invalid, "section 2 does not begin with one");
    }
  }
  return values;
}

std::string to_wtns(std::string_view values) {
  std::string file;
  const auto number = [&file](std::uint64_t value, std::size_t bytes) {
    for (; bytes > 0; --bytes, value >>= 8) file.push_back(static_cast<char>(value & 0xff));
  };
  std::string prime = *from_hex(kR);
  std::ranges::reverse(prime);
  file = "wtns";
  number(2, 4);  // version
  number(2, 4);  // sections
  number(1, 4);
  number(4 + kWord + 4, 8);
  number(kWord, 4);
  file += prime;
  number(values.size() / kWord, 4);
  number(2, 4);
  number(values.size(), 8);
  return file.append(values);
}

Result<std::vector<Fr>> read_wtns(std::string_view file) {
  const auto values = view_wtns(file);
  if (!values) return std::unexpected(values.error());
  std::vector<Fr> witness;
  for (std::size_t at = 0; at < values->size(); at += kWord) {
    witness.push_back(*Fr::from_le(values->substr(at, kWord)));
  }
  return witness;
}

Result<Zkey> read_zkey(std::string_view file) {
  const auto parsed = BinFile::parse(file, "zkey", 1);
  if (!parsed) return std::unexpected(parsed.error());
  const Sections sections(*parsed);
  ByteReader protocol = sections.open(1);
  protocol.expect(protocol.u32() == 1, "is of another protocol than Groth16");
  if (auto whole = protocol.finish(); !whole) return std::unexpected(std::move(whole.error()));
  auto key = read_zkey_header(sections.open(2));
  if (!key) return key;
  auto ic = read_ic(sections.open(3), key->public_signals + 1);
  if (!ic) return std::unexpected(std::move(ic.error()));
  key->verifying.ic = std::move(*ic);
  const auto coefficients = view_coefficients(sections.open(4));
  if (!coefficients) return std::unexpected(coefficients.error());
  key->coefficients = *coefficients;

  Result<> so_far;
  key->a = items(sections, 5, key->wires, Zkey::kG1Bytes, so_far);
  key->b1 = items(sections, 6, key->wires, Zkey::kG1Bytes, so_far);
  key->b2 = items(sections, 7, key->wires, Zkey::kG2Bytes, so_far);
  key->c = items(sections, 8, key->wires - key->public_signals - 1, Zkey::kG1Bytes, so_far);
  key->h = items(sections, 9, key->domain_size, Zkey::kG1Bytes, so_far);
  if (!so_far) return std::unexpected(std::move(so_far.error()));
  return key;
}

Result<> check_coefficients(const Zkey& key) {
  const auto wrong = [](std::string_view what) {
    return fail(Code::invalid, "section 4 has " + std::string(what));
  };
  for (std::size_t i = 0; i < key.coefficient_count(); ++i) {
    const Coefficient entry = key.coefficient(i);
    if (entry.matrix > 1) return wrong("a coefficient of neither A nor B");
    if (entry.constraint >= key.domain_size) return wrong("a constraint that is not there");
    if (entry.wire >= key.wires) return wrong("a wire that is not there");
    if (!Fr::from_montgomery(entry.value)) return wrong("a number that is not reduced");
  }
  return {};
}

}  // namespace vcp::zk
