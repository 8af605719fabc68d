// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the binary files of circom and snarkjs; what is accepted keeps its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "formats/circom.hpp"

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

void check(const ProvingKey& key) {
  require(key.h.size() == key.domain_size);
  require(key.a.size() == key.wires && key.b1.size() == key.wires && key.b2.size() == key.wires);
  require(key.c.size() + key.verifying.ic.size() == key.wires);
  for (const Coefficient& entry : key.coefficients) {
    require(entry.constraint < key.domain_size && entry.wire < key.wires);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto circuit = read_r1cs(bytes)) check(*circuit);
  if (const auto witness = read_wtns(bytes)) require(witness->front() == Fr(1));
  if (const auto key = read_zkey(bytes)) check(*key);
  return 0;
}
