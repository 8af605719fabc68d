// SPDX-License-Identifier: Apache-2.0
#include "prover/ntt.hpp"

#include <gtest/gtest.h>

#include "zk/samples.hpp"

namespace vcp::zk {
namespace {

using S = Mont<ScalarPrime, Portable>;

Fr power_of(Fr base, std::uint64_t exponent) {
  Fr result(1);
  for (; exponent != 0; exponent >>= 1, base = base * base) {
    if ((exponent & 1) != 0) result = result * base;
  }
  return result;
}

/// 5^((r−1)/2^28), the root of unity that other libraries begin with, as they print it.
Fr root_of_unity(unsigned log_order) {
  Fr root = *Fr::from_decimal(
      "19103219067921713944291392827692070036145651957329286315305642004821462161904");
  for (unsigned i = log_order; i < 28; ++i) root = root * root;
  return root;
}

/// The values of a polynomial at shift·ω^i, by Horner's rule.
std::vector<Fr> evaluate(const std::vector<Fr>& coefficients, const Fr& shift, const Fr& omega) {
  std::vector<Fr> values;
  for (Fr x = shift; values.size() < coefficients.size(); x = x * omega) {
    Fr value;
    for (std::size_t i = coefficients.size(); i-- > 0;) value = value * x + coefficients[i];
    values.push_back(value);
  }
  return values;
}

std::vector<S> transformable(const std::vector<Fr>& values) {
  return {values.begin(), values.end()};
}

class Transform : public ::testing::TestWithParam<std::tuple<unsigned, unsigned>> {
 public:
  unsigned log = std::get<0>(GetParam());
  unsigned threads = std::get<1>(GetParam());
  Domain<S> domain{log};

  std::vector<Fr> random_values() {
    SeededRandom random(log + 1);
    std::vector<Fr> values(domain.size());
    for (Fr& value : values) value = sample<Fr>(random);
    return values;
  }
};

TEST_P(Transform, ToTheOddCosetEvaluatesThePolynomialThere) {
  const auto coefficients = random_values();
  const Fr omega = root_of_unity(log);
  const Fr sigma = root_of_unity(log + 1);
  ASSERT_EQ(sigma * sigma, omega);
  auto values = transformable(evaluate(coefficients, Fr(1), omega));
  domain.to_odd_coset(values, threads);
  const auto expected = evaluate(coefficients, sigma, omega);
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i].residue(), expected[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(Sizes, Transform,
                         ::testing::Combine(::testing::Values(0U, 1U, 2U, 3U, 6U, 10U),
                                            ::testing::Values(1U, 2U, 5U)));

// Too large for Horner's rule: x ↦ x^k is known everywhere.
TEST(LargeTransform, KnowsAPower) {
  constexpr unsigned kLog = 13;
  const Domain<S> domain(kLog);
  const Fr omega = root_of_unity(kLog);
  for (const std::uint64_t k : {0U, 1U, 4097U, 8191U}) {
    std::vector<S> values;
    const Fr step = power_of(omega, k);
    for (Fr x(1); values.size() < domain.size(); x = x * step) values.emplace_back(x);
    domain.to_odd_coset(values, 2);
    Fr expected = power_of(root_of_unity(kLog + 1), k);
    for (std::size_t i = 0; i < values.size(); ++i, expected = expected * step) {
      ASSERT_EQ(values[i].residue(), expected) << k << " " << i;
    }
  }
}

}  // namespace
}  // namespace vcp::zk
