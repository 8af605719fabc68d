// SPDX-License-Identifier: Apache-2.0
//   trapdoor_zkey CIRCUIT.r1cs OUT.zkey
// Makes a proving key in seconds where a ceremony takes many minutes, from secrets that it draws
// and forgets: enough to measure provers with, and nothing to prove with.
#include <bit>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "formats/circom.hpp"
#include "prover/ntt.hpp"
#include "vcp/base/random.hpp"

namespace {

using namespace vcp;
using namespace vcp::zk;

Fr draw(Random& random) {
  Fr::Limbs limbs{};
  random.fill(std::as_writable_bytes(std::span(limbs)));
  return Fr::reduce(limbs);
}

/// The Lagrange polynomials over the n-th roots of unity, n a power of two, at τ.
std::vector<Fr> lagrange(std::size_t n, const Fr& tau) {
  using S = Mont<ScalarPrime, Portable>;
  const S omega = Domain<S>::primitive_root(static_cast<unsigned>(std::countr_zero(n)));
  S vanishing(tau);
  for (std::size_t i = 1; i < n; i *= 2) vanishing = vanishing.squared();
  const S factor = (vanishing - S::one()) * S(Fr(n)).inverse();
  std::vector<S> values;
  S root = S::one();
  for (std::size_t i = 0; i < n; ++i, root = root * omega) values.push_back(S(tau) - root);
  invert_all(std::span(values));
  std::vector<Fr> results;
  root = factor;
  for (const S& value : values) {
    results.push_back((root * value).residue());
    root = root * omega;
  }
  return results;
}

class ZkeyFile {
 public:
  void u32(std::uint64_t value) { append(value, 4); }
  void coordinate(const Fp& x) {
    for (const std::uint64_t limb : x.montgomery()) append(limb, 8);
  }
  void g1(const G1& p) {
    coordinate(p.x);
    coordinate(p.y);
  }
  void g2(const G2& p) {
    for (const Fp2& x : {p.x, p.y}) {
      coordinate(x.c0);
      coordinate(x.c1);
    }
  }
  void limbs(const Fr& x) {
    for (const std::uint64_t limb : x.montgomery()) append(limb, 8);
  }
  void bytes(std::string_view text) { section_ += text; }
  [[nodiscard]] std::string take() { return std::exchange(section_, {}); }

  void end_section(std::uint32_t id) {
    const std::string contents = std::exchange(section_, {});
    append(id, 4);
    append(contents.size(), 8);
    file_ += std::exchange(section_, {}) + contents;
  }
  [[nodiscard]] std::string header(std::uint32_t sections) {
    section_ = "zkey";
    append(1, 4);
    append(sections, 4);
    return std::exchange(section_, {}) + file_;
  }

 private:
  void append(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) section_.push_back(static_cast<char>(value >> (8 * i)));
  }

  std::string section_;
  std::string file_;
};

struct Setup {
  explicit Setup(const R1cs& r1cs, Random& random)
      : circuit(r1cs),
        public_signals(r1cs.public_outputs + r1cs.public_inputs),
        domain(std::bit_ceil(r1cs.a.rows() + public_signals + 1)),
        tau(draw(random)),
        alpha(draw(random)),
        beta(draw(random)),
        delta(draw(random)) {}

  /// Σ Lᵢ(τ)·Mᵢ for each wire.
  [[nodiscard]] std::vector<Fr> at_tau(const SparseMatrix& m, const std::vector<Fr>& l) const {
    std::vector<Fr> sums(circuit.wires);
    for (std::size_t i = 0; i < m.rows(); ++i) {
      for (const auto& [wire, value] : m.row(i)) sums[wire] = sums[wire] + value * l[i];
    }
    return sums;
  }

