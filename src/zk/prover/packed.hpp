// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "group.hpp"

// Points and scalars as snarkjs' files have them, little-endian and at any address: read where they
// are mapped.

namespace vcp::zk {

static_assert(std::endian::native == std::endian::little);

/// The item at `index` of a packed array.
template <class T>
T unpack(std::string_view bytes, std::size_t index) {
  static_assert(std::is_trivially_copyable_v<T>);
  T item;
  std::memcpy(&item, bytes.data() + index * sizeof(T), sizeof(T));
  return item;
}

/// An affine point; infinity is (0, 0), which is on neither curve.
template <class E>
struct Packed {
  E x;
  E y;

  static Packed infinity() { return {E::zero(), E::zero()}; }
  static Packed of(const Affine<E>& a) { return a.infinity ? infinity() : Packed{a.x, a.y}; }

  [[nodiscard]] bool is_infinity() const { return x.is_zero() && y.is_zero(); }
  [[nodiscard]] Affine<E> affine() const {
    Affine<E> a(x, y);
    a.infinity = is_infinity();
    return a;
  }
};

}  // namespace vcp::zk
