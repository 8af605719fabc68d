// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/receipt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "log/reference_tree.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::log {
namespace {

using testing::HasSubstr;

constexpr std::string_view kReceipt =
    R"({"exit_code":0,"gas_used":1234,"nodes":[{"epoch":7,"node_id":"a","rank":0}],)"
    R"("salt":"00112233445566778899aabbccddeeff","task_id":"t1","version":1})";
constexpr std::string_view kOrigin = "vcp.example/log";

SignerKey make_key(std::uint64_t seed) {
  SeededRandom random(seed);
  return SignerKey::generate(std::string(kOrigin), random).value();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// A log of 300 receipts, of which 200 is kReceipt.
class Receipt : public testing::Test {
 protected:
  static constexpr std::uint64_t kLeaf = 200;

  Receipt() {
    auto leaves = reference::leaves(300);
    leaves[kLeaf] = leaf_hash(sha256(kReceipt).view());
    Tree tree;
    reference::Tiles tiles;
    tiles.put(tree.append(leaves));
    evidence_ = {
        .leaf_index = kLeaf,
        .tree_size = tree.size(),
        .inclusion_proof = prove_inclusion(kLeaf, tree.size(),
                                           nodes_in_tiles(tree.size(), tree.tiles(tiles.reader())))
                               .value(),
        .checkpoint = sign_note(to_text({std::string(kOrigin), tree.head()}), {{key_}})};
  }

  [[nodiscard]] std::string json() const { return receipt_with_evidence(kReceipt, evidence_); }

  [[nodiscard]] Result<VerifiedReceipt> verify(std::string_view json) const {
    return verify_receipt(json, std::vector{key_.verifier()});
  }

  [[nodiscard]] std::string why(std::string_view json) const {
    const auto result = verify(json);
    return result ? "accepted" : result.error().message;
  }

  SignerKey key_ = make_key(1);
  Evidence evidence_;
};

TEST_F(Receipt, InTheLogVerifies) {
  const auto verified = verify(json());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->receipt, kReceipt);
  EXPECT_EQ(verified->digest, sha256(kReceipt));
  EXPECT_EQ(verified->leaf_index, kLeaf);
  EXPECT_EQ(verified->checkpoint.checkpoint.tree.size, 300U);
  EXPECT_EQ(verified->checkpoint.checkpoint.origin, kOrigin);
}

TEST_F(Receipt, VerifiesHoweverItsJsonIsLaidOut) {
  const std::string shuffled =
      replaced(json(), kReceipt,
               R"({ "version": 1.0, "task_id": "\u0074\u0031", "exit_code": 0, "gas_used": 1234,
           "salt": "00112233445566778899aabbccddeeff",
           "nodes": [ { "rank": 0, "node_id": "a", "epoch": 7 } ] })");
  EXPECT_EQ(why(shuffled), "accepted");
}

TEST_F(Receipt, MayStandBesideOtherMembers) {
  EXPECT_EQ(why(replaced(json(), "{\"receipt\"", "{\"note\":1,\"receipt\"")), "accepted");
}

TEST_F(Receipt, OfOneLeafNeedsNoProof) {
  const TreeHead tree{1, leaf_hash(sha256(kReceipt).view())};
  evidence_ = {.leaf_index = 0,
               .tree_size = 1,
               .inclusion_proof = {},
               .checkpoint = sign_note(to_text({std::string(kOrigin), tree}), {{key_}})};
  EXPECT_EQ(why(json()), "accepted");
}

TEST_F(Receipt, WithAnyChangeInItIsRefused) {
  for (const auto& [from, to] : {std::pair{"\"exit_code\":0", "\"exit_code\":1"},
                                 {"\"t1\"", "\"t2\""},
                                 {"00112", "10112"},
                                 {"\"epoch\":7,", ""},
                                 {"\"version\":1", "\"version\":1,\"x\":null"}}) {
    EXPECT_THAT(why(replaced(json(), from, to)),
                HasSubstr("/inclusion_proof: leads from the receipt, sha256 "));
  }
}

TEST_F(Receipt, AsAnotherLeafIsRefused) {
  evidence_.leaf_index = kLeaf + 1;
  EXPECT_THAT(why(json()), HasSubstr("to another root than the checkpoint's"));
  evidence_.leaf_index = 300;
  EXPECT_EQ(why(json()), "/leaf_index: there is no leaf 300 in a tree of 300 leaves");
}

