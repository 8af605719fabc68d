// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/note.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <utility>

#include "vcp/base/encoding.hpp"

namespace vcp::log {
namespace {

constexpr std::string_view kSignatureStart = "\xE2\x80\x94 ";  // em dash, space

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::malformed, "the note " + std::string(what));
}

/// Whether the text of a note may hold the character.
bool is_note_character(char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n'; }

/// Reads "— name base64".
std::optional<Note::Signature> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignatureStart)) return std::nullopt;
  line.remove_prefix(kSignatureStart.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;

  Note::Signature signature{.name = std::string(line.substr(0, space))};
  const auto bytes = from_base64(line.substr(space + 1));
  if (!is_key_name(signature.name) || !bytes || bytes->size() <= signature.key_id.size()) {
    return std::nullopt;
  }
  std::memcpy(signature.key_id.data(), bytes->data(), signature.key_id.size());
  signature.bytes = bytes->substr(signature.key_id.size());
  return signature;
}

/// Whether the key made the signature, which names it.
bool holds(const Note::Signature& signature, const VerifierKey& key, std::string_view text) {
  ed25519::Signature bytes;
  if (signature.bytes.size() != bytes.size()) return false;
  std::memcpy(bytes.data(), signature.bytes.data(), bytes.size());
  return ed25519::verify(key.key, text, bytes);
}

}  // namespace

std::string sign_note(std::string_view text, std::span<const SignerKey> keys) {
  assert(text.ends_with('\n') && std::ranges::all_of(text, is_note_character));
  std::string note(text);
  note += '\n';
  for (const SignerKey& key : keys) {
    std::string bytes;
    for (const std::uint8_t byte : key.verifier().id()) bytes += static_cast<char>(byte);
    for (const std::uint8_t byte : key.sign(text)) bytes += static_cast<char>(byte);
    note.append(kSignatureStart).append(key.verifier().name).append(1, ' ');
    append_base64(note, bytes);
    note += '\n';
  }
  return note;
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) return fail(Code::too_large, "the note is over 1 MiB");
  if (!is_utf8(bytes)) return malformed("is not UTF-8");
  if (!std::ranges::all_of(bytes, is_note_character)) return malformed("has a control character");
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) return malformed("has no blank line before its signatures");

  Note note{.text = std::string(bytes.substr(0, blank + 1))};
  std::string_view lines = bytes.substr(blank + 2);
  if (lines.empty()) return malformed("has no signature");
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) return malformed("does not end with a newline");
    auto signature = parse_signature(lines.substr(0, end));
    if (!signature) return malformed("has a line that is no signature after its last blank line");
    if (note.signatures.size() == kMaxNoteSignatures) {
      return fail(Code::too_large, "the note has more than 100 signatures");
    }
    note.signatures.push_back(std::move(*signature));
    lines.remove_prefix(end + 1);
  }
  return note;
}

Result<std::vector<VerifierKey>> verify_note(const Note& note, std::span<const VerifierKey> keys) {
  std::vector<VerifierKey> signers;
  for (const Note::Signature& signature : note.signatures) {
    const auto key = std::ranges::find_if(keys, [&](const VerifierKey& candidate) {
      return candidate.name == signature.name && candidate.id() == signature.key_id;
    });
    if (key == keys.end()) continue;
    if (!holds(signature, *key, note.text)) {
      return fail(Code::invalid, "the signature by " + key->to_string() + " does not hold");
    }
    if (std::ranges::find(signers, *key) == signers.end()) signers.push_back(*key);
  }
  if (signers.empty()) return fail(Code::invalid, "none of the given keys signed the note");
  return signers;
}

}  // namespace vcp::log
