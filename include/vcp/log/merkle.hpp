// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/result.hpp"

/// The Merkle tree of RFC 6962, section 2, and its proofs; the algorithms are those of RFC 9162,
/// section 2.1. Nothing here stores a tree: proofs are made from nodes that the caller reads.
namespace vcp::log {

/// SHA-256(0x00 || entry).
[[nodiscard]] Digest leaf_hash(std::string_view entry);

/// SHA-256(0x01 || left || right).
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);

/// What a tree is known by.
struct TreeHead {
  std::uint64_t size = 0;  ///< leaves
  Digest root;

  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

/// The root of the complete subtree over the leaves from `index` << `height`, 2^height of them.
/// Once complete, its hash is the same in every later tree.
struct NodeId {
  std::uint32_t height = 0;
  std::uint64_t index = 0;

  friend bool operator==(const NodeId&, const NodeId&) = default;
};

/// Gives the hash of a complete subtree. It is asked only for subtrees inside the tree.
using ReadNode = std::function<Result<Digest>(NodeId)>;

/// Hashes from the leaf upwards, as RFC 9162 lists them.
using Proof = std::vector<Digest>;

/// The root of the tree over the first `size` leaves. Errors are those of `read`.
[[nodiscard]] Result<Digest> tree_root(std::uint64_t size, const ReadNode& read);

/// That leaf `index` is in the tree of `size` leaves; `index` < `size`. Errors are those of `read`.
[[nodiscard]] Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size,
                                            const ReadNode& read);

/// That the tree of `size` leaves begins with the one of `old_size`, at most `size`; empty if
/// either is trivial (none or all of the leaves). Errors are those of `read`.
[[nodiscard]] Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t size,
                                              const ReadNode& read);

/// The root that the proof leads to from the leaf. `invalid` if there is no such leaf, or if the
/// proof has not the one length that fits.
[[nodiscard]] Result<Digest> root_from_inclusion(std::uint64_t index, std::uint64_t size,
                                                 const Digest& leaf, std::span<const Digest> proof);

/// `invalid`, with what is wrong, unless the proof shows that `next` begins with all of `old`.
[[nodiscard]] Result<> verify_consistency(const TreeHead& old, const TreeHead& next,
                                          std::span<const Digest> proof);

}  // namespace vcp::log
