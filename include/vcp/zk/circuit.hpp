// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/json.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/zk/groth16.hpp"
#include "vcp/zk/receipts.hpp"

// Circuits and proofs as users have them: files of stock tools, and zkVM receipts. From JSON of a
// request to a verdict in words. docs/proof-formats.md has each format to the byte.

namespace vcp::zk {

/// Who wrote the key and the proofs.
enum class Format : std::uint8_t { snarkjs, gnark, arkworks, risc0, sp1 };

[[nodiscard]] std::string_view to_string(Format format);
[[nodiscard]] std::optional<Format> parse_format(std::string_view name);

/// Whether its proofs are receipts of a zkVM: that a program wrote an output.
[[nodiscard]] bool is_receipt(Format format);

/// The member of a request that says, beside `proof`, what is proved: `public_signals`, of risc0
/// `journal`, of sp1 `public_values`.
[[nodiscard]] std::string_view statement_member(Format format);

/// What proofs are verified against: a checked and prepared Groth16 key, or a program of a zkVM.
/// Copies share it; any thread may use it.
class Circuit {
 public:
  struct State;
  explicit Circuit(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  /// The SHA-256 of `canonical`: the same for the same key however it was written down, but another
  /// for another format, as its proofs are read otherwise.
  [[nodiscard]] const Digest& id() const;
  [[nodiscard]] Format format() const;
  /// Of a zkVM, those of its latest release.
  [[nodiscard]] std::size_t public_signals() const;
  /// What the key says and nothing else, as bytes to keep; `restore_circuit` reads them back.
  [[nodiscard]] const std::string& canonical() const;

  [[nodiscard]] const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

/// Reads the body of POST /circuits: a snarkjs key as it is, or `{format, key}`, `{format,
/// image_id}`, `{format, program_vkey}`. `invalid` with the fields that are wrong; for an unsafe
/// key, with the reason. Takes a few milliseconds, and some microseconds for each public signal.
[[nodiscard]] Result<Circuit> read_circuit(const json::Value& body,
                                           std::shared_ptr<const ReceiptVerifiers> verifiers);

/// Reads what `canonical` gave; `corrupt` if it is not that.
[[nodiscard]] Result<Circuit> restore_circuit(std::string_view canonical,
                                              std::shared_ptr<const ReceiptVerifiers> verifiers);

/// A proof as somebody presents it, read and ready to verify.
struct Presentation {
  std::optional<PreparedKey> key;  ///< the circuit's, or of the zkVM's release; none if flawed
  Proof proof;
  std::vector<Fr> signals;  ///< the public signals; of a receipt, computed from the statement
  std::string flaw;         ///< why it cannot be valid, if reading it has shown that
};

/// Reads the members `proof` and `statement_member` of `object`, which stands at `pointer` in the
/// request; other members are the caller's affair. `invalid`, with pointers, only for JSON of the
/// wrong shape or type and for bad base64: everything else that is wrong is a flaw.
///
/// With `output`, a receipt is about these bytes, and its statement's member is not looked at.
[[nodiscard]] Result<Presentation> read_presentation(
    const Circuit& circuit, const json::Value& object, const std::string& pointer = "",
    std::optional<std::string_view> output = std::nullopt);

/// Whether a proof holds, and if not, why, for a person.
struct Outcome {
  bool valid = false;
  std::string reason;  ///< empty if valid
};

/// Verifies one proof: the pairings, half a millisecond.
[[nodiscard]] Outcome verify(const Presentation& presentation);

/// Verifies many at a fraction of the time each, as `verify_batch` of groth16.hpp does.
[[nodiscard]] std::vector<Outcome> verify_batch(std::span<const Presentation> presentations,
                                                Random& random);

}  // namespace vcp::zk