TEST_F(Receipt, WithAnotherTreeSizeThanItsCheckpointIsRefused) {
  evidence_.tree_size = 301;
  EXPECT_EQ(why(json()), "/tree_size: is 301, but the checkpoint's tree has 300 leaves");
}

TEST_F(Receipt, WithATruncatedProofIsRefused) {
  evidence_.inclusion_proof.pop_back();
  EXPECT_EQ(why(json()), "/inclusion_proof: the proof has 8 hashes, fewer than it takes");
}

TEST_F(Receipt, WithAHashTooManyIsRefused) {
  evidence_.inclusion_proof.push_back({});
  EXPECT_EQ(why(json()), "/inclusion_proof: the proof has 10 hashes, more than it takes");
}

TEST_F(Receipt, WithAFlippedBitInItsProofIsRefused) {
  for (Digest& hash : evidence_.inclusion_proof) {
    hash.bytes[0] ^= 1;
    EXPECT_THAT(why(json()), HasSubstr("/inclusion_proof: leads"));
    hash.bytes[0] ^= 1;
  }
}

TEST_F(Receipt, ByAnotherKeyIsRefused) {
  const auto result = verify_receipt(json(), std::vector{make_key(2).verifier()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "/checkpoint: none of the given keys signed the note");
}

TEST_F(Receipt, WithAForgedCheckpointIsRefused) {
  evidence_.checkpoint = replaced(evidence_.checkpoint, "\n300\n", "\n301\n");
  EXPECT_THAT(why(json()), HasSubstr("/checkpoint: the signature by vcp.example/log+"));
}

TEST_F(Receipt, OfAnEmptyTreeIsRefused) {
  evidence_.checkpoint = sign_note(to_text({std::string(kOrigin), {0, sha256("")}}), {{key_}});
  evidence_.tree_size = 0;
  EXPECT_EQ(why(json()), "/leaf_index: there is no leaf 200 in a tree of 0 leaves");
}

TEST_F(Receipt, MalformedIsRefusedWithTheMember) {
  const std::string hash = to_base64(evidence_.inclusion_proof[1].view());
  for (const auto& [from, to, reason] :
       std::initializer_list<std::tuple<std::string, std::string, std::string>>{
           {"\"receipt\"", "\"receip\"", "/receipt: must be an object"},
           {std::string(kReceipt), "[]", "/receipt: must be an object"},
           {"1234", "1.5", "/receipt/gas_used: not an integer below 2^53"},
           {"\"leaf_index\":200", "\"leaf_index\":-1", "/leaf_index: must be an integer from 0"},
           {"\"leaf_index\":200,", "", "/leaf_index: must be an integer from 0"},
           {"\"tree_size\":300", "\"tree_size\":\"300\"", "/tree_size: must be an integer from 0"},
           {"\"inclusion_proof\":[", "\"p\":[", "/inclusion_proof: must be an array"},
           {'"' + hash + '"', "7", "/inclusion_proof/1: must be 32 bytes in base64"},
           {hash, hash.substr(4), "/inclusion_proof/1: must be 32 bytes in base64"},
           {"\"checkpoint\"", "\"note\"", "/checkpoint: must be a string"},
           {"\\n\\n", "\\n", "/checkpoint: the note has no blank line"}}) {
    EXPECT_THAT(why(replaced(json(), from, to)), HasSubstr(reason)) << from;
  }
}

TEST_F(Receipt, WithMoreHashesThanAnyTreeTakesIsRefused) {
  evidence_.inclusion_proof.resize(65);
  EXPECT_EQ(why(json()), "/inclusion_proof: must be of at most 64 hashes");
}

TEST_F(Receipt, CutOffAnywhereIsRefused) {
  const std::string whole = json();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(verify(whole.substr(0, size))) << size;
  }
}

TEST_F(Receipt, ThatIsNoObjectIsRefused) {
  EXPECT_EQ(verify("no json").error().code, Code::malformed);
  EXPECT_EQ(verify("[]").error().code, Code::invalid);
}

TEST_F(Receipt, OverSixteenMebibytesIsNotRead) {
  EXPECT_EQ(verify(std::string(kMaxReceiptBytes + 1, ' ')).error().code, Code::too_large);
}

}  // namespace
}  // namespace vcp::log
