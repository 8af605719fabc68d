// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/groth16.hpp"

#include <string>
#include <utility>

#include "adx.hpp"
#include "verifier.hpp"

namespace vcp::zk {

namespace {

std::shared_ptr<const Verifier> make_verifier(const VerifyingKey& key) {
#if defined(__x86_64__)
  if (Adx::available()) return make_adx_verifier(key);
#endif
  return make_portable_verifier(key);
}

Result<> check_g1(std::string name, const G1& point) {
  if (!on_curve(point)) return fail(Code::invalid, name + " of the key is not on the curve");
  return {};
}

Result<> check_g2(std::string name, const G2& point) {
  if (point.infinity) return fail(Code::invalid, name + " of the key is infinity");
  if (!on_curve(point)) return fail(Code::invalid, name + " of the key is not on the curve");
  if (!in_subgroup(point)) {
    return fail(Code::invalid, name + " of the key is outside the subgroup of order r");
  }
  return {};
}

Result<> check_inputs(const std::vector<G1>& ic) {
  if (ic.empty()) return fail(Code::invalid, "the key has no IC points");
  if (ic.size() > kMaxPublicSignals + 1) {
    return fail(Code::too_large,
                "the key has more than " + std::to_string(kMaxPublicSignals) + " public signals");
  }
  if (ic.front().infinity) return fail(Code::invalid, "IC[0] of the key is infinity");
  for (std::size_t i = 0; i < ic.size(); ++i) {
    if (auto checked = check_g1("IC[" + std::to_string(i) + "]", ic[i]); !checked) return checked;
  }
  return {};
}

/// What lets anybody make proofs of anything.
Result<> check_forgeable(const VerifyingKey& key) {
  if (key.gamma == key.delta || key.gamma == -key.delta) {
    return fail(Code::invalid,
                "gamma and delta of the key are equal up to sign: anybody can forge");
  }
  if (key.delta == G2::generator()) {
    return fail(Code::invalid,
                "delta of the key is the generator: nobody contributed to its setup, and anybody "
                "can forge");
  }
  return {};
}

Result<> check(const VerifyingKey& key) {
  if (key.alpha.infinity) return fail(Code::invalid, "alpha of the key is infinity");
  if (auto checked = check_g1("alpha", key.alpha); !checked) return checked;
  if (auto checked = check_g2("beta", key.beta); !checked) return checked;
  if (auto checked = check_g2("gamma", key.gamma); !checked) return checked;
  if (auto checked = check_g2("delta", key.delta); !checked) return checked;
  if (auto checked = check_forgeable(key); !checked) return checked;
  return check_inputs(key.ic);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
      return "the proof holds for these public signals";
    case Verdict::signal_count:
      return "the key asks for another number of public signals";
    case Verdict::infinity:
      return "a point of the proof is infinity";
    case Verdict::a_off_curve:
      return "A of the proof is not on the curve";
    case Verdict::b_off_curve:
      return "B of the proof is not on the curve";
    case Verdict::c_off_curve:
      return "C of the proof is not on the curve";
    case Verdict::b_outside_subgroup:
      return "B of the proof is outside the subgroup of order r";
    case Verdict::equation_fails:
      return "the proof does not hold for these public signals";
  }
  std::unreachable();
}

std::size_t PreparedKey::public_signals() const { return verifier_->public_signals(); }

Result<PreparedKey> prepare(const VerifyingKey& key) {
  if (auto checked = check(key); !checked) return std::unexpected(std::move(checked.error()));
  return PreparedKey(make_verifier(key));
}

Verdict verify(const PreparedKey& key, const Proof& proof, std::span<const Fr> signals) {
  return key.verifier().verify(proof, signals);
}

std::vector<Verdict> verify_batch(const PreparedKey& key, std::span<const Claim> claims,
                                  Random& random) {
  return key.verifier().verify_batch(claims, random);
}

}  // namespace vcp::zk
