// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/merkle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "log/reference_tree.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/base/random.hpp"

namespace vcp::log {
namespace {

using testing::HasSubstr;

Digest digest(std::string_view hex) {
  Digest out;
  const std::string bytes = from_hex(hex).value();
  std::memcpy(out.bytes.data(), bytes.data(), out.bytes.size());
  return out;
}

TreeHead head(std::span<const Digest> leaves) { return {leaves.size(), reference::mth(leaves)}; }

void flip_bit(Digest& hash) { hash.bytes[7] ^= 0x10; }

// The tree that the tests of Certificate Transparency use (google/certificate-transparency,
// merkle_tree_test.cc; transparency-dev/merkle, proof/verify_test.go).
constexpr std::string_view kEntries[] = {"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
constexpr std::string_view kRoots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

struct PublicProof {
  std::uint64_t first;  // the leaf, from 0; or the size of the old tree
  std::uint64_t size;
  std::vector<std::string_view> hashes;
};

const PublicProof kInclusionProofs[] = {
    {0, 1, {}},
    {0,
     8,
     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
    {5,
     8,
     {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
    {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
    {1,
     5,
     {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};

const PublicProof kConsistencyProofs[] = {
    {1, 1, {}},
    {1,
     8,
     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
    {6,
     8,
     {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
    {2,
     5,
     {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
    {6,
     7,
     {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
};

std::vector<Digest> public_leaves() {
  std::vector<Digest> leaves;
  for (const auto entry : kEntries) leaves.push_back(leaf_hash(from_hex(entry).value()));
  return leaves;
}

Proof hashes(const PublicProof& proof) {
  Proof out;
  for (const auto hash : proof.hashes) out.push_back(digest(hash));
  return out;
}

TEST(Merkle, HasTheRootsOfCertificateTransparency) {
  const auto leaves = public_leaves();
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    EXPECT_EQ(tree_root(size, reference::nodes(leaves)), digest(kRoots[size - 1])) << size;
  }
}

TEST(Merkle, HasTheRootOfAnEmptyTreeThatRfc6962Gives) {
  EXPECT_EQ(tree_root(0, reference::nodes({})), sha256(""));
}

TEST(Merkle, MakesTheInclusionProofsOfCertificateTransparency) {
  const auto leaves = public_leaves();
  for (const PublicProof& proof : kInclusionProofs) {
    EXPECT_EQ(prove_inclusion(proof.first, proof.size, reference::nodes(leaves)), hashes(proof));
  }
}

TEST(Merkle, VerifiesTheInclusionProofsOfCertificateTransparency) {
  const auto leaves = public_leaves();
  for (const PublicProof& proof : kInclusionProofs) {
    EXPECT_EQ(root_from_inclusion(proof.first, proof.size, leaves[proof.first], hashes(proof)),
              digest(kRoots[proof.size - 1]));
  }
}

TEST(Merkle, MakesTheConsistencyProofsOfCertificateTransparency) {
  const auto leaves = public_leaves();
  for (const PublicProof& proof : kConsistencyProofs) {
    EXPECT_EQ(prove_consistency(proof.first, proof.size, reference::nodes(leaves)), hashes(proof));
  }
}

TEST(Merkle, VerifiesTheConsistencyProofsOfCertificateTransparency) {
  for (const PublicProof& proof : kConsistencyProofs) {
    const TreeHead old{proof.first, digest(kRoots[proof.first - 1])};
    const TreeHead next{proof.size, digest(kRoots[proof.size - 1])};
    EXPECT_TRUE(verify_consistency(old, next, hashes(proof))) << proof.first << ' ' << proof.size;
  }
}

TEST(Merkle, HashesEntriesOfEveryLengthBehindTheLeafPrefix) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string entry(size, 'e');
    EXPECT_EQ(leaf_hash(entry), sha256(std::string(1, '\0') + entry)) << size;
  }
}

constexpr std::size_t kAllSizes = 300;

TEST(Merkle, AgreesWithTheDefinitionOnRootsOfEverySize) {
  const auto leaves = reference::leaves(kAllSizes);
  for (std::size_t size = 0; size <= kAllSizes; ++size) {
    const auto first = std::span(leaves).first(size);
    EXPECT_EQ(tree_root(size, reference::nodes(leaves)), reference::mth(first)) << size;
  }
}

TEST(Merkle, AgreesWithTheDefinitionOnInclusionInEverySize) {
  const auto leaves = reference::leaves(kAllSizes);
  for (std::size_t size = 1; size <= kAllSizes; size += size < 70 ? 1 : 23) {
    const auto first = std::span(leaves).first(size);
    const Digest root = reference::mth(first);
    for (std::size_t index = 0; index < size; ++index) {
      const Proof proof = prove_inclusion(index, size, reference::nodes(leaves)).value();
      ASSERT_EQ(proof, reference::path(index, first)) << index << " of " << size;
      ASSERT_EQ(root_from_inclusion(index, size, leaves[index], proof), root);
    }
  }
}

TEST(Merkle, AgreesWithTheDefinitionOnConsistencyOfEverySize) {
  const auto leaves = reference::leaves(kAllSizes);
  for (std::size_t size = 1; size <= kAllSizes; size += size < 70 ? 1 : 23) {
    const auto first = std::span(leaves).first(size);
    for (std::size_t old = 1; old <= size; ++old) {
      const Proof proof = prove_consistency(old, size, reference::nodes(leaves)).value();
      ASSERT_EQ(proof, reference::proof(old, first)) << old << " to " << size;
      ASSERT_TRUE(verify_consistency(head(first.first(old)), head(first), proof));
    }
  }
}

// A proof is of one leaf in one tree: whatever else is claimed with it leads elsewhere or nowhere.
TEST(Inclusion, ProofServesNoOtherLeafOrSize) {
  const auto leaves = reference::leaves(33);
  const Digest root = reference::mth(leaves);
  for (std::size_t index = 0; index < leaves.size(); ++index) {
    const Proof proof = reference::path(index, leaves);
    for (std::size_t other = 0; other < leaves.size() + 2; ++other) {
      if (other == index) continue;
      EXPECT_NE(root_from_inclusion(other, leaves.size(), leaves[index], proof), root);
    }
    for (const std::size_t size : {2 * leaves.size(), leaves.size() / 2}) {
      EXPECT_NE(root_from_inclusion(index, size, leaves[index], proof), root);
    }
  }
}

TEST(Inclusion, ProofWithAFlippedBitLeadsToAnotherRoot) {
  const auto leaves = reference::leaves(21);
  const Digest root = reference::mth(leaves);
  for (std::size_t index = 0; index < leaves.size(); ++index) {
    const Proof proof = reference::path(index, leaves);
    for (std::size_t i = 0; i < proof.size(); ++i) {
      Proof damaged = proof;
      flip_bit(damaged[i]);
      EXPECT_NE(root_from_inclusion(index, leaves.size(), leaves[index], damaged), root);
    }
  }
}

TEST(Inclusion, ProofWithAHashTooFewIsRefused) {
  const auto leaves = reference::leaves(21);
  Proof proof = reference::path(4, leaves);
  proof.pop_back();
  const auto root = root_from_inclusion(4, leaves.size(), leaves[4], proof);
  ASSERT_FALSE(root);
  EXPECT_THAT(root.error().message, HasSubstr("has 4 hashes, fewer than it takes"));
}

TEST(Inclusion, ProofWithAHashTooManyIsRefused) {
  const auto leaves = reference::leaves(21);
  Proof proof = reference::path(4, leaves);
  proof.push_back(leaves[0]);
  const auto root = root_from_inclusion(4, leaves.size(), leaves[4], proof);
  ASSERT_FALSE(root);
  EXPECT_THAT(root.error().message, HasSubstr("has 6 hashes, more than it takes"));
}

TEST(Inclusion, LeafOutsideTheTreeIsRefused) {
  const auto root = root_from_inclusion(8, 8, Digest{}, {});
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().message, "there is no leaf 8 in a tree of 8 leaves");
}

TEST(Inclusion, NothingIsInAnEmptyTree) { EXPECT_FALSE(root_from_inclusion(0, 0, Digest{}, {})); }

TEST(Inclusion, LargestTreeTakes64HashesAtMost) {
  constexpr std::uint64_t kLargest = ~std::uint64_t{0};
  EXPECT_TRUE(root_from_inclusion(0, kLargest, Digest{}, Proof(64)));
  EXPECT_FALSE(root_from_inclusion(0, kLargest, Digest{}, Proof(65)));
}

TEST(Consistency, EveryTreeBeginsWithTheEmptyOne) {
  const auto leaves = reference::leaves(5);
  EXPECT_TRUE(verify_consistency({0, sha256("")}, head(leaves), {}));
  EXPECT_EQ(prove_consistency(0, 5, reference::nodes(leaves)), Proof{});
}

TEST(Consistency, TreeThatShrankIsRefused) {
  const auto leaves = reference::leaves(5);
  const auto result = verify_consistency(head(leaves), head(std::span(leaves).first(4)), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "the tree shrank from 5 leaves to 4");
}

TEST(Consistency, TwoRootsOfOneSizeAreRefused) {
  const auto leaves = reference::leaves(5);
  TreeHead other = head(leaves);
  flip_bit(other.root);
  const auto result = verify_consistency(head(leaves), other, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "two trees of 5 leaves have different roots");
}

TEST(Consistency, NeedlessHashesAreRefused) {
  const auto leaves = reference::leaves(5);
  EXPECT_FALSE(verify_consistency(head(leaves), head(leaves), Proof(1)));
  EXPECT_FALSE(verify_consistency({0, sha256("")}, head(leaves), Proof(1)));
}

TEST(Consistency, ProofOfAnyOtherLengthIsRefused) {
  const auto leaves = reference::leaves(21);
  for (std::size_t old = 1; old < leaves.size(); ++old) {
    const TreeHead before = head(std::span(leaves).first(old));
    Proof proof = reference::proof(old, leaves);
    EXPECT_FALSE(verify_consistency(before, head(leaves), {})) << old;
    proof.push_back(before.root);
    EXPECT_FALSE(verify_consistency(before, head(leaves), proof)) << old;
    proof.resize(proof.size() - 2);
    EXPECT_FALSE(verify_consistency(before, head(leaves), proof)) << old;
  }
}

TEST(Consistency, ProofWithAFlippedBitIsRefused) {
  const auto leaves = reference::leaves(21);
  for (std::size_t old = 1; old < leaves.size(); ++old) {
    const TreeHead before = head(std::span(leaves).first(old));
    const Proof proof = reference::proof(old, leaves);
    for (std::size_t i = 0; i < proof.size(); ++i) {
      Proof damaged = proof;
      flip_bit(damaged[i]);
      EXPECT_FALSE(verify_consistency(before, head(leaves), damaged)) << old << ' ' << i;
    }
  }
}

TEST(Consistency, HistoryThatWasRewrittenIsRefused) {
  auto leaves = reference::leaves(21);
  const TreeHead before = head(std::span(leaves).first(12));
  flip_bit(leaves[3]);
  const auto result = verify_consistency(before, head(leaves), reference::proof(12, leaves));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "the proof leads to another root of the old tree of 12 leaves");
}

}  // namespace
}  // namespace vcp::log
