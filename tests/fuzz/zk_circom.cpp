// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the binary files of circom and snarkjs; what is accepted keeps its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "formats/circom.hpp"
#include "prover/key_prover.hpp"

namespace {

using namespace vcp;
using namespace vcp::zk;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const SparseMatrix& matrix, std::uint32_t wires) {
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (const Term& term : matrix.row(i)) require(term.wire < wires);
  }
}

void check(const R1cs& circuit) {
  require(circuit.a.rows() == circuit.b.rows() && circuit.b.rows() == circuit.c.rows());
  check(circuit.a, circuit.wires);
  check(circuit.b, circuit.wires);
  check(circuit.c, circuit.wires);
}

void check(const Zkey& key) {
  require(key.h.size() == key.domain_size * Zkey::kG1Bytes);
  require(key.a.size() == key.wires * Zkey::kG1Bytes && key.b1.size() == key.a.size());
  require(key.b2.size() == key.wires * Zkey::kG2Bytes);
  require(key.c.size() / Zkey::kG1Bytes + key.verifying.ic.size() == key.wires);
  if (!check_coefficients(key)) return;
  for (std::size_t i = 0; i < key.coefficient_count(); ++i) {
    const Coefficient entry = key.coefficient(i);
    require(entry.matrix <= 1 && entry.constraint < key.domain_size && entry.wire < key.wires);
  }
}

/// Whatever passes is proved with: no value of it may be harmful, true or false.
void prove(const Zkey& key) {
  static constexpr std::size_t kMaxWork = 1 << 10;
  if (key.domain_size > kMaxWork || !check_coefficients(key)) return;
  SeededRandom random(1);
  const auto prover = make_key_prover(key);
  if (!prover->check(1, random)) return;
  Blinding blinding;
  blinding.r = Fr(1);
  (void)prover->prove(std::string(std::size_t{key.wires} * 32, '\1'), blinding, 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto circuit = read_r1cs(bytes)) check(*circuit);
  if (const auto witness = read_wtns(bytes)) require(witness->front() == Fr(1));
  if (const auto key = read_zkey(bytes)) {
    check(*key);
    prove(*key);
  }
  return 0;
}
