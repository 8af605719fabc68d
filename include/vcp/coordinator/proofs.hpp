// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/store/content.hpp"
#include "vcp/zk/circuit.hpp"
#include "vcp/zk/receipts.hpp"

namespace vcp::coordinator {

/// Told what came of proofs that were verified together.
using ObserveProofs = std::function<void(std::size_t valid, std::size_t invalid, double seconds)>;

/// What came of a proof, and how long that took.
struct CheckedProof {
  zk::Outcome outcome;
  double seconds = 0;
};

/// Verifies proofs. The keys of the circuits that were asked for last stay prepared, up to 256 MiB
/// of them. Any thread, but what it does takes milliseconds: it is for the pool.
class ProofVerifier {
 public:
  /// `files` has the circuits. `random` must not be foreseeable, and be for any thread
  /// (SystemRandom), where batches are verified.
  ProofVerifier(const store::ContentStore& files,
                std::shared_ptr<const zk::ReceiptVerifiers> receipts, Random& random,
                ObserveProofs observe);

  /// What POST /circuits was sent, checked and prepared; `invalid` with the fields that are wrong,
  /// for an unsafe key with the reason.
  [[nodiscard]] Result<zk::Circuit> read(const json::Value& body);

  /// A circuit whose canonical bytes are content.
  [[nodiscard]] Result<zk::Circuit> load(const Digest& id);

  [[nodiscard]] CheckedProof verify(const zk::Presentation& presentation);
  [[nodiscard]] std::vector<zk::Outcome> verify_batch(
      std::span<const zk::Presentation> presentations);

 private:
  struct Kept {
    zk::Circuit circuit;
    std::size_t bytes;
  };
  using Order = std::list<Kept>;  // the one that was asked for last in front

  void keep(const zk::Circuit& circuit);

  const store::ContentStore& files_;
  const std::shared_ptr<const zk::ReceiptVerifiers> receipts_;
  Random& random_;
  const ObserveProofs observe_;

  std::mutex mutex_;
  Order kept_;
  std::unordered_map<Digest, Order::iterator> by_id_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace vcp::coordinator
