// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include "glv.hpp"
#include "multiexp.hpp"
#include "pairing.hpp"
#include "verifier.hpp"

namespace vcp::zk {

/// Verifies with the arithmetic of one instruction set, in which everything below is inlined.
template <class Isa>
class VerifierOn final : public Verifier {
 public:
  explicit VerifierOn(const VerifyingKey& key)
      : alpha_beta_(pairing(Point(key.alpha), TwistAffine(key.beta))),
        beta_(TwistAffine(key.beta)),
        gamma_(TwistAffine(key.gamma)),
        delta_(TwistAffine(key.delta)) {
    std::vector<Point> bases(key.ic.begin(), key.ic.end());
    bases.emplace_back(key.alpha);
    bases_ = odd_multiples(std::span<const Point>(bases), kTableWidth);
  }

  [[nodiscard]] std::size_t public_signals() const override { return bases_.size() - 2; }

  [[nodiscard]] Verdict verify(const Proof& proof, std::span<const Fr> signals) const override {
    const Verdict verdict = inspect(proof, signals);
    if (verdict != Verdict::valid) return verdict;
    MillerLoop<F> loop;
    loop.add(Point(proof.a), TwistAffine(proof.b));
    const std::array<FixedTerm, 2> terms = {
        {{-input_sum(signals), &gamma_}, {-Jacobian<F>::of(Point(proof.c)), &delta_}}};
    add_fixed(loop, terms);
    const Ext12<F> f = loop.run();
    if (!loop.in_subgroup(0)) return Verdict::b_outside_subgroup;
    return final_exponentiation(f) == alpha_beta_ ? Verdict::valid : Verdict::equation_fails;
  }

  [[nodiscard]] std::vector<Verdict> verify_batch(std::span<const Claim> claims,
                                                  Random& random) const override {
    std::vector<Verdict> verdicts;
    std::vector<std::size_t> sound;
    for (const auto& [proof, signals] : claims) {
      verdicts.push_back(inspect(*proof, signals));
      if (verdicts.back() == Verdict::valid) sound.push_back(verdicts.size() - 1);
    }
    settle(claims, sound, verdicts, random);
    return verdicts;
  }

 private:
  using F = Mont<BasePrime, Isa>;
  using S = Mont<ScalarPrime, Isa>;
  using Point = Affine<F>;
  using TwistAffine = Affine<Ext2<F>>;

  /// The widths of the tables of odd multiples: of the key's points and of a proof's A.
  static constexpr unsigned kTableWidth = 7;
  static constexpr unsigned kOnceWidth = 5;
  /// A batch of fewer is verified one by one.
  static constexpr std::size_t kSmallestBatch = 2;

  struct FixedTerm {
    Jacobian<F> p;
    const FixedLines<F>* lines;
  };

  /// A scalar a + bλ of two random words: 2^128 different ones, and split already.
  struct Coefficient {
    std::uint64_t a;
    std::uint64_t b;

    [[nodiscard]] Split split() const {
      return {.k1 = {{a, 0, 0, 0}, false}, .k2 = {{b, 0, 0, 0}, false}};
    }
    [[nodiscard]] S scalar() const {
      static constexpr Limbs kLambda =
          to_montgomery<ScalarPrime>(hex("b3c4d79d41a917585bfc41088d8daaa78b17ea66b99c90dd"));
      return small(a) + small(b) * S(kLambda);
    }

   private:
    static S small(std::uint64_t word) { return S(Limbs{word, 0, 0, 0}) * S(ScalarPrime::kR2); }
  };

  static Ext12<F> pairing(const Point& p, const TwistAffine& q) {
    MillerLoop<F> loop;
    loop.add(p, q);
    return final_exponentiation(loop.run());
  }

  /// All checks that need no pairing.
  [[nodiscard]] Verdict inspect(const Proof& proof, std::span<const Fr> signals) const {
    if (signals.size() != public_signals()) return Verdict::signal_count;
    if (proof.a.infinity || proof.b.infinity || proof.c.infinity) return Verdict::infinity;
    if (!zk::on_curve(Point(proof.a))) return Verdict::a_off_curve;
    if (!zk::on_curve(TwistAffine(proof.b))) return Verdict::b_off_curve;
    if (!zk::on_curve(Point(proof.c))) return Verdict::c_off_curve;
    return Verdict::valid;
  }

  /// IC₀ + Σ sᵢ·ICᵢ₊₁.
  [[nodiscard]] Jacobian<F> input_sum(std::span<const Fr> signals) const {
    std::vector<Split> scalars;
    scalars.reserve(signals.size() + 1);
    scalars.push_back(split({1, 0, 0, 0}));
    for (const auto& signal : signals) scalars.push_back(split(signal.value()));
    return straus(std::span(bases_).first(scalars.size()), std::span<const Split>(scalars),
                  kTableWidth);
  }

