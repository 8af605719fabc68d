// SPDX-License-Identifier: Apache-2.0
#include "kernels.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

// The resolvers of cloned functions run before a sanitizer is ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VCP_FL_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VCP_FL_CLONES
#endif
#define VCP_FL_INLINE [[gnu::always_inline]] inline

namespace vcp::fl {
namespace {

template <class T>
VCP_FL_INLINE T load(const char* raw, std::size_t i) {
  T value;
  std::memcpy(&value, raw + i * sizeof value, sizeof value);
  return value;
}

template <class T>
VCP_FL_INLINE void store(char* raw, std::size_t i, T value) {
  std::memcpy(raw + i * sizeof value, &value, sizeof value);
}

// Each format: its word, the bits that make a NaN or an infinity if all are set, and its values.
struct F16 {
  using Word = std::uint16_t;
  static constexpr Word kExponent = 0x7c00;
  static constexpr int kDigits = 11;
  static constexpr int kMinExponent = -14;
  static constexpr double kMax = 65504;

  VCP_FL_INLINE static double value(Word word) {
    // Moved into a float's place the exponent is too small by the difference of the biases.
    const auto magnitude =
        std::bit_cast<float>(static_cast<std::uint32_t>(word & 0x7fff) << 13) * 0x1p112F;
    const auto sign = static_cast<std::uint32_t>(word & 0x8000) << 16;
    return static_cast<double>(
        std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign));
  }

  VCP_FL_INLINE static Word word(float rounded) {
    const auto bits = std::bit_cast<std::uint32_t>(rounded);
    const auto magnitude = std::bit_cast<float>(bits & 0x7fffffff) * 0x1p-112F;
    const bool infinite = (bits & 0x7fffffff) == 0x7f800000;
    const std::uint32_t body = infinite ? kExponent : std::bit_cast<std::uint32_t>(magnitude) >> 13;
    return static_cast<Word>((bits >> 16 & 0x8000) | body);
  }
};

struct Bf16 {
  using Word = std::uint16_t;
  static constexpr Word kExponent = 0x7f80;
  static constexpr int kDigits = 8;
  static constexpr int kMinExponent = -126;
  static constexpr double kMax = 0x1.fep127;

  VCP_FL_INLINE static double value(Word word) {
    return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(word) << 16));
  }
  VCP_FL_INLINE static Word word(float rounded) {
    return static_cast<Word>(std::bit_cast<std::uint32_t>(rounded) >> 16);
  }
};

struct F32 {
  using Word = std::uint32_t;
  static constexpr Word kExponent = 0x7f800000;
  VCP_FL_INLINE static double value(Word word) {
    return static_cast<double>(std::bit_cast<float>(word));
  }
  VCP_FL_INLINE static Word encode(double value) {
    return std::bit_cast<Word>(static_cast<float>(value));
  }
};

struct F64 {
  using Word = std::uint64_t;
  static constexpr Word kExponent = 0x7ff0000000000000;
  VCP_FL_INLINE static double value(Word word) { return std::bit_cast<double>(word); }
  VCP_FL_INLINE static Word encode(double value) { return std::bit_cast<Word>(value); }
};

/// Rounds to the half type at once: by way of a float it would be rounded twice. Adding and taking
/// away a number whose last place is the half type's rounds there, to nearest even.
template <class Half>
VCP_FL_INLINE typename Half::Word encode_half(double value) {
  const auto exponent_bits = std::bit_cast<std::uint64_t>(value) >> 52 & 0x7ff;
  const auto least = static_cast<std::uint64_t>(1023 + Half::kMinExponent);
  const auto most = static_cast<std::uint64_t>(1023 + 200);  // infinite in any case
  std::uint64_t exponent = exponent_bits < least ? least : exponent_bits;
  exponent = exponent > most ? most : exponent;
  const double power = std::bit_cast<double>(exponent << 52);
  const double shift = power * (1.5 * static_cast<double>(1ULL << (53 - Half::kDigits)));
  const double magnitude = std::fabs(value);
  double rounded = (magnitude + shift) - shift;
  rounded = rounded > Half::kMax ? std::numeric_limits<double>::infinity() : rounded;
  const float narrow = static_cast<float>(rounded);
  const std::uint32_t sign = std::bit_cast<std::uint64_t>(value) >> 63 != 0 ? 0x80000000U : 0U;
  return Half::word(std::bit_cast<float>(std::bit_cast<std::uint32_t>(narrow) | sign));
}

