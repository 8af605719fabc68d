// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Nothing in this module's verifying half is constant time: its inputs are public.

namespace vcp::zk {

/// The prime p that the coordinates of BN254's points are counted by.
struct BasePrime;
/// The prime r: the order of the groups, which scalars and public signals are counted by.
struct ScalarPrime;

/// A number modulo one of BN254's two primes, kept in Montgomery form, x·2^256, in little-endian
/// limbs. Always reduced, so equal numbers have equal limbs.
template <class Prime>
class Residue {
 public:
  using Limbs = std::array<std::uint64_t, 4>;

  constexpr Residue() = default;
  explicit Residue(std::uint64_t value);

  /// Reads 32 bytes, most significant first (or last); nothing if that is not below the prime.
  [[nodiscard]] static std::optional<Residue> from_be(std::string_view bytes);
  [[nodiscard]] static std::optional<Residue> from_le(std::string_view bytes);

  /// Reads what to_decimal() writes and nothing else: no sign, no leading zero, below the prime.
  [[nodiscard]] static std::optional<Residue> from_decimal(std::string_view text);

  /// Takes four limbs of a number below 2^256 and reduces it: for hashes.
  [[nodiscard]] static Residue reduce(const Limbs& value);

  /// Takes limbs that are in Montgomery form already; nothing if they are not below the prime.
  [[nodiscard]] static std::optional<Residue> from_montgomery(const Limbs& limbs);

  [[nodiscard]] std::string to_be() const;
  [[nodiscard]] std::string to_le() const;
  [[nodiscard]] std::string to_decimal() const;

  /// The number itself, below the prime, and its Montgomery form.
  [[nodiscard]] Limbs value() const;
  [[nodiscard]] constexpr const Limbs& montgomery() const { return limbs_; }

  [[nodiscard]] constexpr bool is_zero() const { return limbs_ == Limbs{}; }
  /// 1/x; zero for zero.
  [[nodiscard]] Residue inverse() const;

  friend bool operator==(const Residue&, const Residue&) = default;

 private:
  explicit constexpr Residue(const Limbs& limbs) : limbs_(limbs) {}

  Limbs limbs_{};
};

using Fp = Residue<BasePrime>;
using Fr = Residue<ScalarPrime>;

/// Arithmetic for those who need a few operations; the module's inside has faster forms.
template <class Prime>
[[nodiscard]] Residue<Prime> operator+(const Residue<Prime>& a, const Residue<Prime>& b);
template <class Prime>
[[nodiscard]] Residue<Prime> operator-(const Residue<Prime>& a, const Residue<Prime>& b);
template <class Prime>
[[nodiscard]] Residue<Prime> operator*(const Residue<Prime>& a, const Residue<Prime>& b);
template <class Prime>
[[nodiscard]] Residue<Prime> operator-(const Residue<Prime>& a);

extern template class Residue<BasePrime>;
extern template class Residue<ScalarPrime>;

/// c0 + c1·i with i² = −1: what the coordinates of G2 are.
struct Fp2 {
  Fp c0;
  Fp c1;

  friend bool operator==(const Fp2&, const Fp2&) = default;
};

/// A square root, either of the two; nothing if there is none.
[[nodiscard]] std::optional<Fp> sqrt(const Fp& a);
[[nodiscard]] std::optional<Fp2> sqrt(const Fp2& a);

/// Whether y is the larger of y and −y, by which compressed points tell them apart: as integers,
/// and in Fp2 by c1 first, c0 if c1 is zero.
[[nodiscard]] bool is_larger_root(const Fp& y);
[[nodiscard]] bool is_larger_root(const Fp2& y);

}  // namespace vcp::zk
