// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/field.hpp"

#include <algorithm>

#include "mont.hpp"

namespace vcp::zk {

namespace {

constexpr std::size_t kBytes = 32;
constexpr std::size_t kMaxDecimalDigits = 77;  // of a number below 2^254

/// (m + add)/2^shift, exponents of the kind (p + 1)/4.
constexpr Limbs shifted_modulus(std::uint64_t add_to, unsigned shift) {
  std::uint64_t carry = 0;
  Limbs e = add(BasePrime::kModulus, {add_to, 0, 0, 0}, carry);
  for (unsigned i = 0; i < shift; ++i) {
    for (std::size_t j = 0; j < 4; ++j) e[j] = (e[j] >> 1) | (j < 3 ? e[j + 1] << 63 : 0);
  }
  return e;
}

Limbs load_be(std::string_view bytes) {
  Limbs value{};
  for (std::size_t i = 0; i < kBytes; ++i) {
    const std::uint64_t byte = static_cast<unsigned char>(bytes[kBytes - 1 - i]);
    value[i / 8] |= byte << (8 * (i % 8));
  }
  return value;
}

std::string store_be(const Limbs& value) {
  std::string bytes(kBytes, '\0');
  for (std::size_t i = 0; i < kBytes; ++i) {
    bytes[kBytes - 1 - i] = static_cast<char>((value[i / 8] >> (8 * (i % 8))) & 0xff);
  }
  return bytes;
}

/// value = value·10 + digit; the digit limit keeps it from overflowing.
void push_digit(Limbs& value, std::uint64_t digit) {
  std::uint64_t carry = digit;
  for (auto& limb : value) limb = mul_add_carry(limb, 10, 0, carry);
}

/// value = value/10; gives the remainder.
std::uint64_t pop_digit(Limbs& value) {
  std::uint64_t remainder = 0;
  for (std::size_t i = 4; i-- > 0;) {
    const Uint128 dividend = (Uint128{remainder} << 64) | value[i];
    value[i] = static_cast<std::uint64_t>(dividend / 10);
    remainder = static_cast<std::uint64_t>(dividend % 10);
  }
  return remainder;
}

Fp half(const Fp& a) {
  static const Fp kHalf = Fp(2).inverse();
  return a * kHalf;
}

}  // namespace

template <class Prime>
Residue<Prime>::Residue(std::uint64_t value) : limbs_(to_montgomery<Prime>({value, 0, 0, 0})) {}

template <class Prime>
std::optional<Residue<Prime>> Residue<Prime>::from_be(std::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  const Limbs value = load_be(bytes);
  if (!less(value, Prime::kModulus)) return std::nullopt;
  return Residue(to_montgomery<Prime>(value));
}

template <class Prime>
std::optional<Residue<Prime>> Residue<Prime>::from_le(std::string_view bytes) {
  return from_be(std::string(bytes.rbegin(), bytes.rend()));
}

template <class Prime>
std::optional<Residue<Prime>> Residue<Prime>::from_decimal(std::string_view text) {
  if (text.empty() || text.size() > kMaxDecimalDigits) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  Limbs value{};
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    push_digit(value, static_cast<std::uint64_t>(c - '0'));
  }
  if (!less(value, Prime::kModulus)) return std::nullopt;
  return Residue(to_montgomery<Prime>(value));
}

template <class Prime>
Residue<Prime> Residue<Prime>::reduce(const Limbs& value) {
  Limbs reduced = value;
  while (!less(reduced, Prime::kModulus)) reduced = reduce_once(reduced, Prime::kModulus);
  return Residue(to_montgomery<Prime>(reduced));
}

template <class Prime>
std::optional<Residue<Prime>> Residue<Prime>::from_montgomery(const Limbs& limbs) {
  if (!less(limbs, Prime::kModulus)) return std::nullopt;
  return Residue(limbs);
}

template <class Prime>
std::string Residue<Prime>::to_be() const {
  return store_be(value());
}

template <class Prime>
std::string Residue<Prime>::to_le() const {
  std::string bytes = to_be();
  std::ranges::reverse(bytes);
  return bytes;
}

template <class Prime>
std::string Residue<Prime>::to_decimal() const {
  std::string digits;
  Limbs rest = value();
  do {
    digits.push_back(static_cast<char>('0' + pop_digit(rest)));
  } while (rest != Limbs{});
  std::ranges::reverse(digits);
  return digits;
}

template <class Prime>
Limbs Residue<Prime>::value() const {
  return zk::from_montgomery<Prime>(limbs_);
}

template <class Prime>
Residue<Prime> Residue<Prime>::inverse() const {
  return Mont<Prime, Portable>(limbs_).inverse().residue();
}

template <class Prime>
Residue<Prime> operator+(const Residue<Prime>& a, const Residue<Prime>& b) {
  return (Mont<Prime, Portable>(a) + Mont<Prime, Portable>(b)).residue();
}

template <class Prime>
Residue<Prime> operator-(const Residue<Prime>& a, const Residue<Prime>& b) {
  return (Mont<Prime, Portable>(a) - Mont<Prime, Portable>(b)).residue();
}

template <class Prime>
Residue<Prime> operator*(const Residue<Prime>& a, const Residue<Prime>& b) {
  return (Mont<Prime, Portable>(a) * Mont<Prime, Portable>(b)).residue();
}

template <class Prime>
Residue<Prime> operator-(const Residue<Prime>& a) {
  return (-Mont<Prime, Portable>(a)).residue();
}

template class Residue<BasePrime>;
template Fp operator+(const Fp&, const Fp&);
template Fp operator-(const Fp&, const Fp&);
template Fp operator*(const Fp&, const Fp&);
template Fp operator-(const Fp&);

template class Residue<ScalarPrime>;
template Fr operator+(const Fr&, const Fr&);
template Fr operator-(const Fr&, const Fr&);
template Fr operator*(const Fr&, const Fr&);
template Fr operator-(const Fr&);

std::optional<Fp> sqrt(const Fp& a) {
  static constexpr Limbs kExponent = shifted_modulus(1, 2);  // (p + 1)/4, for p ≡ 3 (mod 4)
  const Fp root = power(Mont<BasePrime, Portable>(a), kExponent).residue();
  if (root * root != a) return std::nullopt;
  return root;
}

// By the complex method: with a = c0 + c1·i and norm n² = c0² + c1², a root is x + y·i where
// x² = (c0 ± n)/2 and y = c1/2x.
std::optional<Fp2> sqrt(const Fp2& a) {
  if (a.c1.is_zero()) {
    if (const auto root = sqrt(a.c0)) return Fp2{*root, Fp()};
    return Fp2{Fp(), *sqrt(-a.c0)};  // −1 is no square, so one of the two has a root
  }
  const auto norm = sqrt(a.c0 * a.c0 + a.c1 * a.c1);
  if (!norm) return std::nullopt;
  auto x = sqrt(half(a.c0 + *norm));
  if (!x) x = sqrt(half(a.c0 - *norm));
  if (!x) return std::nullopt;
  return Fp2{*x, half(a.c1) * x->inverse()};
}

bool is_larger_root(const Fp& y) {
  static constexpr Limbs kHalf = shifted_modulus(0, 1);  // (p − 1)/2
  return less(kHalf, y.value());
}

bool is_larger_root(const Fp2& y) { return is_larger_root(y.c1.is_zero() ? y.c0 : y.c1); }

}  // namespace vcp::zk
