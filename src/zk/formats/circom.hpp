// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/zk/curve.hpp"
#include "vcp/zk/field.hpp"
#include "vcp/zk/groth16.hpp"

// The binary files of circom and snarkjs. Each reader takes time and memory in proportion to the
// bytes that it is given, and refuses as `invalid`, with the reason, what these tools do not write:
// another prime, an index out of range, a number that is not reduced, a count that does not agree
// with the bytes.

namespace vcp::zk {

/// A coefficient of one wire in a linear combination.
struct Term {
  std::uint32_t wire;
  Fr coefficient;
};

/// A linear combination a row.
class SparseMatrix {
 public:
  [[nodiscard]] std::size_t rows() const { return ends_.size(); }
  [[nodiscard]] std::span<const Term> row(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::span(terms_).subspan(begin, ends_[index] - begin);
  }

  void add(Term term) { terms_.push_back(term); }
  void end_row() { ends_.push_back(terms_.size()); }

 private:
  std::vector<Term> terms_;
  std::vector<std::size_t> ends_;
};

/// A circuit: (A·w)(B·w) = C·w for each row. Wire 0 is one; outputs follow, then public inputs,
/// then private ones.
struct R1cs {
  std::uint32_t wires;
  std::uint32_t public_outputs;
  std::uint32_t public_inputs;
  std::uint32_t private_inputs;
  SparseMatrix a;
  SparseMatrix b;
  SparseMatrix c;
};

/// circom's `.r1cs`, version 1.
[[nodiscard]] Result<R1cs> read_r1cs(std::string_view file);

/// snarkjs' `.wtns`, version 2: the value of each wire, the first one.
[[nodiscard]] Result<std::vector<Fr>> read_wtns(std::string_view file);

/// An entry of A or B.
struct Coefficient {
  bool in_b;
  std::uint32_t constraint;  ///< below the size of the domain
  std::uint32_t wire;
  Fr value;
};

/// A Groth16 proving key.
struct ProvingKey {
  VerifyingKey verifying;
  G1 beta;
  G1 delta;
  std::uint32_t wires;
  std::uint32_t domain_size;  ///< a power of two, at most 2^28
  std::vector<Coefficient> coefficients;
  std::vector<G1> a;   ///< one for each wire
  std::vector<G1> b1;  ///< likewise
  std::vector<G2> b2;  ///< likewise
  std::vector<G1> c;   ///< one for each wire that is not public
  std::vector<G1> h;   ///< one for each element of the domain
};

/// snarkjs' Groth16 `.zkey`, version 1. That points are on their curves is not checked: a proof
/// that is made with others does not hold.
[[nodiscard]] Result<ProvingKey> read_zkey(std::string_view file);

}  // namespace vcp::zk