  /// Adds the terms that are not one, with one inversion for all.
  static void add_fixed(MillerLoop<F>& loop, std::span<const FixedTerm> terms) {
    std::vector<F> inverses;
    for (const auto& term : terms) {
      inverses.push_back(term.p.is_infinity() ? F::zero() : term.p.y);
    }
    invert_all(std::span(inverses));
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (terms[i].p.is_infinity()) continue;
      loop.add(ScaledPoint<F>::of(terms[i].p, inverses[i]), *terms[i].lines);
    }
  }

  /// Finds the verdicts of the claims of these numbers: all valid if their combination holds, else
  /// by halves.
  void settle(std::span<const Claim> claims, std::span<const std::size_t> numbers,
              std::span<Verdict> verdicts, Random& random) const {
    if (numbers.size() < kSmallestBatch) {
      for (const std::size_t n : numbers) verdicts[n] = verify(*claims[n].proof, claims[n].signals);
      return;
    }
    if (combination_holds(claims, numbers, random)) return;
    const std::size_t half = numbers.size() / 2;
    settle(claims, numbers.first(half), verdicts, random);
    settle(claims, numbers.subspan(half), verdicts, random);
  }

  /// Whether Π e(rᵢAᵢ, Bᵢ) = e(Σrᵢ·α, β) · e(Σrᵢ·Lᵢ, γ) · e(Σrᵢ·Cᵢ, δ) for random rᵢ, Lᵢ being a
  /// claim's input sum, and every Bᵢ is of order r.
  [[nodiscard]] bool combination_holds(std::span<const Claim> claims,
                                       std::span<const std::size_t> numbers, Random& random) const {
    const std::vector<Coefficient> r = draw(numbers.size(), random);
    MillerLoop<F> loop;
    const std::vector<Point> multiples = multiples_of_a(claims, numbers, r);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      loop.add(multiples[i], TwistAffine(claims[numbers[i]].proof->b));
    }
    const std::vector<Split> sums = combined_scalars(claims, numbers, r);
    const std::size_t inputs = sums.size() - 1;
    const auto tables = std::span(bases_);
    const auto scalars = std::span<const Split>(sums);
    const std::array<FixedTerm, 3> terms = {
        {{-straus(tables.first(inputs), scalars.first(inputs), kTableWidth), &gamma_},
         {-combined_c(claims, numbers, r), &delta_},
         {-straus(tables.last(1), scalars.last(1), kTableWidth), &beta_}}};
    add_fixed(loop, terms);
    const Ext12<F> f = loop.run();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!loop.in_subgroup(i)) return false;
    }
    return final_exponentiation(f) == Ext12<F>::one();
  }

  /// 0 is replaced, so that no multiple of a point is infinity.
  static std::vector<Coefficient> draw(std::size_t count, Random& random) {
    std::vector<Coefficient> r(count);
    random.fill(std::as_writable_bytes(std::span(r)));
    for (auto& [a, b] : r) {
      if ((a | b) == 0) a = 1;
    }
    return r;
  }

  static std::vector<Point> multiples_of_a(std::span<const Claim> claims,
                                           std::span<const std::size_t> numbers,
                                           std::span<const Coefficient> r) {
    std::vector<Point> points;
    for (const std::size_t n : numbers) points.emplace_back(claims[n].proof->a);
    const auto tables = odd_multiples(std::span<const Point>(points), kOnceWidth);
    std::vector<Jacobian<F>> multiples;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::array<Split, 1> scalar = {r[i].split()};
      multiples.push_back(
          straus(std::span(tables).subspan(i, 1), std::span<const Split>(scalar), kOnceWidth));
    }
    return to_affine(std::span<const Jacobian<F>>(multiples));
  }

  static Jacobian<F> combined_c(std::span<const Claim> claims, std::span<const std::size_t> numbers,
                                std::span<const Coefficient> r) {
    std::vector<Point> points;
    std::vector<std::uint64_t> scalars;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      points.emplace_back(claims[numbers[i]].proof->c);
      points.push_back(phi(points.back()));
      scalars.push_back(r[i].a);
      scalars.push_back(r[i].b);
    }
    return short_multiexp(std::span<const Point>(points), std::span<const std::uint64_t>(scalars));
  }

  /// The scalars of IC₀, IC₁, … and, last, α.
  [[nodiscard]] std::vector<Split> combined_scalars(std::span<const Claim> claims,
                                                    std::span<const std::size_t> numbers,
                                                    std::span<const Coefficient> r) const {
    std::vector<S> sums(public_signals() + 2, S::zero());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const S coefficient = r[i].scalar();
      const auto signals = claims[numbers[i]].signals;
      sums.front() = sums.front() + coefficient;
      for (std::size_t j = 0; j < signals.size(); ++j) {
        sums[j + 1] = sums[j + 1] + coefficient * S(signals[j]);
      }
    }
    sums.back() = sums.front();
    std::vector<Split> scalars;
    for (const auto& sum : sums) scalars.push_back(split(sum.residue().value()));
    return scalars;
  }

  Ext12<F> alpha_beta_;
  FixedLines<F> beta_;
  FixedLines<F> gamma_;
  FixedLines<F> delta_;
  std::vector<OddMultiples<F>> bases_;  ///< of IC and, last, α
};

}  // namespace vcp::zk
