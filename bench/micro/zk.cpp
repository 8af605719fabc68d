// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <vector>

#include "adx.hpp"
#include "pairing.hpp"
#include "prover/msm.hpp"
#include "prover/ntt.hpp"
#include "vcp/zk/groth16.hpp"
#include "verifier_on.hpp"

// The arithmetic of BN254 and the verification of Groth16 on one thread. bench/peers sets the same
// operations of other libraries beside it.

namespace vcp::zk {
namespace {

#if defined(__x86_64__)
using Isa = Adx;
#else
using Isa = Portable;
#endif
using F = Mont<BasePrime, Isa>;
using E = Ext2<F>;

Fr scalar(Random& random) {
  Limbs limbs{};
  random.fill(std::as_writable_bytes(std::span(limbs)));
  return Fr::reduce(limbs);
}

template <class Prime>
void field_multiplication(benchmark::State& state) {
  SeededRandom random(1);
  const Mont<Prime, Isa> a(Residue<Prime>(random.next()).inverse());
  Mont<Prime, Isa> b = a;
  for (auto _ : state) {
    for (int i = 0; i < 100; ++i) b = b * a;
    benchmark::DoNotOptimize(b);
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(field_multiplication<BasePrime>)->Name("fp_multiplication_x100");
BENCHMARK(field_multiplication<ScalarPrime>)->Name("fr_multiplication_x100");

struct Points {
  SeededRandom random{1};
  Affine<F> p{scalar(random) * G1::generator()};
  Affine<E> q{scalar(random) * G2::generator()};
};

void fp2_multiplication(benchmark::State& state) {
  Points points;
  E a = points.q.x;
  for (auto _ : state) {
    for (int i = 0; i < 100; ++i) a = a * points.q.y;
    benchmark::DoNotOptimize(a);
  }
}
BENCHMARK(fp2_multiplication)->Name("fp2_multiplication_x100");

Ext12<F> miller(const Points& points) {
  MillerLoop<F> loop;
  loop.add(points.p, points.q);
  return loop.run();
}

void fp12_multiplication(benchmark::State& state) {
  const Ext12<F> a = miller(Points());
  Ext12<F> b = a;
  for (auto _ : state) benchmark::DoNotOptimize(b = b * a);
}
BENCHMARK(fp12_multiplication);

void fp12_squaring(benchmark::State& state) {
  Ext12<F> a = miller(Points());
  for (auto _ : state) benchmark::DoNotOptimize(a = a.squared());
}
BENCHMARK(fp12_squaring);

void cyclotomic_squaring(benchmark::State& state) {
  Ext12<F> a = final_exponentiation(miller(Points()));
  for (auto _ : state) benchmark::DoNotOptimize(a = a.cyclotomic_squared());
}
BENCHMARK(cyclotomic_squaring);

void miller_loop(benchmark::State& state) {
  const Points points;
  for (auto _ : state) benchmark::DoNotOptimize(miller(points));
}
BENCHMARK(miller_loop);

void final_exponentiations(benchmark::State& state) {
  const Ext12<F> f = miller(Points());
  for (auto _ : state) benchmark::DoNotOptimize(final_exponentiation(f));
}
BENCHMARK(final_exponentiations)->Name("final_exponentiation");

void pairing(benchmark::State& state) {
  const Points points;
  for (auto _ : state) benchmark::DoNotOptimize(final_exponentiation(miller(points)));
}
BENCHMARK(pairing);

void subgroup_check(benchmark::State& state) {
  const Points points;
  for (auto _ : state) benchmark::DoNotOptimize(in_subgroup(points.q));
}
BENCHMARK(subgroup_check);

void g1_multiplication(benchmark::State& state) {
  Points points;
  const Fr k = scalar(points.random);
  for (auto _ : state) benchmark::DoNotOptimize(multiply(k, points.p));
}
BENCHMARK(g1_multiplication);

void g2_multiplication(benchmark::State& state) {
  Points points;
  const Fr k = scalar(points.random);
  for (auto _ : state) benchmark::DoNotOptimize(multiply(k, points.q));
}
BENCHMARK(g2_multiplication);

/// Proofs under a key whose trapdoors are 2, 3, 5 and 7, with two public signals.
class Proofs {
 public:
  explicit Proofs(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add();
    for (std::size_t i = 0; i < count; ++i) {
      claims_.push_back({.proof = &proofs_[i], .signals = signals_[i]});
    }
  }

  [[nodiscard]] std::span<const Claim> claims() const { return claims_; }
  [[nodiscard]] static PreparedKey key() {
    const G1 g1 = G1::generator();
    const G2 g2 = G2::generator();
    return *prepare({.alpha = Fr(2) * g1,
                     .beta = Fr(3) * g2,
                     .gamma = Fr(5) * g2,
                     .delta = Fr(7) * g2,
                     .ic = {Fr(11) * g1, Fr(13) * g1, Fr(17) * g1}});
  }

 private:
  void add() {
    const std::vector<Fr> signals = {scalar(random_), scalar(random_)};
    const Fr input = Fr(11) + signals[0] * Fr(13) + signals[1] * Fr(17);
    const Fr a = scalar(random_);
    const Fr b = scalar(random_);
    const Fr c = (a * b - Fr(2 * 3) - input * Fr(5)) * Fr(7).inverse();
    proofs_.push_back(
        {.a = a * G1::generator(), .b = b * G2::generator(), .c = c * G1::generator()});
    signals_.push_back(signals);
  }

  SeededRandom random_{1};
  std::vector<Proof> proofs_;
  std::vector<std::vector<Fr>> signals_;
  std::vector<Claim> claims_;
};

void key_preparation(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Proofs::key());
}
BENCHMARK(key_preparation);

void verification(benchmark::State& state) {
  const Proofs proofs(1);
  const PreparedKey key = Proofs::key();
  const Claim& claim = proofs.claims().front();
  for (auto _ : state) {
    if (verify(key, *claim.proof, claim.signals) != Verdict::valid) {
      state.SkipWithError("the proof is refused");
    }
  }
}
BENCHMARK(verification);

/// The time of the whole batch; items_per_second counts proofs.
void batch_verification(benchmark::State& state) {
  const Proofs proofs(static_cast<std::size_t>(state.range(0)));
  const PreparedKey key = Proofs::key();
  SystemRandom random;
  for (auto _ : state) {
    if (verify_batch(key, proofs.claims(), random).back() != Verdict::valid) {
      state.SkipWithError("a proof is refused");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(batch_verification)->Arg(8)->Arg(64)->Arg(1000)->Unit(benchmark::kMillisecond);

/// Random scalars, and the multiples of a random point for points.
template <class E>
struct Terms {
  Terms(const Affine<E>& p, std::size_t count) {
    SeededRandom random(2);
    std::vector<Jacobian<E>> multiples = {Jacobian<E>::of(p).doubled()};
    while (multiples.size() < count) multiples.push_back(multiples.back() + p);
    for (const auto& point : to_affine(std::span<const Jacobian<E>>(multiples))) {
      const auto packed = Packed<E>::of(point);
      points.append(reinterpret_cast<const char*>(&packed), sizeof packed);
      const Limbs k = scalar(random).value();
      scalars.append(reinterpret_cast<const char*>(&k), sizeof k);
    }
  }

  std::string points;
  std::string scalars;
};

template <class E>
void msm(benchmark::State& state, const Affine<E>& p) {
  const Terms<E> terms(p, std::size_t{1} << state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(Msm<E>(terms.points, terms.scalars).run(1));
  }
}
void g1_msm(benchmark::State& state) { msm(state, Points().p); }
void g2_msm(benchmark::State& state) { msm(state, Points().q); }
BENCHMARK(g1_msm)->Arg(16)->Arg(20)->Unit(benchmark::kMillisecond);
BENCHMARK(g2_msm)->Arg(16)->Unit(benchmark::kMillisecond);

void ntt(benchmark::State& state) {
  using S = Mont<ScalarPrime, Isa>;
  const Domain<S> domain(static_cast<unsigned>(state.range(0)));
  SeededRandom random(3);
  std::vector<S> values;
  while (values.size() < domain.size()) values.emplace_back(scalar(random));
  for (auto _ : state) domain.inverse(values, 1);
}
BENCHMARK(ntt)->Arg(16)->Arg(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vcp::zk
