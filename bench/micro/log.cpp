// SPDX-License-Identifier: Apache-2.0
// What a completion pays for its receipt, and what a proof costs in a log of ten million.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/log/canonical_json.hpp"
#include "vcp/log/checkpoint.hpp"
#include "vcp/log/receipt.hpp"
#include "vcp/log/tree.hpp"

namespace vcp::log {
namespace {

constexpr std::uint64_t kLeaves = 10'000'000;

/// The leaves from `first` on; hashes of anything, as far as the tree can tell.
std::vector<Digest> leaves(std::uint64_t first, std::size_t count) {
  std::vector<Digest> out(count);
  for (Digest& leaf : out) std::memcpy(leaf.bytes.data(), &first, sizeof first), ++first;
  return out;
}

/// A log of ten million leaves, its tiles in memory as the bytes that would be on disk: 0.35 GB.
class Log {
 public:
  Log() {
    while (tree_.size() < kLeaves) {
      for (StoredTile& tile : tree_.append(leaves(tree_.size(), kTileWidth * 100 + 50))) {
        tiles_[tile.id] = std::move(tile.bytes);
      }
    }
  }

  [[nodiscard]] const Tree& tree() const { return tree_; }

  /// As a coordinator makes it for one answer.
  [[nodiscard]] ReadNode nodes() const {
    return nodes_in_tiles(tree_.size(), tree_.tiles([this](const TilePath& path) -> Result<Tile> {
      return Tile::parse(tiles_.at(path.id()));
    }));
  }

 private:
  Tree tree_;
  std::map<TileId, std::string> tiles_;
};

const Log& log() {
  static const Log kLog;
  return kLog;
}

SignerKey key() {
  SeededRandom random(1);
  return SignerKey::generate("vcp.example/log", random).value();
}

// About 700 bytes, as of a task that three nodes agreed on.
std::string receipt() {
  const std::string digest = "sha256:" + std::string(64, 'a');
  std::string nodes;
  for (const char* node : {"\"node-1\"", "\"node-2\"", "\"node-3\""}) {
    if (!nodes.empty()) nodes += ',';
    nodes += R"({"epoch":123456,"node_id":)" + std::string(node) + R"(,"rank":0})";
  }
  return R"({"agree":2,"completed_at":"2026-01-31T09:30:00.250Z","engine":"wasmtime-48",)"
         R"("exit_code":0,"function":null,"gas_used":123456789,"input_sha256":")" +
         digest + R"(","mode":"quorum","module_id":")" + digest + R"(","nodes":[)" + nodes +
         R"(],"output_sha256":")" + digest +
         R"(","owner":"default","salt":"00112233445566778899aabbccddeeff","submitted_at":)"
         R"("2026-01-31T09:30:00.000Z","task_id":"019c13f0-7a52-7000-8f4e-2d6a51b0c9e1","version":1})";
}

void append(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  Tree tree = log().tree();
  const std::vector<Digest> more = leaves(kLeaves, batch);
  for (auto _ : state) benchmark::DoNotOptimize(tree.append(more));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append)->Arg(1)->Arg(100)->Arg(1000);

void head(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(log().tree().head());
}
BENCHMARK(head);

void copy_of_the_tree(benchmark::State& state) {
  for (auto _ : state) {
    Tree copy = log().tree();
    benchmark::DoNotOptimize(copy);
  }
}
BENCHMARK(copy_of_the_tree);

void sign_a_checkpoint(benchmark::State& state) {
  const std::vector<SignerKey> keys{key()};
  const std::string text = to_text({keys[0].verifier().name, log().tree().head()});
  for (auto _ : state) benchmark::DoNotOptimize(sign_note(text, keys));
}
BENCHMARK(sign_a_checkpoint);

void inclusion_proof(benchmark::State& state) {
  SeededRandom random(2);
  for (auto _ : state) {
    const std::uint64_t index = random.below(log().tree().size());
    benchmark::DoNotOptimize(prove_inclusion(index, log().tree().size(), log().nodes()));
  }
}
BENCHMARK(inclusion_proof);

void consistency_proof(benchmark::State& state) {
  SeededRandom random(3);
  for (auto _ : state) {
    const std::uint64_t old = 1 + random.below(log().tree().size());
    benchmark::DoNotOptimize(prove_consistency(old, log().tree().size(), log().nodes()));
  }
}
BENCHMARK(consistency_proof);

/// All that the log adds to a completion whose receipt is rendered in canonical form: its digest,
/// its leaf, its place in the tree.
void receipt_to_leaf(benchmark::State& state) {
  Tree tree = log().tree();
  const std::string text = receipt();
  for (auto _ : state) {
    const Digest leaf = leaf_hash(sha256(text).view());
    benchmark::DoNotOptimize(tree.append({&leaf, 1}));
  }
}
BENCHMARK(receipt_to_leaf);

void canonicalise_a_receipt(benchmark::State& state) {
  const std::string text = receipt();
  for (auto _ : state) benchmark::DoNotOptimize(canonical_json(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(canonicalise_a_receipt);

void verify_a_receipt(benchmark::State& state) {
  const SignerKey signer = key();
  const std::string text = receipt();
  const Digest leaf = leaf_hash(sha256(text).view());
  const std::string note = sign_note(to_text({signer.verifier().name, {1, leaf}}), {{signer}});
  const std::string json = receipt_with_evidence(
      text, {.leaf_index = 0, .tree_size = 1, .inclusion_proof = {}, .checkpoint = note});
  const std::vector<VerifierKey> keys{signer.verifier()};
  for (auto _ : state) benchmark::DoNotOptimize(verify_receipt(json, keys).value());
}
BENCHMARK(verify_a_receipt);

}  // namespace
}  // namespace vcp::log
