// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a note, a checkpoint, a key and a tile path: what is accepted is written again
// as it was.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vcp/log/checkpoint.hpp"
#include "vcp/log/note.hpp"
#include "vcp/log/tile.hpp"

namespace {

using namespace vcp::log;

void read_note(std::string_view bytes) {
  const auto note = parse_note(bytes);
  if (!note) return;
  assert(note->text.ends_with('\n') && bytes.starts_with(note->text));
  assert(!note->signatures.empty() && note->signatures.size() <= kMaxNoteSignatures);
  for (const Note::Signature& signature : note->signatures) assert(is_key_name(signature.name));
}

void read_checkpoint(std::string_view bytes) {
  const auto checkpoint = parse_checkpoint(bytes);
  if (checkpoint) assert(bytes.starts_with(to_text(*checkpoint)));
}

void read_keys(std::string_view bytes) {
  if (const auto key = VerifierKey::parse(bytes)) {
    assert(VerifierKey::parse(key->to_string()) == *key);
  }
  if (const auto key = SignerKey::parse(bytes)) {
    assert(SignerKey::parse(key->to_string())->verifier() == key->verifier());
  }
  if (const auto keys = parse_verifier_keys(bytes)) assert(!keys->empty());
}

void read_path(std::string_view bytes) {
  const auto path = parse_tile_path(bytes);
  if (path) assert(to_string(*path) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_note(bytes);
  read_checkpoint(bytes);
  read_keys(bytes);
  read_path(bytes);
  return 0;
}
