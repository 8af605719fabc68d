// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/proofs.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace vcp::coordinator {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxKeptBytes = std::size_t{256} << 20;

// What a PreparedKey takes.
constexpr std::size_t kKeyBytes = 45'000;
constexpr std::size_t kSignalBytes = 5'000;

std::size_t bytes_of(const zk::Circuit& circuit) {
  return circuit.canonical().size() + kKeyBytes + kSignalBytes * circuit.public_signals();
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

ProofVerifier::ProofVerifier(const store::ContentStore& files,
                             std::shared_ptr<const zk::ReceiptVerifiers> receipts, Random& random,
                             ObserveProofs observe)
    : files_(files),
      receipts_(std::move(receipts)),
      random_(random),
      observe_(std::move(observe)) {}

Result<zk::Circuit> ProofVerifier::read(const json::Value& body) {
  auto circuit = zk::read_circuit(body, receipts_);
  if (circuit) keep(*circuit);
  return circuit;
}

Result<zk::Circuit> ProofVerifier::load(const Digest& id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_id_.find(id); found != by_id_.end()) {
      kept_.splice(kept_.begin(), kept_, found->second);
      return found->second->circuit;
    }
  }
  const auto canonical = files_.read(id);
  if (!canonical) return std::unexpected(canonical.error());
  auto circuit = zk::restore_circuit(*canonical, receipts_);
  if (circuit) keep(*circuit);
  return circuit;
}

CheckedProof ProofVerifier::verify(const zk::Presentation& presentation) {
  const auto start = Clock::now();
  zk::Outcome outcome = zk::verify(presentation);
  const double seconds = seconds_since(start);
  observe_(outcome.valid ? 1 : 0, outcome.valid ? 0 : 1, seconds);
  return {.outcome = std::move(outcome), .seconds = seconds};
}

std::vector<zk::Outcome> ProofVerifier::verify_batch(
    std::span<const zk::Presentation> presentations) {
  const auto start = Clock::now();
  std::vector<zk::Outcome> outcomes = zk::verify_batch(presentations, random_);
  const auto valid =
      static_cast<std::size_t>(std::ranges::count(outcomes, true, &zk::Outcome::valid));
  observe_(valid, outcomes.size() - valid, seconds_since(start));
  return outcomes;
}

void ProofVerifier::keep(const zk::Circuit& circuit) {
  const std::lock_guard lock(mutex_);
  if (by_id_.contains(circuit.id())) return;
  kept_.push_front({.circuit = circuit, .bytes = bytes_of(circuit)});
  by_id_.emplace(circuit.id(), kept_.begin());
  kept_bytes_ += kept_.front().bytes;
  while (kept_bytes_ > kMaxKeptBytes && kept_.size() > 1) {
    kept_bytes_ -= kept_.back().bytes;
    by_id_.erase(kept_.back().circuit.id());
    kept_.pop_back();
  }
}

}  // namespace vcp::coordinator
