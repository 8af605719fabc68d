// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__x86_64__)

#include "primes.hpp"

namespace vcp::zk {

// clang-format off

// The four limbs of an operand, as the operands name0 to name3.
#define VCP_LIMBS(name, x) \
  [name##0] "m"((x)[0]), [name##1] "m"((x)[1]), [name##2] "m"((x)[2]), [name##3] "m"((x)[3])

#define VCP_ACCUMULATOR                                                               \
  [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),     \
  [lo] "=&r"(lo), [hi] "=&r"(hi)

// t = a·rdx.
#define VCP_SET_ROW(a, t0, t1, t2, t3, t4)        \
  "mulxq %[" a "0], %[" t0 "], %[" t1 "]\n\t"     \
  "mulxq %[" a "1], %[lo], %[" t2 "]\n\t"         \
  "addq %[lo], %[" t1 "]\n\t"                     \
  "mulxq %[" a "2], %[lo], %[" t3 "]\n\t"         \
  "adcq %[lo], %[" t2 "]\n\t"                     \
  "mulxq %[" a "3], %[lo], %[" t4 "]\n\t"         \
  "adcq %[lo], %[" t3 "]\n\t"                     \
  "adcq $0, %[" t4 "]\n\t"

// t += a·rdx. adcx and adox carry through CF and OF, so that the low and the high halves form two
// chains side by side. The bounds that mul() and mul_add() ask for keep t within five limbs.
#define VCP_ADD_ROW(a, t0, t1, t2, t3, t4)        \
  "xorl %k[lo], %k[lo]\n\t"                       \
  "mulxq %[" a "0], %[lo], %[hi]\n\t"             \
  "adcxq %[lo], %[" t0 "]\n\t"                    \
  "adoxq %[hi], %[" t1 "]\n\t"                    \
  "mulxq %[" a "1], %[lo], %[hi]\n\t"             \
  "adcxq %[lo], %[" t1 "]\n\t"                    \
  "adoxq %[hi], %[" t2 "]\n\t"                    \
  "mulxq %[" a "2], %[lo], %[hi]\n\t"             \
  "adcxq %[lo], %[" t2 "]\n\t"                    \
  "adoxq %[hi], %[" t3 "]\n\t"                    \
  "mulxq %[" a "3], %[lo], %[hi]\n\t"             \
  "adcxq %[lo], %[" t3 "]\n\t"                    \
  "adoxq %[hi], %[" t4 "]\n\t"                    \
  "movl $0, %k[lo]\n\t"                           \
  "adcxq %[lo], %[" t4 "]\n\t"

// t += q·m with the q that makes t0 zero, which then is the top limb of the next row.
#define VCP_REDUCE_ROW(t0, t1, t2, t3, t4)        \
  "movq %[inverse], %%rdx\n\t"                    \
  "imulq %[" t0 "], %%rdx\n\t"                    \
  VCP_ADD_ROW("m", t0, t1, t2, t3, t4)

#define VCP_LOAD(limb) "movq %[" limb "], %%rdx\n\t"

// Four limbs below 2m, reduced; u is free.
#define VCP_SUBTRACT_ONCE(t0, t1, t2, t3, u)      \
  "movq %[" t0 "], %[lo]\n\t"                     \
  "movq %[" t1 "], %[hi]\n\t"                     \
  "movq %[" t2 "], %[" u "]\n\t"                  \
  "movq %[" t3 "], %%rdx\n\t"                     \
  "subq %[m0], %[lo]\n\t"                         \
  "sbbq %[m1], %[hi]\n\t"                         \
  "sbbq %[m2], %[" u "]\n\t"                      \
  "sbbq %[m3], %%rdx\n\t"                         \
  "cmovncq %[lo], %[" t0 "]\n\t"                  \
  "cmovncq %[hi], %[" t1 "]\n\t"                  \
  "cmovncq %[" u "], %[" t2 "]\n\t"               \
  "cmovncq %%rdx, %[" t3 "]\n\t"

/// The arithmetic of Portable with the instructions mulx, adcx and adox, whose two carry chains no
/// compiler uses by itself. See Portable for the contracts.
struct Adx {
  /// Whether this machine has the instructions.
  static bool available() {
    return __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("adx") != 0;
  }

  template <class Prime>
  [[gnu::always_inline]] static Limbs mul(const Limbs& a, const Limbs& b) {
    std::uint64_t t0, t1, t2, t3, t4, lo, hi;
    asm(VCP_LOAD("b0") VCP_SET_ROW("a", "t0", "t1", "t2", "t3", "t4")
        VCP_REDUCE_ROW("t0", "t1", "t2", "t3", "t4")
        VCP_LOAD("b1") VCP_ADD_ROW("a", "t1", "t2", "t3", "t4", "t0")
        VCP_REDUCE_ROW("t1", "t2", "t3", "t4", "t0")
        VCP_LOAD("b2") VCP_ADD_ROW("a", "t2", "t3", "t4", "t0", "t1")
        VCP_REDUCE_ROW("t2", "t3", "t4", "t0", "t1")
        VCP_LOAD("b3") VCP_ADD_ROW("a", "t3", "t4", "t0", "t1", "t2")
        VCP_REDUCE_ROW("t3", "t4", "t0", "t1", "t2")
        VCP_SUBTRACT_ONCE("t4", "t0", "t1", "t2", "t3")
        : VCP_ACCUMULATOR
        : VCP_LIMBS(a, a), VCP_LIMBS(b, b), VCP_LIMBS(m, Prime::kModulus),
          [inverse] "m"(Prime::kNegativeInverse)
        : "rdx", "cc");
    return {t4, t0, t1, t2};
  }

  template <class Prime>
  [[gnu::always_inline]] static Limbs mul_add(const Limbs& a0, const Limbs& b0, const Limbs& a1,
                                              const Limbs& b1) {
    std::uint64_t t0, t1, t2, t3, t4, lo, hi;
    asm(VCP_LOAD("b0") VCP_SET_ROW("a", "t0", "t1", "t2", "t3", "t4")
        VCP_LOAD("d0") VCP_ADD_ROW("c", "t0", "t1", "t2", "t3", "t4")
        VCP_REDUCE_ROW("t0", "t1", "t2", "t3", "t4")
        VCP_LOAD("b1") VCP_ADD_ROW("a", "t1", "t2", "t3", "t4", "t0")
        VCP_LOAD("d1") VCP_ADD_ROW("c", "t1", "t2", "t3", "t4", "t0")
        VCP_REDUCE_ROW("t1", "t2", "t3", "t4", "t0")
        VCP_LOAD("b2") VCP_ADD_ROW("a", "t2", "t3", "t4", "t0", "t1")
        VCP_LOAD("d2") VCP_ADD_ROW("c", "t2", "t3", "t4", "t0", "t1")
        VCP_REDUCE_ROW("t2", "t3", "t4", "t0", "t1")
        VCP_LOAD("b3") VCP_ADD_ROW("a", "t3", "t4", "t0", "t1", "t2")
        VCP_LOAD("d3") VCP_ADD_ROW("c", "t3", "t4", "t0", "t1", "t2")
        VCP_REDUCE_ROW("t3", "t4", "t0", "t1", "t2")
        VCP_SUBTRACT_ONCE("t4", "t0", "t1", "t2", "t3")
        : VCP_ACCUMULATOR
        : VCP_LIMBS(a, a0), VCP_LIMBS(b, b0), VCP_LIMBS(c, a1), VCP_LIMBS(d, b1),
          VCP_LIMBS(m, Prime::kModulus), [inverse] "m"(Prime::kNegativeInverse)
        : "rdx", "cc");
    return {t4, t0, t1, t2};
  }

  template <class Prime>
  [[gnu::always_inline]] static Limbs nine_times_plus(const Limbs& a, const Limbs& b) {
    std::uint64_t t0, t1, t2, t3, t4, lo, hi;
    asm("movl $9, %%edx\n\t"
        VCP_SET_ROW("a", "t0", "t1", "t2", "t3", "t4")
        "addq %[b0], %[t0]\n\t"
        "adcq %[b1], %[t1]\n\t"
        "adcq %[b2], %[t2]\n\t"
        "adcq %[b3], %[t3]\n\t"
        "adcq $0, %[t4]\n\t"
        "shldq $6, %[t3], %[t4]\n\t"
        "imulq $21, %[t4], %[t4]\n\t"
        "shrq $8, %[t4]\n\t"
        "shlq $5, %[t4]\n\t"
        "addq %[multiples], %[t4]\n\t"
        "subq (%[t4]), %[t0]\n\t"
        "sbbq 8(%[t4]), %[t1]\n\t"
        "sbbq 16(%[t4]), %[t2]\n\t"
        "sbbq 24(%[t4]), %[t3]\n\t"
        VCP_SUBTRACT_ONCE("t0", "t1", "t2", "t3", "t4")
        : VCP_ACCUMULATOR
        : VCP_LIMBS(a, a), VCP_LIMBS(b, b), VCP_LIMBS(m, Prime::kModulus),
          [multiples] "r"(Prime::kMultiples.data()), "m"(Prime::kMultiples)
        : "rdx", "cc");
    return {t0, t1, t2, t3};
  }

  template <class Prime>
  [[gnu::always_inline]] static Limbs add(const Limbs& a, const Limbs& b) {
    std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3];
    std::uint64_t u0, u1, u2, u3;
    asm("addq %[b0], %[t0]\n\t"
        "adcq %[b1], %[t1]\n\t"
        "adcq %[b2], %[t2]\n\t"
        "adcq %[b3], %[t3]\n\t"
        "movq %[t0], %[u0]\n\t"
        "movq %[t1], %[u1]\n\t"
        "movq %[t2], %[u2]\n\t"
        "movq %[t3], %[u3]\n\t"
        "subq %[m0], %[u0]\n\t"
        "sbbq %[m1], %[u1]\n\t"
        "sbbq %[m2], %[u2]\n\t"
        "sbbq %[m3], %[u3]\n\t"
        "cmovncq %[u0], %[t0]\n\t"
        "cmovncq %[u1], %[t1]\n\t"
        "cmovncq %[u2], %[t2]\n\t"
        "cmovncq %[u3], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3),
          [u0] "=&r"(u0), [u1] "=&r"(u1), [u2] "=&r"(u2), [u3] "=&r"(u3)
        : VCP_LIMBS(b, b), VCP_LIMBS(m, Prime::kModulus)
        : "cc");
    return {t0, t1, t2, t3};
  }

  [[gnu::always_inline]] static Limbs add_loose(const Limbs& a, const Limbs& b) {
    std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3];
    asm("addq %[b0], %[t0]\n\t"
        "adcq %[b1], %[t1]\n\t"
        "adcq %[b2], %[t2]\n\t"
        "adcq %[b3], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3)
        : VCP_LIMBS(b, b)
        : "cc");
    return {t0, t1, t2, t3};
  }

