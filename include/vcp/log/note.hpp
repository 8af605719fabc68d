// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/signature.hpp"

/// Signed notes as C2SP signed-note defines them: a text, a blank line, and a line for each
/// signature. Only Ed25519 keys (signature type 1) are read and made.
namespace vcp::log {

/// The first four bytes of SHA-256(name || "\n" || 0x01 || public key); with the name it says which
/// key signed.
using KeyId = std::array<std::uint8_t, 4>;

/// Whether it may name a key: not empty, UTF-8, no space of Unicode, no control character, no "+".
[[nodiscard]] bool is_key_name(std::string_view name);

/// A public key and who it belongs to.
struct VerifierKey {
  std::string name;
  ed25519::PublicKey key{};

  [[nodiscard]] KeyId id() const;

  /// "name+hash+base64": the id in hexadecimal, then the type and the public key in base64.
  [[nodiscard]] std::string to_string() const;

  /// Reads that; `malformed` with what is wrong.
  [[nodiscard]] static Result<VerifierKey> parse(std::string_view text);

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;
};

/// Reads verifier keys one a line; empty lines and those that begin with "#" are passed over.
/// `malformed` with the line, or if there is no key.
[[nodiscard]] Result<std::vector<VerifierKey>> parse_verifier_keys(std::string_view text);

/// A key that signs. Keep it secret.
class SignerKey {
 public:
  /// `invalid` if the name is none.
  [[nodiscard]] static Result<SignerKey> generate(std::string name, Random& random);

  /// Reads `to_string`; `malformed` with what is wrong.
  [[nodiscard]] static Result<SignerKey> parse(std::string_view text);

  /// "PRIVATE+KEY+name+hash+base64", the text in which Go's sumdb/note keeps such keys.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] const VerifierKey& verifier() const { return verifier_; }
  [[nodiscard]] ed25519::Signature sign(std::string_view text) const;

 private:
  SignerKey(std::string name, const ed25519::Seed& seed);

  VerifierKey verifier_;
  ed25519::Seed seed_;
};

/// The text signed by each of the keys, in their order. The text must end with a newline and, but
/// for newlines, hold no control character.
[[nodiscard]] std::string sign_note(std::string_view text, std::span<const SignerKey> keys);

inline constexpr std::size_t kMaxNoteBytes = 1024 * 1024;
inline constexpr std::size_t kMaxNoteSignatures = 100;

/// A note as read. Nothing is known of its text until `verify_note`.
struct Note {
  /// What one line says; of a signature of another type, `bytes` may have any length.
  struct Signature {
    std::string name;
    KeyId key_id{};
    std::string bytes = {};
  };

  std::string text;  ///< with its last newline
  std::vector<Signature> signatures = {};
};

/// Reads a note; `malformed` with what is wrong, `too_large` above the limits.
[[nodiscard]] Result<Note> parse_note(std::string_view bytes);

/// Those of `keys` that signed the note, each once. `invalid` if a signature by one of them does
/// not hold, or if none of them signed. Signatures by other keys are passed over.
[[nodiscard]] Result<std::vector<VerifierKey>> verify_note(const Note& note,
                                                           std::span<const VerifierKey> keys);

}  // namespace vcp::log
