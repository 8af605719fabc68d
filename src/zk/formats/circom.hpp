// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
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

/// The values of a `.wtns`, 32 bytes each, the lowest first, as views into the file; checked as
/// `read_wtns` does.
[[nodiscard]] Result<std::string_view> view_wtns(std::string_view file);

/// An entry of A or B.
struct Coefficient {
  std::uint32_t matrix;  ///< 0 is A, 1 is B
  std::uint32_t constraint;
  std::uint32_t wire;
  /// value·R² modulo r for R = 2^256: a Montgomery product with a plain number gives Montgomery
  /// form.
  Fr::Limbs value;
};

/// A Groth16 proving key: what it says of itself, and its arrays where they are in the file.
struct Zkey {
  static constexpr std::size_t kCoefficientBytes = 3 * 4 + 32;
  static constexpr std::size_t kG1Bytes = 64;
  static constexpr std::size_t kG2Bytes = 128;

  VerifyingKey verifying;
  G1 beta;
  G1 delta;
  std::uint32_t wires;
  std::uint32_t public_signals;
  std::uint32_t domain_size;      ///< a power of two, at most 2^27
  std::string_view coefficients;  ///< for `coefficient`
  // Points in Montgomery form, little-endian, c0 before c1; infinity is all zero.
  std::string_view a;   ///< one of G1 for each wire
  std::string_view b1;  ///< likewise
  std::string_view b2;  ///< one of G2 for each wire
  std::string_view c;   ///< one of G1 for each wire that is not public
  std::string_view h;   ///< one of G1 for each element of the domain

  [[nodiscard]] std::size_t coefficient_count() const {
    return coefficients.size() / kCoefficientBytes;
  }
  [[nodiscard]] Coefficient coefficient(std::size_t index) const {
    const char* from = coefficients.data() + index * kCoefficientBytes;
    Coefficient entry;
    std::memcpy(&entry.matrix, from, 4);
    std::memcpy(&entry.constraint, from + 4, 4);
    std::memcpy(&entry.wire, from + 8, 4);
    std::memcpy(&entry.value, from + 12, sizeof entry.value);
    return entry;
  }
};

/// snarkjs' Groth16 `.zkey`, version 1. Looks at the header and the sizes only:
/// `check_coefficients` and KeyProver::check (prover/key_prover.hpp) look at the arrays.
[[nodiscard]] Result<Zkey> read_zkey(std::string_view file);

/// `invalid` if an entry is of neither matrix, of a constraint or wire that is not there, or not
/// reduced.
[[nodiscard]] Result<> check_coefficients(const Zkey& key);

}  // namespace vcp::zk
