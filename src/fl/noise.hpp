// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "key_stream.hpp"

/// Noise for differential privacy, as whole multiples of a grid that is fixed beforehand.
///
/// A real number of the continuous distribution is drawn by exact methods, bit by bit, on integers
/// only, and rounded to the grid. What is added to it is on the same grid. Rounding x + Y, with x
/// on the grid, is x plus the rounded Y: so the release is what the real mechanism would have
/// released, rounded, and has its guarantee, whole. There is no floating-point number in it whose
/// gaps could betray x (Mironov 2012, "On significance of the least significant bits for
/// differential privacy"). The only error: two numbers that agree in 128 random bits are taken for
/// equal.
namespace vcp::fl {

/// The finest grid that may be asked for: 2^-kMaxGridBits of the distribution's scale.
inline constexpr int kMaxGridBits = 45;

/// Standard normal, in multiples of 2^-grid_bits. Karney 2016, "Sampling exactly from the normal
/// distribution", arXiv 1303.6257, algorithm N.
[[nodiscard]] std::int64_t sample_normal(KeyStream& stream, int grid_bits);

/// Laplace of scale 1, in multiples of 2^-grid_bits: an exponential by von Neumann's method (1951),
/// the same paper's algorithm V, with a random sign.
[[nodiscard]] std::int64_t sample_laplace(KeyStream& stream, int grid_bits);

}  // namespace vcp::fl
