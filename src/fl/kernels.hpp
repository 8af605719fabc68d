// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "vcp/fl/safetensors.hpp"

/// The loops over parameters, compiled for several instruction sets and chosen at the start. They
/// give the same bits on all of them: no multiply-add is fused and sums have a fixed order.
/// `raw` is the bytes of elements as they are in a file.
namespace vcp::fl {

/// How many elements come before the first NaN or infinity.
[[nodiscard]] std::size_t count_finite(Dtype dtype, const char* raw, std::size_t count);

/// Elements as doubles, which is exact.
void decode(Dtype dtype, const char* raw, std::span<double> out);

/// Doubles as elements, each rounded once, to nearest even; beyond the type's range: infinity.
void encode(Dtype dtype, std::span<const double> values, char* raw);

/// A running sum for each parameter. For F64 the rounding errors are summed beside it, which makes
/// the result as good as in twice the precision (Ogita, Rump, Oishi 2005, "Accurate sum and dot
/// product", algorithm Dot2); for the narrower types a double is wide enough by itself.
struct Sums {
  std::span<double> sum;
  std::span<double> error;  ///< used for F64 only
};

/// sums += coefficient · elements. For F64 `coefficient` · element may not overflow.
void accumulate(Dtype dtype, const char* raw, double coefficient, Sums sums);

/// sums ← (sum + error) / divisor, in `sums.sum`.
void divide(Dtype dtype, Sums sums, double divisor);

/// values −= subtrahend.
void subtract(std::span<double> values, std::span<const double> subtrahend);

/// values += addend.
void add(std::span<double> values, std::span<const double> addend);

/// sum += trunc(factor · values): whole numbers, so the sum is exact while it stays below 2^53.
void accumulate_truncated(std::span<const double> values, double factor, std::span<double> sum);

[[nodiscard]] double sum_of_magnitudes(std::span<const double> values);
[[nodiscard]] double sum_of_squares(std::span<const double> values);
[[nodiscard]] double squared_distance(std::span<const double> a, std::span<const double> b);

/// (a, b) ← (min(a, b), max(a, b)) in each place.
void sort_pairwise(std::span<double> a, std::span<double> b);

}  // namespace vcp::fl
