// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

#include "glv.hpp"
#include "prover/key_prover.hpp"
#include "prover/msm.hpp"
#include "prover/ntt.hpp"

namespace vcp::zk {

/// Proves with the arithmetic of one instruction set. The equations are those of snarkjs:
///
///   A = α + Σ wᵢAᵢ + rδ,   B = β + Σ wᵢBᵢ + sδ,
///   C = Σ wᵢCᵢ + Σ hⱼHⱼ + sA + rB − rsδ, in G1,
///
/// hⱼ = a·b − c at σω^j, σ² = ω, for the polynomials of least degree that are Σ Aᵢwᵢ, Σ Bᵢwᵢ and
/// their product at the powers of ω.
template <class Isa>
class KeyProverOn final : public KeyProver {
 public:
  explicit KeyProverOn(const Zkey& key)
      : key_(key), domain_(static_cast<unsigned>(std::countr_zero(key.domain_size))) {}

  [[nodiscard]] Result<> check(unsigned threads, Random& random) const override {
    for (const auto& [section, points] : {std::pair(5, key_.a), std::pair(6, key_.b1),
                                          std::pair(8, key_.c), std::pair(9, key_.h)}) {
      if (auto checked = check_curve<F>(section, points, threads); !checked) return checked;
    }
    if (auto checked = check_curve<E>(7, key_.b2, threads); !checked) return checked;
    return check_subgroup(threads, random);
  }

  [[nodiscard]] Proof prove(std::string_view witness, const Blinding& blinding,
                            unsigned threads) const override {
    const auto sum_h = sum_of_h(witness, threads);
    const std::string_view secret = witness.substr((key_.public_signals + 1) * sizeof(Limbs));
    const auto sum_c = Msm<F>(key_.c, secret).run(threads);
    const auto sum_a = Msm<F>(key_.a, witness).run(threads);
    const auto sum_b1 = Msm<F>(key_.b1, witness).run(threads);
    const auto sum_b2 = Msm<E>(key_.b2, witness).run(threads);

    const auto& [r, s] = blinding;
    const Point delta(key_.delta);
    const TwistPoint delta2(key_.verifying.delta);
    const auto a = (sum_a + Point(key_.verifying.alpha) + multiply(r, delta)).affine();
    const auto b1 = (sum_b1 + Point(key_.beta) + multiply(s, delta)).affine();
    const auto b2 = sum_b2 + TwistPoint(key_.verifying.beta) + multiply(s, delta2);
    const auto c = sum_c + sum_h + multiply(s, a) + multiply(r, b1) + -multiply(r * s, delta);
    return {.a = to_public(a), .b = to_public(b2.affine()), .c = to_public(c.affine())};
  }

 private:
  using F = Mont<BasePrime, Isa>;
  using E = Ext2<F>;
  using S = Mont<ScalarPrime, Isa>;
  using Point = Affine<F>;
  using TwistPoint = Affine<E>;

  [[nodiscard]] Jacobian<F> sum_of_h(std::string_view witness, unsigned threads) const {
    const SecretVector<S> h = evaluate_h(witness, threads);
    const std::string_view scalars(reinterpret_cast<const char*>(h.data()), h.size() * sizeof(S));
    return Msm<F>(key_.h, scalars).run(threads);
  }

  /// The hⱼ as plain numbers.
  [[nodiscard]] SecretVector<S> evaluate_h(std::string_view witness, unsigned threads) const {
    SecretVector<S> a(domain_.size(), S::zero());
    SecretVector<S> b(domain_.size(), S::zero());
    SecretVector<S> c(domain_.size());
    in_parallel(threads, threads, [&](unsigned, std::size_t i) {
      const std::size_t begin = domain_.size() * i / threads;
      const std::size_t end = domain_.size() * (i + 1) / threads;
      multiply_rows(witness, begin, end, a, b);
      for (std::size_t j = begin; j < end; ++j) c[j] = a[j] * b[j];
    });
    for (SecretVector<S>* values : {&a, &b, &c}) domain_.to_odd_coset(*values, threads);
    in_parallel(threads, threads, [&](unsigned, std::size_t i) {
      const S plain(Limbs{1, 0, 0, 0});
      const std::size_t end = domain_.size() * (i + 1) / threads;
      for (std::size_t j = domain_.size() * i / threads; j < end; ++j) {
        a[j] = (a[j] * b[j] - c[j]) * plain;
      }
    });
    return a;
  }

  /// The products of A and B with the witness, for these constraints. Every index is looked at once
  /// more: the file is not this process's alone.
  void multiply_rows(std::string_view witness, std::size_t begin, std::size_t end, std::span<S> a,
                     std::span<S> b) const {
    for (std::size_t i = 0; i < key_.coefficient_count(); ++i) {
      const Coefficient entry = key_.coefficient(i);
      if (entry.constraint < begin || entry.constraint >= end || entry.wire >= key_.wires) continue;
      S& sum = (entry.matrix == 0 ? a : b)[entry.constraint];
      sum = sum + S(entry.value) * S(unpack<Limbs>(witness, entry.wire));
    }
  }

  static bool is_reduced(const F& x) { return less(x.limbs(), BasePrime::kModulus); }
  static bool is_reduced(const E& x) { return is_reduced(x.c0) && is_reduced(x.c1); }

  template <class Coordinate>
  static Result<> check_curve(int section, std::string_view points, unsigned threads) {
    static constexpr std::size_t kPart = 4096;
    const std::size_t count = points.size() / sizeof(Packed<Coordinate>);
    std::atomic<bool> good{true};
    in_parallel(threads, (count + kPart - 1) / kPart, [&](unsigned, std::size_t part) {
      const std::size_t end = std::min(count, (part + 1) * kPart);
      for (std::size_t i = part * kPart; good && i < end; ++i) {
        const auto point = unpack<Packed<Coordinate>>(points, i);
        if (!is_reduced(point.x) || !is_reduced(point.y) || !on_curve(point.affine())) good = false;
      }
    });
    if (good) return {};
    return fail(Code::invalid,
                "section " + std::to_string(section) + " has a point that is not on the curve");
  }

  /// Whether ten sums of the points with random digits are all in the subgroup.
  [[nodiscard]] Result<> check_subgroup(unsigned threads, Random& random) const {
    static constexpr unsigned kScalarBits = 139;
    std::vector<Limbs> scalars(key_.wires);
    random.fill(std::as_writable_bytes(std::span(scalars)));
    for (Limbs& k : scalars) k = {k[0], k[1], k[2] & ((1U << (kScalarBits - 128)) - 1), 0};
    const std::string_view packed(reinterpret_cast<const char*>(scalars.data()),
                                  scalars.size() * sizeof(Limbs));
    const auto sums = Msm<E>(key_.b2, packed).window_sums(SignedDigits(14, kScalarBits), threads);
    for (const auto& sum : sums) {
      if (!in_subgroup(sum.affine())) {
        return fail(Code::invalid, "section 7 has a point outside the subgroup of order r");
      }
    }
    return {};
  }

  Zkey key_;
  Domain<S> domain_;
};

}  // namespace vcp::zk
