// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/zk/curve.hpp"

// Groth16 over BN254 (eprint 2016/260): e(A, B) = e(α, β) · e(IC₀ + Σ sᵢ·ICᵢ₊₁, γ) · e(C, δ).
// Everything here is public: nothing is constant time. docs/groth16.md has the formulas.

namespace vcp::zk {

/// A proof. It can be changed by anybody into another valid one of the same statement, so it must
/// not serve as an identity.
struct Proof {
  G1 a;
  G2 b;
  G1 c;

  friend bool operator==(const Proof&, const Proof&) = default;
};

struct VerifyingKey {
  G1 alpha;
  G2 beta;
  G2 gamma;
  G2 delta;
  std::vector<G1> ic;  ///< one more than there are public signals

  friend bool operator==(const VerifyingKey&, const VerifyingKey&) = default;
};

/// The public signals that a key may have.
inline constexpr std::size_t kMaxPublicSignals = 4096;

/// What became of a proof, and why.
enum class Verdict : std::uint8_t {
  valid,
  signal_count,  ///< too few or too many public signals
  infinity,      ///< A, B or C is infinity
  a_off_curve,
  b_off_curve,
  c_off_curve,
  b_outside_subgroup,  ///< B is on the twist but not of order r
  equation_fails,      ///< the points are good and prove something else, or nothing
};

/// The verdict in words for a person: "the proof does not hold for these public signals".
[[nodiscard]] std::string_view to_string(Verdict verdict);

/// One proof of a batch with its public signals, both owned by the caller.
struct Claim {
  const Proof* proof;
  std::span<const Fr> signals;
};

class Verifier;

/// A key that has been checked and has what is the same for each proof computed: about 45 kB and
/// 5 kB for each public signal. Copies share it; any thread may use it.
class PreparedKey {
 public:
  explicit PreparedKey(std::shared_ptr<const Verifier> verifier) : verifier_(std::move(verifier)) {}

  [[nodiscard]] std::size_t public_signals() const;
  [[nodiscard]] const Verifier& verifier() const { return *verifier_; }

 private:
  std::shared_ptr<const Verifier> verifier_;
};

/// Checks a key and prepares it. `invalid`, with the reason in words, for a key under which proofs
/// can be forged or that no setup makes: a point off its curve or outside its subgroup, infinity in
/// α, β, γ, δ or IC₀, γ = ±δ, δ = the generator (a setup nobody contributed to), no IC or too many.
[[nodiscard]] Result<PreparedKey> prepare(const VerifyingKey& key);

/// Verifies one proof.
[[nodiscard]] Verdict verify(const PreparedKey& key, const Proof& proof,
                             std::span<const Fr> signals);

/// Verifies many proofs of one key by a random linear combination: each wrong one passes with a
/// probability of 2^-127 at most, if `random` cannot be foretold (SystemRandom). When the
/// combination fails, it is halved until the wrong ones are named. One verdict for each claim.
[[nodiscard]] std::vector<Verdict> verify_batch(const PreparedKey& key,
                                                std::span<const Claim> claims, Random& random);

}  // namespace vcp::zk
