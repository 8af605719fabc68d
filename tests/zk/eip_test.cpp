// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vcp/base/encoding.hpp"
#include "vcp/zk/curve.hpp"

// Known answers for EIP-196 and EIP-197 from go-ethereum, core/vm/testdata/precompiles:
// bn256Add.json, bn256ScalarMul.json and bn256Pairing.json, under the names they have there.

namespace vcp::zk {
namespace {

/// Reads the words of a vector one after the other.
class Words {
 public:
  explicit Words(const std::string& hex) : bytes_(from_hex(hex).value()) {}

  std::string word() {
    const std::string word = bytes_.substr(at_, 32);
    at_ += 32;
    return word;
  }
  Fp fp() { return *Fp::from_be(word()); }
  /// A scalar of 256 bits, of which the group sees the remainder.
  Fr fr() {
    Fr value;
    for (const char c : word()) value = value * Fr(256) + Fr(static_cast<unsigned char>(c));
    return value;
  }
  G1 g1() {
    G1 point;
    point.x = fp();
    point.y = fp();
    point.infinity = point.x.is_zero() && point.y.is_zero();
    return point;
  }
  G2 g2() {
    G2 point;
    point.x.c1 = fp();
    point.x.c0 = fp();
    point.y.c1 = fp();
    point.y.c0 = fp();
    return point;
  }
  [[nodiscard]] bool empty() const { return at_ == bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

struct KnownAnswer {
  const char* name;
  std::string input;
  std::string expected;
};

const std::string kZero(64, '0');
const std::string kInfinity(128, '0');
const std::string kOne = std::string(63, '0') + "1";
const std::string kTwo = std::string(63, '0') + "2";
const std::string kA =
    "17c139df0efee0f766bc0204762b774362e4ded88953a39ce849a8a7fa163fa9"
    "01e0559bacb160664764a357af8a9fe70baa9258e0b959273ffc5718c6d4cc7c";
const std::string kMinusA =
    "17c139df0efee0f766bc0204762b774362e4ded88953a39ce849a8a7fa163fa9"
    "2e83f8d734803fc370eba25ed1f6b8768bd6d83887b87165fc2434fe11a830cb";
const std::string kB =
    "039730ea8dff1254c0fee9c0ea777d29a9c710b7e616683f194f18c43b43b869"
    "073a5ffcc6fc7a28c30723d6e58ce577356982d65b833a5a5c15bf9024b43d98";
const std::string kG2 =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
const std::string kMinusG2 =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "275dc4a288d1afb3cbb1ac09187524c7db36395df7be3b99e673b13a075a65ec"
    "1d9befcd05a5323e6da4d435f3b617cdb3af83285c2df711ef39c01571827f9d";

TEST(Eip196, AdditionsOfGoEthereum) {
  const std::vector<KnownAnswer> answers = {
      {"chfast1",
       "18b18acfb4c2c30276db5411368e7185b311dd124691610c5d3b74034e093dc9"
       "063c909c4720840cb5134cb9f59fa749755796819658d32efc0d288198f37266"
       "07c2b7f58a84bd6145f00c9c2bc0bb1a187f20ff2c92963a88019e7c6a014eed"
       "06614e20c147e940f2d70da3f74c9a17df361706a4485c742bd6788478fa17d7",
       "2243525c5efd4b9c3d3c45ac0ca3fe4dd85e830a4ce6b65fa1eeaee202839703"
       "301d1d33be6da8e509df21cc35964723180eed7532537db9ae5e7d48f195c915"},
      {"cdetrio1", kInfinity + kInfinity, kInfinity},
      {"cdetrio6", kInfinity + kOne + kTwo, kOne + kTwo},
      {"cdetrio9", kOne + kTwo + kInfinity, kOne + kTwo},
      {"cdetrio11", kOne + kTwo + kOne + kTwo,
       "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
       "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"},
      {"cdetrio13", kA + kB,
       "15bf2bb17880144b5d1cd2b1f46eff9d617bffd1ca57c37fb5a49bd84e53cf66"
       "049c797f9ce0d17083deb32b5e36f2ea2a212ee036598dd7624c168993d1355f"},
      {"cdetrio14", kA + kMinusA, kInfinity},
  };
  for (const auto& answer : answers) {
    Words input(answer.input);
    const G1 a = input.g1();
    const G1 b = input.g1();
    EXPECT_EQ(a + b, Words(answer.expected).g1()) << answer.name;
  }
}

TEST(Eip196, MultiplicationsOfGoEthereum) {
  const std::vector<KnownAnswer> answers = {
      {"chfast1",
       "2bd3e6d0f3b142924f5ca7b49ce5b9d54c4703d7ae5648e61d02268b1a0a9fb7"
       "21611ce0a6af85915e2f1d70300909ce2e49dfad4a4619c8390cae66cefdb204"
       "00000000000000000000000000000000000000000000000011138ce750fa15c2",
       "070a8d6a982153cae4be29d434e8faef8a47b274a053f5a4ee2a6c9c13c31e5c"
       "031b8ce914eba3a9ffb989f9cdd5b0f01943074bf4f0f315690ec3cec6981afc"},
      {"chfast2",
       "070a8d6a982153cae4be29d434e8faef8a47b274a053f5a4ee2a6c9c13c31e5c"
       "031b8ce914eba3a9ffb989f9cdd5b0f01943074bf4f0f315690ec3cec6981afc"
       "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd46",
       "025a6f4181d2b4ea8b724290ffb40156eb0adb514c688556eb79cdea0752c2bb"
       "2eff3f31dea215f1eb86023a133a996eb6300b44da664d64251d05381bb8a02e"},
      {"cdetrio1",
       "1a87b0584ce92f4593d161480614f2989035225609f08058ccfa3d0f940febe3"
       "1a2f3c951f6dadcc7ee9007dff81504b0fcd6d7cf59996efdc33d92bf7f9f8f6"
       "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
       "2cde5879ba6f13c0b5aa4ef627f159a3347df9722efce88a9afbb20b763b4c41"
       "1aa7e43076f6aee272755a7f9b84832e71559ba0d2e0b17d5f9f01755e5b0d11"},
      {"cdetrio7", kA + "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000",
       "17c139df0efee0f766bc0204762b774362e4ded88953a39ce849a8a7fa163fa9"
       "2e83f8d734803fc370eba25ed1f6b8768bd6d83887b87165fc2434fe11a830cb"},
      {"cdetrio8", kA + "0000000000000000000000000000000100000000000000000000000000000000",
       "221a3577763877920d0d14a91cd59b9479f83b87a653bb41f82a3f6f120cea7c"
       "2752c7f64cdd7f0e494bff7b60419f242210f2026ed2ec70f89f78a4c56a1f15"},
      {"cdetrio10", kA + kOne, kA},
  };
  for (const auto& answer : answers) {
    Words input(answer.input);
    const G1 a = input.g1();
    const Fr k = input.fr();
    EXPECT_EQ(k * a, Words(answer.expected).g1()) << answer.name;
  }
}

TEST(Eip197, PairingsOfGoEthereum) {
  const std::string jeff1 =
      "1c76476f4def4bb94541d57ebba1193381ffa7aa76ada664dd31c16024c43f59"
      "3034dd2920f673e204fee2811c678745fc819b55d3e9d294e45c9b03a76aef41"
      "209dd15ebff5d46c4bd888e51a93cf99a7329636c63514396b4a452003a35bf7"
      "04bf11ca01483bfa8b34b43561848d28905960114c8ac04049af4b6315a41678"
      "2bb8324af6cfc93537a2ad1a445cfd0ca2a71acd7ac41fadbf933c2a51be344d"
      "120a2a4cf30c1bf9845f20c6fe39e07ea2cce61f0c9bb048165fe5e4de877550"
      "111e129f1cf1097710d41c4ac70fcdfa5ba2023c6ff1cbeac322de49d1b6df7c";
  const std::vector<KnownAnswer> answers = {
      {"jeff1", jeff1 + "2032c61a830e3c17286de9462bf242fca2883585b93870a73853face6a6bf411" + kG2,
       kOne},
      {"jeff6", jeff1 + "103188585e2364128fe25c70558f1560f4f9350baf3959e603cc91486e110936" + kG2,
       kZero},
      {"empty_data", "", kOne},
      {"one_point", kOne + kTwo + kG2, kZero},
      {"two_point_match_2", kOne + kTwo + kG2 + kOne + kTwo + kMinusG2, kOne},
      {"two_point_match_4",
       "105456a333e6d636854f987ea7bb713dfd0ae8371a72aea313ae0c32c0bf1016"
       "0cf031d41b41557f3e7e3ba0c51bebe5da8e6ecd855ec50fc87efcdeac168bcc"
       "0476be093a6d2b4bbf907172049874af11e1b6267606e00804d3ff0037ec57fd"
       "3010c68cb50161b7d1d96bb71edfec9880171954e56871abf3d93cc94d745fa1"
       "14c059d74e5b6c4ec14ae5864ebe23a71781d86c29fb8fb6cce94f70d3de7a21"
       "01b33461f39d9e887dbb100f170a2345dde3c07e256d1dfa2b657ba5cd030427" +
           kOne + kTwo +
           "1a2c3013d2ea92e13c800cde68ef56a294b883f6ac35d25f587c09b1b3c635f7"
           "290158a80cd3d66530f74dc94c94adb88f5cdb481acca997b6e60071f08a115f"
           "2f997f3dbd66a7afe07fe7862ce239edba9e05c5afff7f8a1259c9733b2dfbb9"
           "29d1691530ca701b4a106054688728c9972c8512e9789e9567aae23e302ccd75",
       kOne},
  };
  for (const auto& answer : answers) {
    Words input(answer.input);
    std::vector<PairingTerm> terms;
    while (!input.empty()) {
      PairingTerm term;
      term.p = input.g1();
      term.q = input.g2();
      EXPECT_TRUE(on_curve(term.p) && in_subgroup(term.q)) << answer.name;
      terms.push_back(term);
    }
    EXPECT_EQ(pairing_product_is_one(terms), answer.expected == kOne) << answer.name;
  }
}

}  // namespace
}  // namespace vcp::zk