template <class Format>
VCP_FL_INLINE typename Format::Word encode_one(double value) {
  if constexpr (requires { Format::kDigits; }) {
    return encode_half<Format>(value);
  } else {
    return Format::encode(value);
  }
}

template <class Format>
VCP_FL_INLINE bool finite_block(const char* raw, std::size_t count) {
  using Word = typename Format::Word;
  Word bad = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Word word = load<Word>(raw, i);
    bad = static_cast<Word>(bad | ((word & Format::kExponent) == Format::kExponent ? 1 : 0));
  }
  return bad == 0;
}

template <class Format>
VCP_FL_INLINE std::size_t finite_prefix(const char* raw, std::size_t count) {
  constexpr std::size_t kBlock = 1024;
  constexpr std::size_t kWidth = sizeof(typename Format::Word);
  std::size_t done = 0;
  while (done + kBlock <= count && finite_block<Format>(raw + done * kWidth, kBlock))
    done += kBlock;
  while (done < count && finite_block<Format>(raw + done * kWidth, 1)) ++done;
  return done;
}

template <class Format>
VCP_FL_INLINE void decode_all(const char* raw, double* __restrict out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = Format::value(load<typename Format::Word>(raw, i));
  }
}

template <class Format>
VCP_FL_INLINE void encode_all(const double* __restrict values, char* __restrict raw,
                              std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) store(raw, i, encode_one<Format>(values[i]));
}

template <class Format>
VCP_FL_INLINE void add_scaled(const char* __restrict raw, double coefficient,
                              double* __restrict sum, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    sum[i] += coefficient * Format::value(load<typename Format::Word>(raw, i));
  }
}

/// The upper 26 of a double's 53 bits; what is left has at most 27.
VCP_FL_INLINE double upper_half(double value) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) & ~0x7ffffffULL);
}

/// Dot2: `sum` takes the product and the sum as rounded, `error` what both roundings lost.
VCP_FL_INLINE void add_scaled_twofold(const char* __restrict raw, double coefficient,
                                      double* __restrict sum, double* __restrict error,
                                      std::size_t count) {
  const double upper = upper_half(coefficient);
  const double lower = coefficient - upper;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = load<double>(raw, i);
    const double value_upper = upper_half(value);
    const double value_lower = value - value_upper;
    const double product = coefficient * value;
    const double product_error =
        (((upper * value_upper - product) + upper * value_lower) + lower * value_upper) +
        lower * value_lower;
    const double total = sum[i] + product;
    const double part = total - sum[i];
    error[i] += ((sum[i] - (total - part)) + (product - part)) + product_error;
    sum[i] = total;
  }
}

constexpr std::size_t kLanes = 16;

/// Sums `term(i)` in sixteen lanes, so that a vector unit of any width adds in the same order.
template <class Term>
VCP_FL_INLINE double sum_in_lanes(std::size_t count, Term term) {
  std::array<double, kLanes> lanes{};
  const std::size_t whole = count / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  }
  for (std::size_t i = whole; i < count; ++i) lanes[i - whole] += term(i);
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

VCP_FL_CLONES std::size_t count_finite(Dtype dtype, const char* raw, std::size_t count) {
  switch (dtype) {
    case Dtype::f16:
      return finite_prefix<F16>(raw, count);
    case Dtype::bf16:
      return finite_prefix<Bf16>(raw, count);
    case Dtype::f32:
      return finite_prefix<F32>(raw, count);
    case Dtype::f64:
      break;
  }
  return finite_prefix<F64>(raw, count);
}

