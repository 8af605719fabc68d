// SPDX-License-Identifier: Apache-2.0
#include "formats/receipts.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "formats/binary.hpp"
#include "formats/receipt_releases.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/base/hash.hpp"

namespace vcp::zk {
namespace {

constexpr std::size_t kSelectorBytes = 4;
constexpr std::size_t kWord = 32;
constexpr std::size_t kProofBytes = 256;
constexpr std::string_view kDevelopmentSelector = "\xff\xff\xff\xff";

std::string_view display_name(Format zkvm) { return zkvm == Format::risc0 ? "RISC Zero" : "SP1"; }

std::string config_name(const ReceiptRelease& release) {
  return std::string(to_string(release.zkvm)) + " " + std::string(release.versions);
}

std::string bytes_of(std::string_view hex) { return from_hex(hex).value(); }

/// The table's own keys are sound: tests prepare each.
PreparedKey prepare_released(const ReceiptRelease& release) {
  const std::string bytes = bytes_of(release.key);
  const auto key = release.zkvm == Format::risc0 ? read_arkworks_key(bytes) : read_gnark_key(bytes);
  return prepare(key.value()).value();
}

using Signals = std::expected<std::vector<Fr>, std::string>;

/// 16 bytes of a digest as RISC Zero takes them: least significant first.
Fr half(std::string_view bytes) {
  return Fr::from_le(std::string(bytes) + std::string(16, '\0')).value();
}

std::string tag(std::string_view name) { return std::string(sha256(name).view()); }

/// The digest of a RISC Zero ReceiptClaim: the program ran from its start, halted with exit code 0,
/// and wrote this journal under no assumptions.
Digest claim_digest(std::string_view image_id, std::string_view journal) {
  using namespace std::string_view_literals;
  const std::string none(32, '\0');
  const std::string halted =
      bytes_of("a3acc27117418996340b84e5a90f3ef4c49d22c79e44aad822ec9c313e1eb8e2");
  const Digest output = sha256(tag("risc0.Output") + std::string(sha256(journal).view()) + none +
                               std::string("\x02\x00"sv));
  return sha256(tag("risc0.ReceiptClaim") + none + std::string(image_id) + halted +
                std::string(output.view()) + std::string(8, '\0') + std::string("\x04\x00"sv));
}

Signals risc0_signals(const ReceiptRelease& release, const Program& program,
                      std::string_view output) {
  const std::string root = bytes_of(release.root);
  const Digest claim = claim_digest(program.id, output);
  const std::string_view claimed = claim.view();
  return std::vector<Fr>{half(root.substr(0, 16)), half(root.substr(16)),
                         half(claimed.substr(0, 16)), half(claimed.substr(16)),
                         Fr::from_le(bytes_of(release.control_id)).value()};
}

/// SHA-256 of the public values with the top three bits cleared, which is below r.
Fr hash_public_values(std::string_view values) {
  Digest digest = sha256(values);
  digest.bytes[0] &= 0x1f;
  return Fr::from_be(digest.view()).value();
}

/// The words that a seal of SP1 6 has before its proof: exit code, root, nonce.
Signals sp1_v6_words(const ReceiptRelease& release, std::string_view words) {
  const auto exit_code = Fr::from_be(words.substr(0, kWord));
  const auto root = Fr::from_be(words.substr(kWord, kWord));
  const auto nonce = Fr::from_be(words.substr(2 * kWord));
  if (!exit_code || !root || !nonce) return std::unexpected("a word of the seal is not below r");
  if (!exit_code->is_zero()) return std::unexpected("the program's exit code was not 0");
  if (words.substr(kWord, kWord) != bytes_of(release.root)) {
    return std::unexpected("the receipt rests on recursion keys that are not those of SP1 " +
                           std::string(release.versions));
  }
  return std::vector<Fr>{*exit_code, *root, *nonce};
}

Signals sp1_signals(const ReceiptRelease& release, const Program& program, std::string_view words,
                    std::string_view output) {
  std::vector<Fr> signals{Fr::from_be(program.id).value(), hash_public_values(output)};
  if (release.layout == SignalLayout::sp1_v2) return signals;
  const auto further = sp1_v6_words(release, words);
  if (!further) return further;
  signals.insert(signals.end(), further->begin(), further->end());
  return signals;
}

std::size_t words_of(SignalLayout layout) { return layout == SignalLayout::sp1_v6 ? 3 * kWord : 0; }

Presentation flawed(std::string flaw) {
  return {.key = std::nullopt, .proof = {}, .signals = {}, .flaw = std::move(flaw)};
}

}  // namespace

struct ReceiptVerifiers::State {
  /// Prepared when first asked for.
  struct Key {
    std::once_flag once;
    std::optional<PreparedKey> prepared;
  };

