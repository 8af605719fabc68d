// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "portable.hpp"

namespace vcp::zk {

/// A constant of Fp, made at compile time for the fields that the tower is built upon.
struct Constant {
  Limbs montgomery;

  consteval explicit Constant(std::string_view digits)
      : montgomery(to_montgomery<BasePrime>(hex(digits))) {}
};

/// A constant of Fp2.
struct Constant2 {
  Constant c0;
  Constant c1;
};

/// ξ^(k(p−1)/6), k = 1 to 5, for ξ = 9 + i: what the Frobenius multiplies the conjugate of the
/// coefficient of wᵏ by.
inline constexpr std::array<Constant2, 5> kFrobenius1 = {{
    {Constant("1284b71c2865a7dfe8b99fdd76e68b605c521e08292f2176d60b35dadcc9e470"),
     Constant("246996f3b4fae7e6a6327cfe12150b8e747992778eeec7e5ca5cf05f80f362ac")},
    {Constant("2fb347984f7911f74c0bec3cf559b143b78cc310c2c3330c99e39557176f553d"),
     Constant("16c9e55061ebae204ba4cc8bd75a079432ae2a1d0b7c9dce1665d51c640fcba2")},
    {Constant("063cf305489af5dcdc5ec698b6e2f9b9dbaae0eda9c95998dc54014671a0135a"),
     Constant("07c03cbcac41049a0704b5a7ec796f2b21807dc98fa25bd282d37f632623b0e3")},
    {Constant("05b54f5e64eea80180f3c0b75a181e84d33365f7be94ec72848a1f55921ea762"),
     Constant("2c145edbe7fd8aee9f3a80b03b0b1c923685d2ea1bdec763c13b4711cd2b8126")},
    {Constant("0183c1e74f798649e93a3661a4353ff4425c459b55aa1bd32ea2c810eab7692f"),
     Constant("12acf2ca76fd0675a27fb246c7729f7db080cb99678e2ac024c6b8ee6e0c2c4b")},
}};

/// ξ^(k(p²−1)/6), k = 1 to 5, which lie in Fp.
inline constexpr std::array<Constant, 5> kFrobenius2 = {
    Constant("30644e72e131a0295e6dd9e7e0acccb0c28f069fbb966e3de4bd44e5607cfd49"),
    Constant("30644e72e131a0295e6dd9e7e0acccb0c28f069fbb966e3de4bd44e5607cfd48"),
    Constant("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd46"),
    Constant("59e26bcea0d48bacd4f263f1acdb5c4f5763473177fffffe"),
    Constant("59e26bcea0d48bacd4f263f1acdb5c4f5763473177ffffff"),
};

/// ξ^(k(p³−1)/6), k = 1 to 5.
inline constexpr std::array<Constant2, 5> kFrobenius3 = {{
    {Constant("19dc81cfcc82e4bbefe9608cd0acaa90894cb38dbe55d24ae86f7d391ed4a67f"),
     Constant("00abf8b60be77d7306cbeee33576139d7f03a5e397d439ec7694aa2bf4c0c101")},
    {Constant("0856e078b755ef0abaff1c77959f25ac805ffd3d5d6942d37b746ee87bdcfb6d"),
     Constant("04f1de41b3d1766fa9f30e6dec26094f0fdf31bf98ff2631380cab2baaa586de")},
    {Constant("2a275b6d9896aa4cdbf17f1dca9e5ea3bbd689a3bea870f45fcc8ad066dce9ed"),
     Constant("28a411b634f09b8fb14b900e9507e9327600ecc7d8cf6ebab94d0cb3b2594c64")},
    {Constant("0bc58c6611c08dab19bee0f7b5b2444ee633094575b06bcb0e1a92bc3ccbf066"),
     Constant("23d5e999e1910a12feb0f6ef0cd21d04a44a9e08737f96e55fe3ed9d730c239f")},
    {Constant("13c49044952c0905711699fa3b4d3f692ed68098967c84a5ebde847076261b43"),
     Constant("16db366a59b1dd0b9fb1b2282a48633d3e2ddaea200280211f25041384282499")},
}};

/// b′ = 3/ξ of the twist y² = x³ + b′, and three times that.
inline constexpr Constant2 kTwistB = {
    Constant("2b149d40ceb8aaae81be18991be06ac3b5b4c5e559dbefa33267e6dc24a138e5"),
    Constant("009713b03af0fed4cd2cafadeed8fdf4a74fa084e52d1852e4a2bd0685c315d2")};
inline constexpr Constant2 kTwist3B = {
    Constant("20753adca9c6bfb81499be5e509e8f8ff21b7c8d3cb039cf1ef69c66bce9b021"),
    Constant("01c53b10b0d2fc7e67860f09cc8af9ddf5eee18eaf8748f8ade8371391494176")};

/// β with β³ = 1: (βx, y) = [λ](x, y) on G1, for λ = 36x₀³ + 18x₀² + 6x₀ + 1.
inline constexpr Constant kCubeRoot{"59e26bcea0d48bacd4f263f1acdb5c4f5763473177fffffe"};

}  // namespace vcp::zk
