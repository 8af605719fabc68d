// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vcp/zk/groth16.hpp"
#include "zk/samples.hpp"

namespace vcp::zk {

/// A setup whose secrets are known, so that proofs of anything can be made.
class KnownTrapdoors {
 public:
  KnownTrapdoors(std::size_t public_signals, Random& random) : random_(random) {
    for (std::size_t i = 0; i <= public_signals; ++i) ic_.push_back(random_residue<Fr>(random));
  }

  [[nodiscard]] VerifyingKey key() const {
    VerifyingKey key{.alpha = alpha_ * G1::generator(),
                     .beta = beta_ * G2::generator(),
                     .gamma = gamma_ * G2::generator(),
                     .delta = delta_ * G2::generator(),
                     .ic = {}};
    for (const auto& scalar : ic_) key.ic.push_back(scalar * G1::generator());
    return key;
  }

  [[nodiscard]] std::vector<Fr> signals() {
    std::vector<Fr> signals;
    for (std::size_t i = 1; i < ic_.size(); ++i) signals.push_back(sample<Fr>(random_));
    return signals;
  }

  /// A proof that holds: random A and B, and the C that the equation asks for.
  [[nodiscard]] Proof prove(const std::vector<Fr>& signals) {
    Fr input = ic_[0];
    for (std::size_t i = 0; i < signals.size(); ++i) input = input + signals[i] * ic_[i + 1];
    const auto a = random_residue<Fr>(random_);
    const auto b = random_residue<Fr>(random_);
    const Fr c = (a * b - alpha_ * beta_ - input * gamma_) * delta_.inverse();
    return {.a = a * G1::generator(), .b = b * G2::generator(), .c = c * G1::generator()};
  }

 private:
  Random& random_;
  Fr alpha_ = random_residue<Fr>(random_);
  Fr beta_ = random_residue<Fr>(random_);
  Fr gamma_ = random_residue<Fr>(random_);
  Fr delta_ = random_residue<Fr>(random_);
  std::vector<Fr> ic_;
};

}  // namespace vcp::zk