  std::set<std::string, std::less<>> allowed;
  mutable std::map<std::string_view, Key> keys;  // by the table's text

  PreparedKey key(const ReceiptRelease& release) const {
    Key& key = keys.at(release.key);
    std::call_once(key.once, [&] { key.prepared = prepare_released(release); });
    return *key.prepared;
  }

  /// Why this release does not serve; empty if it does.
  std::string refusal(const ReceiptRelease& release) const {
    if (release.withdrawn.empty() || allowed.contains(config_name(release))) return {};
    return std::string(display_name(release.zkvm)) + " " + std::string(release.versions) +
           " is withdrawn: " + std::string(release.withdrawn);
  }
};

ReceiptVerifiers::ReceiptVerifiers(std::unique_ptr<const State> state) : state_(std::move(state)) {}
ReceiptVerifiers::~ReceiptVerifiers() = default;

Result<std::shared_ptr<const ReceiptVerifiers>> ReceiptVerifiers::make(
    std::span<const std::string> allowed_withdrawn) {
  auto state = std::make_unique<State>();
  for (const ReceiptRelease& release : receipt_releases()) state->keys[release.key];
  for (const std::string& name : allowed_withdrawn) {
    const bool known = std::ranges::any_of(receipt_releases(), [&](const ReceiptRelease& release) {
      return !release.withdrawn.empty() && config_name(release) == name;
    });
    if (!known) return fail(Code::invalid, "no withdrawn release is called " + json::quote(name));
    state->allowed.insert(name);
  }
  return std::shared_ptr<const ReceiptVerifiers>(new ReceiptVerifiers(std::move(state)));
}

Presentation read_receipt(const ReceiptVerifiers& verifiers, const Program& program,
                          std::string_view seal, std::string_view output) {
  if (seal.size() < kSelectorBytes) return flawed("the seal is shorter than its selector");
  const std::string_view selector = seal.substr(0, kSelectorBytes);
  if (selector == kDevelopmentSelector) {
    return flawed("a receipt of the development mode proves nothing");
  }
  const auto release =
      std::ranges::find_if(receipt_releases(), [&](const ReceiptRelease& candidate) {
        return candidate.zkvm == program.zkvm && candidate.selector == to_hex(selector);
      });
  if (release == receipt_releases().end()) {
    return flawed("no known release of " + std::string(display_name(program.zkvm)) +
                  " has the selector " + to_hex(selector));
  }
  if (auto refusal = verifiers.state().refusal(*release); !refusal.empty()) {
    return flawed(std::move(refusal));
  }

  const std::size_t words = words_of(release->layout);
  if (seal.size() != kSelectorBytes + words + kProofBytes) {
    return flawed("the seal has " + std::to_string(seal.size()) +
                  " bytes, and one of this release " +
                  std::to_string(kSelectorBytes + words + kProofBytes));
  }
  const auto signals =
      release->layout == SignalLayout::risc0
          ? risc0_signals(*release, program, output)
          : sp1_signals(*release, program, seal.substr(kSelectorBytes, words), output);
  if (!signals) return flawed(signals.error());
  const auto proof = read_words_proof(seal.substr(kSelectorBytes + words));
  if (!proof) return flawed(proof.error().message);
  return {.key = verifiers.state().key(*release), .proof = *proof, .signals = *signals, .flaw = {}};
}

std::size_t latest_public_signals(Format zkvm) {
  std::size_t count = 0;
  for (const ReceiptRelease& release : receipt_releases()) {
    if (release.zkvm == zkvm) count = release.layout == SignalLayout::sp1_v2 ? 2 : 5;
  }
  return count;
}

}  // namespace vcp::zk
