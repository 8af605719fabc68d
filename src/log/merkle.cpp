// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/merkle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <string>

namespace vcp::log {
namespace {

constexpr char kLeafPrefix = 0;
constexpr char kNodePrefix = 1;

/// Leaves from `begin` up to `end`.
struct Range {
  std::uint64_t begin;
  std::uint64_t end;

  [[nodiscard]] std::uint64_t size() const { return end - begin; }

  /// Where the two subtrees of the root over the range meet: the largest power of two of leaves
  /// that is smaller than all of them stands to the left.
  [[nodiscard]] std::uint64_t split() const { return begin + std::bit_floor(size() - 1); }
};

/// The root over a range that is a subtree of some tree.
Result<Digest> range_root(Range range, const ReadNode& read) {
  if (std::has_single_bit(range.size())) {
    const auto height = static_cast<std::uint32_t>(std::countr_zero(range.size()));
    return read(NodeId{height, range.begin >> height});
  }
  const std::uint64_t split = range.split();
  const Result<Digest> left = range_root({range.begin, split}, read);
  if (!left) return left;
  const Result<Digest> right = range_root({split, range.end}, read);
  if (!right) return right;
  return node_hash(*left, *right);
}

/// Reads the roots of the ranges, the last one first.
Result<Proof> roots_upwards(std::span<const Range> downwards, const ReadNode& read) {
  Proof proof;
  proof.reserve(downwards.size());
  for (std::size_t i = downwards.size(); i-- > 0;) {
    Result<Digest> root = range_root(downwards[i], read);
    if (!root) return std::unexpected(std::move(root.error()));
    proof.push_back(*root);
  }
  return proof;
}

/// The path from a leaf or an old tree's last node (`node`, counted at its own height) to the root,
/// where `last` is the last node at that height: RFC 9162 calls the two fn and sn.
class Climb {
 public:
  Climb(std::uint64_t node, std::uint64_t last) : node_(node), last_(last) {}

  [[nodiscard]] bool at_root() const { return last_ == 0; }

  /// Climbs one sibling up and says whether that sibling is to the left. Heights at which the last
  /// node has no sibling are passed over.
  bool step() {
    const bool left = is_right_child() || node_ == last_;
    if (left) {
      while (!is_right_child() && node_ != 0) up();
    }
    up();
    return left;
  }

  /// To the root of the greatest complete subtree that ends with this leaf.
  void skip_right_children() {
    while (is_right_child()) up();
  }

 private:
  [[nodiscard]] bool is_right_child() const { return (node_ & 1) == 1; }
  void up() {
    node_ >>= 1;
    last_ >>= 1;
  }

  std::uint64_t node_;
  std::uint64_t last_;
};

std::unexpected<Error> wrong_length(std::size_t hashes, std::string_view compared) {
  return fail(Code::invalid, "the proof has " + std::to_string(hashes) + " hashes, " +
                                 std::string(compared) + " than it takes");
}

std::unexpected<Error> other_root(std::string_view what, std::uint64_t size) {
  return fail(Code::invalid, "the proof leads to another root of the " + std::string(what) +
                                 " tree of " + std::to_string(size) + " leaves");
}

/// The proof with the old root before it where RFC 9162 leaves it out: the old tree is one subtree.
Proof complete_consistency_proof(const TreeHead& old, std::span<const Digest> proof) {
  Proof path;
  path.reserve(proof.size() + 1);
  if (std::has_single_bit(old.size)) path.push_back(old.root);
  path.insert(path.end(), proof.begin(), proof.end());
  return path;
}

}  // namespace

Digest leaf_hash(std::string_view entry) {
  std::array<char, 64> buffer;
  if (entry.size() < buffer.size()) {
    buffer[0] = kLeafPrefix;
    std::ranges::copy(entry, buffer.begin() + 1);
    return sha256({buffer.data(), entry.size() + 1});
  }
  Sha256 hash;
  hash.update({&kLeafPrefix, 1});
  hash.update(entry);
  return hash.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
  constexpr std::size_t kHash = sizeof(Digest::bytes);
  std::array<char, 1 + 2 * kHash> buffer;
  buffer[0] = kNodePrefix;
  std::memcpy(&buffer[1], left.bytes.data(), kHash);
  std::memcpy(&buffer[1 + kHash], right.bytes.data(), kHash);
  return sha256({buffer.data(), buffer.size()});
}

Result<Digest> tree_root(std::uint64_t size, const ReadNode& read) {
  if (size == 0) return sha256("");
  return range_root({0, size}, read);
}

Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const ReadNode& read) {
  assert(index < size);
  std::vector<Range> siblings;
  for (Range range{0, size}; range.size() > 1;) {
    const std::uint64_t split = range.split();
    const bool left = index < split;
    siblings.push_back(left ? Range{split, range.end} : Range{range.begin, split});
    range = left ? Range{range.begin, split} : Range{split, range.end};
  }
  return roots_upwards(siblings, read);
}

Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t size, const ReadNode& read) {
  assert(old_size <= size);
  if (old_size == 0) return Proof{};
  std::vector<Range> roots;
  Range range{0, size};
  while (range.end != old_size) {
    const std::uint64_t split = range.split();
    const bool left = old_size <= split;
    roots.push_back(left ? Range{split, range.end} : Range{range.begin, split});
    range = left ? Range{range.begin, split} : Range{split, range.end};
  }
  if (range.begin != 0) roots.push_back(range);  // else the verifier has it: it is the old root
  return roots_upwards(roots, read);
}

Result<Digest> root_from_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                   std::span<const Digest> proof) {
  if (index >= size) {
    return fail(Code::invalid, "there is no leaf " + std::to_string(index) + " in a tree of " +
                                   std::to_string(size) + " leaves");
  }
  Climb climb(index, size - 1);
  Digest root = leaf;
  for (const Digest& sibling : proof) {
    if (climb.at_root()) return wrong_length(proof.size(), "more");
    root = climb.step() ? node_hash(sibling, root) : node_hash(root, sibling);
  }
  if (!climb.at_root()) return wrong_length(proof.size(), "fewer");
  return root;
}

Result<> verify_consistency(const TreeHead& old, const TreeHead& next,
                            std::span<const Digest> proof) {
  if (old.size > next.size) {
    return fail(Code::invalid, "the tree shrank from " + std::to_string(old.size) + " leaves to " +
                                   std::to_string(next.size));
  }
  if (old.size == 0 || old.size == next.size) {
    if (!proof.empty()) return wrong_length(proof.size(), "more");
    if (old.size == next.size && old.root != next.root) {
      return fail(Code::invalid,
                  "two trees of " + std::to_string(old.size) + " leaves have different roots");
    }
    return {};
  }

  const Proof path = complete_consistency_proof(old, proof);
  if (path.empty()) return wrong_length(0, "fewer");
  Climb climb(old.size - 1, next.size - 1);
  climb.skip_right_children();
  Digest old_root = path.front();
  Digest next_root = path.front();
  for (const Digest& hash : std::span(path).subspan(1)) {
    if (climb.at_root()) return wrong_length(proof.size(), "more");
    const bool left = climb.step();
    if (left) old_root = node_hash(hash, old_root);
    next_root = left ? node_hash(hash, next_root) : node_hash(next_root, hash);
  }
  if (!climb.at_root()) return wrong_length(proof.size(), "fewer");
  if (next_root != next.root) return other_root("new", next.size);
  if (old_root != old.root) return other_root("old", old.size);
  return {};
}

}  // namespace vcp::log