  template <class Prime>
  [[gnu::always_inline]] static Limbs negate_loose(const Limbs& a) {
    constexpr Limbs m = Prime::kModulus;
    std::uint64_t t0 = m[0], t1 = m[1], t2 = m[2], t3 = m[3];
    asm("subq %[a0], %[t0]\n\t"
        "sbbq %[a1], %[t1]\n\t"
        "sbbq %[a2], %[t2]\n\t"
        "sbbq %[a3], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3)
        : VCP_LIMBS(a, a)
        : "cc");
    return {t0, t1, t2, t3};
  }

  template <class Prime>
  [[gnu::always_inline]] static Limbs subtract(const Limbs& a, const Limbs& b) {
    std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3];
    std::uint64_t u0, u1, u2, u3 = 0;
    asm("subq %[b0], %[t0]\n\t"
        "sbbq %[b1], %[t1]\n\t"
        "sbbq %[b2], %[t2]\n\t"
        "sbbq %[b3], %[t3]\n\t"
        "movq %[m0], %[u0]\n\t"
        "movq %[m1], %[u1]\n\t"
        "movq %[m2], %[u2]\n\t"
        "cmovncq %[u3], %[u0]\n\t"
        "cmovncq %[u3], %[u1]\n\t"
        "cmovncq %[u3], %[u2]\n\t"
        "cmovcq %[m3], %[u3]\n\t"
        "addq %[u0], %[t0]\n\t"
        "adcq %[u1], %[t1]\n\t"
        "adcq %[u2], %[t2]\n\t"
        "adcq %[u3], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3),
          [u0] "=&r"(u0), [u1] "=&r"(u1), [u2] "=&r"(u2), [u3] "+&r"(u3)
        : VCP_LIMBS(b, b), VCP_LIMBS(m, Prime::kModulus)
        : "cc");
    return {t0, t1, t2, t3};
  }
};

// clang-format on

#undef VCP_LIMBS
#undef VCP_ACCUMULATOR
#undef VCP_SET_ROW
#undef VCP_ADD_ROW
#undef VCP_REDUCE_ROW
#undef VCP_LOAD
#undef VCP_SUBTRACT_ONCE

}  // namespace vcp::zk

#endif