VCP_FL_CLONES void decode(Dtype dtype, const char* raw, std::span<double> out) {
  switch (dtype) {
    case Dtype::f16:
      return decode_all<F16>(raw, out.data(), out.size());
    case Dtype::bf16:
      return decode_all<Bf16>(raw, out.data(), out.size());
    case Dtype::f32:
      return decode_all<F32>(raw, out.data(), out.size());
    case Dtype::f64:
      return decode_all<F64>(raw, out.data(), out.size());
  }
}

VCP_FL_CLONES void encode(Dtype dtype, std::span<const double> values, char* raw) {
  switch (dtype) {
    case Dtype::f16:
      return encode_all<F16>(values.data(), raw, values.size());
    case Dtype::bf16:
      return encode_all<Bf16>(values.data(), raw, values.size());
    case Dtype::f32:
      return encode_all<F32>(values.data(), raw, values.size());
    case Dtype::f64:
      return encode_all<F64>(values.data(), raw, values.size());
  }
}

VCP_FL_CLONES void accumulate(Dtype dtype, const char* raw, double coefficient, Sums sums) {
  double* const sum = sums.sum.data();
  const std::size_t count = sums.sum.size();
  switch (dtype) {
    case Dtype::f16:
      return add_scaled<F16>(raw, coefficient, sum, count);
    case Dtype::bf16:
      return add_scaled<Bf16>(raw, coefficient, sum, count);
    case Dtype::f32:
      return add_scaled<F32>(raw, coefficient, sum, count);
    case Dtype::f64:
      return add_scaled_twofold(raw, coefficient, sum, sums.error.data(), count);
  }
}

VCP_FL_CLONES void divide(Dtype dtype, Sums sums, double divisor) {
  double* const __restrict sum = sums.sum.data();
  const double* const __restrict error = sums.error.data();
  const bool twofold = dtype == Dtype::f64;
  constexpr double kMost = std::numeric_limits<double>::max();
  for (std::size_t i = 0; i < sums.sum.size(); ++i) {
    const double quotient = (twofold ? sum[i] + error[i] : sum[i]) / divisor;
    // A mean of finite numbers is finite, but its rounding may not be.
    sum[i] = quotient > kMost ? kMost : quotient < -kMost ? -kMost : quotient;
  }
}

VCP_FL_CLONES void subtract(std::span<double> values, std::span<const double> subtrahend) {
  assert(values.size() == subtrahend.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= subtrahend[i];
}

VCP_FL_CLONES void add(std::span<double> values, std::span<const double> addend) {
  assert(values.size() == addend.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += addend[i];
}

VCP_FL_CLONES void accumulate_truncated(std::span<const double> values, double factor,
                                        std::span<double> sum) {
  assert(values.size() == sum.size());
  for (std::size_t i = 0; i < values.size(); ++i) sum[i] += std::trunc(factor * values[i]);
}

VCP_FL_CLONES double sum_of_magnitudes(std::span<const double> values) {
  return sum_in_lanes(values.size(), [values](std::size_t i) { return std::fabs(values[i]); });
}

VCP_FL_CLONES double sum_of_squares(std::span<const double> values) {
  return sum_in_lanes(values.size(), [values](std::size_t i) { return values[i] * values[i]; });
}

VCP_FL_CLONES double squared_distance(std::span<const double> a, std::span<const double> b) {
  assert(a.size() == b.size());
  return sum_in_lanes(a.size(), [a, b](std::size_t i) {
    const double difference = a[i] - b[i];
    return difference * difference;
  });
}

VCP_FL_CLONES void sort_pairwise(std::span<double> a, std::span<double> b) {
  assert(a.size() == b.size());
  double* const __restrict low = a.data();
  double* const __restrict high = b.data();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = low[i];
    const double y = high[i];
    low[i] = y < x ? y : x;
    high[i] = y < x ? x : y;
  }
}

}  // namespace vcp::fl
