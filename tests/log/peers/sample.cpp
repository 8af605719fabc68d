// SPDX-License-Identifier: Apache-2.0
// Writes a log as files, as a client would fetch it, with proofs and a receipt beside it:
//
//   DIR/keys                 verifier keys, one a line
//   DIR/sizes                the sizes at which the log was, one a line
//   DIR/checkpoint.<size>    the checkpoint of that size; DIR/checkpoint is the last
//   DIR/tile/…               tiles and bundles of entries, complete, and partial for each size
//   DIR/proofs               "inclusion INDEX SIZE HASH…" and "consistency OLD SIZE HASH…" in
//   base64 DIR/receipt.json         a receipt with its evidence, in the last tree
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcp/base/encoding.hpp"
#include "vcp/base/random.hpp"
#include "vcp/log/checkpoint.hpp"
#include "vcp/log/receipt.hpp"
#include "vcp/log/tree.hpp"

namespace {

using namespace vcp;
using namespace vcp::log;

constexpr std::string_view kOrigin = "vcp.example/log";
constexpr std::uint64_t kSizes[] = {1, 2, 3, 255, 256, 257, 300, 5000, 65'536, 70'000};
constexpr std::uint64_t kReceiptLeaf = 42;
constexpr std::string_view kReceipt =
    R"({"exit_code":0,"salt":"00112233445566778899aabbccddeeff","task_id":"t42","version":1})";

void write(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush()) {
    std::cerr << "cannot write " << file << '\n';
    std::exit(EXIT_FAILURE);
  }
}

Digest entry(std::uint64_t index) {
  return sha256(index == kReceiptLeaf ? std::string(kReceipt) : "receipt " + std::to_string(index));
}

SignerKey key(std::uint64_t seed) {
  SeededRandom random(seed);
  return SignerKey::generate(std::string(kOrigin), random).value();
}

class Sample {
 public:
  explicit Sample(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Grows to that size and writes what a client may fetch there.
  void grow(std::uint64_t size) {
    const std::uint64_t old_size = tree_.size();
    std::vector<Digest> leaves;
    for (std::uint64_t i = old_size; i < size; ++i) {
      entries_.push_back(entry(i));
      leaves.push_back(leaf_hash(entries_.back().view()));
    }
    for (StoredTile& tile : tree_.append(leaves)) stored_[tile.id] = std::move(tile.bytes);

    note_ = sign_note(to_text({std::string(kOrigin), tree_.head()}), keys_);
    write(directory_ / ("checkpoint." + std::to_string(size)), note_);
    sizes_ += std::to_string(size) + '\n';
    write_tiles();
    prove(old_size);
  }

  void finish() const {
    std::string keys;
    for (const SignerKey& signer : keys_) keys += signer.verifier().to_string() + '\n';
    write(directory_ / "keys", keys);
    write(directory_ / "sizes", sizes_);
    write(directory_ / "checkpoint", note_);
    write(directory_ / "proofs", proofs_);
    const Evidence evidence{
        .leaf_index = kReceiptLeaf,
        .tree_size = tree_.size(),
        .inclusion_proof = prove_inclusion(kReceiptLeaf, tree_.size(), nodes()).value(),
        .checkpoint = note_};
    write(directory_ / "receipt.json", receipt_with_evidence(kReceipt, evidence));
  }

 private:
  [[nodiscard]] ReadTile tiles() const {
    return tree_.tiles([this](const TilePath& path) -> Result<Tile> {
      return Tile::parse(stored_.at(path.id()));
    });
  }
  [[nodiscard]] ReadNode nodes() const { return nodes_in_tiles(tree_.size(), tiles()); }

  void write_tiles() const {
    for (std::uint8_t level = 0; level < kTileLevels; ++level) {
      for (TilePath path{.level = level}; write_tile(path); ++path.index) {
      }
    }
  }

  /// Writes the tile and, at level 0, its entries; false if the tree has no such tile.
  bool write_tile(TilePath path) const {
    path.width = tile_width(path.id(), tree_.size());
    if (path.width == 0) return false;
    write(directory_ / to_string(path), tiles()(path).value().served(path.width));
    if (path.level == 0) {
      path.level.reset();
      write(directory_ / to_string(path),
            entry_bundle(std::span(entries_).subspan(path.index * kTileWidth, path.width)));
    }
    return true;
  }

  void prove(std::uint64_t old_size) {
    const std::uint64_t size = tree_.size();
    for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
      add_proof("inclusion", index, prove_inclusion(index, size, nodes()).value());
    }
    if (old_size > 0) {
      add_proof("consistency", old_size, prove_consistency(old_size, size, nodes()).value());
    }
  }

  void add_proof(std::string_view kind, std::uint64_t first, const Proof& proof) {
    proofs_.append(kind).append(1, ' ').append(std::to_string(first)).append(1, ' ');
    proofs_ += std::to_string(tree_.size());
    for (const Digest& hash : proof) proofs_ += ' ' + to_base64(hash.view());
    proofs_ += '\n';
  }

  std::filesystem::path directory_;
  std::vector<SignerKey> keys_{key(1), key(2)};  // as while one takes over from the other
  std::vector<Digest> entries_;
  Tree tree_;
  std::map<TileId, std::string> stored_;
  std::string note_;
  std::string sizes_;
  std::string proofs_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: log_sample DIR\n";
    return 2;
  }
  Sample sample(argv[1]);
  for (const std::uint64_t size : kSizes) sample.grow(size);
  sample.finish();
}