  void write_header(ZkeyFile& file) const {
    file.u32(1);
    file.end_section(1);
    for (const Fr::Limbs& prime : {BasePrime::kModulus, ScalarPrime::kModulus}) {
      file.u32(32);
      for (const std::uint64_t limb : prime) {
        file.u32(limb & 0xffffffff);
        file.u32(limb >> 32);
      }
    }
    file.u32(circuit.wires);
    file.u32(public_signals);
    file.u32(domain);
    file.g1(alpha * G1::generator());
    file.g1(beta * G1::generator());
    file.g2(beta * G2::generator());
    file.g2(G2::generator());
    file.g1(delta * G1::generator());
    file.g2(delta * G2::generator());
    file.end_section(2);
  }

  void write_coefficients(ZkeyFile& file) const {
    Fr r(1);
    for (int i = 0; i < 256; ++i) r = r + r;
    std::uint32_t count = 0;
    ZkeyFile entries;
    const auto entry = [&](std::uint32_t matrix, std::size_t row, std::uint32_t wire,
                           const Fr& value) {
      entries.u32(matrix);
      entries.u32(row);
      entries.u32(wire);
      entries.limbs(value * r);
      ++count;
    };
    for (std::size_t i = 0; i < circuit.a.rows(); ++i) {
      for (const auto& [wire, value] : circuit.a.row(i)) entry(0, i, wire, value);
      for (const auto& [wire, value] : circuit.b.row(i)) entry(1, i, wire, value);
    }
    for (std::uint32_t i = 0; i <= public_signals; ++i) {
      entry(0, circuit.a.rows() + i, i, Fr(1));
    }
    file.u32(count);
    file.bytes(entries.take());
    file.end_section(4);
  }

  /// Sections 3 and 5 to 9.
  void write_points(ZkeyFile& file) const {
    const std::vector<Fr> l = lagrange(domain, tau);
    std::vector<Fr> a = at_tau(circuit.a, l);
    const std::vector<Fr> b = at_tau(circuit.b, l);
    const std::vector<Fr> c = at_tau(circuit.c, l);
    for (std::size_t i = 0; i <= public_signals; ++i) a[i] = a[i] + l[circuit.a.rows() + i];

    const Fr over_delta = delta.inverse();
    const auto in_g1 = [&](std::uint32_t id, std::size_t begin, std::size_t end, const auto& at) {
      for (std::size_t i = begin; i < end; ++i) file.g1(at(i) * G1::generator());
      file.end_section(id);
    };
    const auto mixed = [&](std::size_t i) { return beta * a[i] + alpha * b[i] + c[i]; };
    in_g1(3, 0, public_signals + 1, mixed);
    in_g1(5, 0, circuit.wires, [&](std::size_t i) { return a[i]; });
    in_g1(6, 0, circuit.wires, [&](std::size_t i) { return b[i]; });
    for (const Fr& scalar : b) file.g2(scalar * G2::generator());
    file.end_section(7);
    in_g1(8, public_signals + 1, circuit.wires,
          [&](std::size_t i) { return mixed(i) * over_delta; });
    const std::vector<Fr> twice = lagrange(2 * domain, tau);
    in_g1(9, 0, domain, [&](std::size_t i) { return twice[2 * i + 1] * over_delta; });
  }

  const R1cs& circuit;
  std::size_t public_signals;
  std::size_t domain;
  Fr tau, alpha, beta, delta;
};

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: trapdoor_zkey CIRCUIT.r1cs OUT.zkey\n";
    return EXIT_FAILURE;
  }
  const auto circuit = read_r1cs(read(argv[1]));
  if (!circuit) {
    std::cerr << argv[1] << ": " << circuit.error().message << '\n';
    return EXIT_FAILURE;
  }
  SystemRandom random;
  const Setup setup(*circuit, random);
  ZkeyFile file;
  setup.write_header(file);
  setup.write_coefficients(file);
  setup.write_points(file);
  file.bytes(std::string(68, '\0'));  // no hash of the circuit, and no contributions
  file.end_section(10);
  std::ofstream out(argv[2], std::ios::binary);
  out << file.header(10);
  return out.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}
