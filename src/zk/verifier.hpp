// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "vcp/zk/groth16.hpp"

namespace vcp::zk {

/// A prepared key together with the instructions that its proofs are verified with. Immutable.
class Verifier {
 public:
  virtual ~Verifier() = default;

  [[nodiscard]] virtual std::size_t public_signals() const = 0;
  [[nodiscard]] virtual Verdict verify(const Proof& proof, std::span<const Fr> signals) const = 0;
  [[nodiscard]] virtual std::vector<Verdict> verify_batch(std::span<const Claim> claims,
                                                          Random& random) const = 0;
};

/// For a key that prepare() has checked.
std::shared_ptr<const Verifier> make_portable_verifier(const VerifyingKey& key);

#if defined(__x86_64__)
/// The same where Adx::available().
std::shared_ptr<const Verifier> make_adx_verifier(const VerifyingKey& key);
#endif

}  // namespace vcp::zk
