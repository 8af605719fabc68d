// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "adx.hpp"
#include "mont.hpp"
#include "tower.hpp"
#include "vcp/base/random.hpp"
#include "vcp/zk/curve.hpp"

// Random and extreme values for the tests.

namespace vcp::zk {

template <class Field>
Field random_residue(Random& random) {
  std::array<std::uint64_t, 4> limbs{};
  random.fill(std::as_writable_bytes(std::span(limbs)));
  return Field::reduce(limbs);
}

/// Random, but one in four times an edge: 0, 1, m − 1, or a number of few bits.
template <class Field>
Field sample(Random& random) {
  switch (random.below(16)) {
    case 0:
      return Field();
    case 1:
      return Field(1);
    case 2:
      return -Field(1);
    case 3:
      return Field(random.below(8));
    default:
      return random_residue<Field>(random);
  }
}

inline Fp2 sample_fp2(Random& random) { return {sample<Fp>(random), sample<Fp>(random)}; }

inline G1 random_g1(Random& random) { return random_residue<Fr>(random) * G1::generator(); }
inline G2 random_g2(Random& random) { return random_residue<Fr>(random) * G2::generator(); }

/// A point of the twist that is most likely outside the subgroup.
inline G2 random_twist_point(Random& random) {
  for (;;) {
    const Fp2 x = {random_residue<Fp>(random), random_residue<Fp>(random)};
    if (const auto point = g2_from_x(x, random.below(2) != 0)) return *point;
  }
}

/// The instruction sets that this machine has; a typed test skips what is_available() denies.
template <class Isa>
bool is_available() {
#if defined(__x86_64__)
  if constexpr (std::is_same_v<Isa, Adx>) return Adx::available();
#endif
  return true;
}

}  // namespace vcp::zk
