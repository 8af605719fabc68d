// SPDX-License-Identifier: Apache-2.0
// The keys of signed notes and their texts.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <utility>

#include "vcp/base/encoding.hpp"
#include "vcp/base/hash.hpp"
#include "vcp/log/note.hpp"

namespace vcp::log {
namespace {

constexpr char kEd25519 = 1;  // the signature type
constexpr std::string_view kPrivate = "PRIVATE+KEY+";

/// White_Space of Unicode beyond ASCII, in UTF-8.
constexpr std::string_view kSpaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

using KeyBytes = std::array<std::uint8_t, 32>;  // a public key or a seed

std::string typed(const KeyBytes& bytes) {
  std::string out(1, kEd25519);
  for (const std::uint8_t byte : bytes) out += static_cast<char>(byte);
  return out;
}

/// "name+hash+base64"
std::string key_text(const std::string& name, const KeyId& id, const KeyBytes& bytes) {
  const std::string_view raw_id(reinterpret_cast<const char*>(id.data()), id.size());
  return name + '+' + to_hex(raw_id) + '+' + to_base64(typed(bytes));
}

struct KeyText {
  std::string name;
  std::string id;
  KeyBytes bytes{};
};

/// Splits and decodes "name+hash+base64"; the id is not checked.
Result<KeyText> parse_key_text(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = text.find('+', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) {
    return fail(Code::malformed, "the key is not of the form name+hash+base64");
  }
  const std::string_view name = text.substr(0, first);
  if (!is_key_name(name)) return fail(Code::malformed, "the key's name cannot be one");
  const auto id = from_hex(text.substr(first + 1, second - first - 1));
  if (!id || id->size() != sizeof(KeyId)) {
    return fail(Code::malformed, "the key's hash is not of 8 hexadecimal digits");
  }
  const auto bytes = from_base64(text.substr(second + 1));
  if (!bytes) return fail(Code::malformed, "the key itself is not standard base64");
  KeyText key{.name = std::string(name), .id = *id};
  if (bytes->size() != 1 + key.bytes.size() || bytes->front() != kEd25519) {
    return fail(Code::malformed, "the key is no Ed25519 key");
  }
  std::memcpy(key.bytes.data(), bytes->data() + 1, key.bytes.size());
  return key;
}

Result<> check_id(const VerifierKey& key, std::string_view id) {
  if (std::ranges::equal(key.id(), id, {}, {}, [](char c) { return static_cast<std::uint8_t>(c); }))
    return {};
  return fail(Code::malformed, "the key's hash is of another key");
}

}  // namespace

bool is_key_name(std::string_view name) {
  const auto is_allowed = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '+'; };
  return !name.empty() && is_utf8(name) && std::ranges::all_of(name, is_allowed) &&
         std::ranges::none_of(kSpaces, [&](auto space) { return name.contains(space); });
}

KeyId VerifierKey::id() const {
  const Digest digest = sha256(name + '\n' + typed(key));
  KeyId id;
  std::copy_n(digest.bytes.begin(), id.size(), id.begin());
  return id;
}

std::string VerifierKey::to_string() const { return key_text(name, id(), key); }

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  Result<KeyText> parts = parse_key_text(text);
  if (!parts) return std::unexpected(std::move(parts.error()));
  VerifierKey key{.name = std::move(parts->name), .key = parts->bytes};
  if (auto checked = check_id(key, parts->id); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return key;
}

Result<std::vector<VerifierKey>> parse_verifier_keys(std::string_view text) {
  std::vector<VerifierKey> keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.starts_with('#')) continue;
    Result<VerifierKey> key = VerifierKey::parse(line);
    if (!key) {
      return fail(Code::malformed, "line " + std::to_string(number) + ": " + key.error().message);
    }
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return fail(Code::malformed, "there is no verifier key");
  return keys;
}

SignerKey::SignerKey(std::string name, const ed25519::Seed& seed)
    : verifier_{.name = std::move(name), .key = ed25519::public_key(seed)}, seed_(seed) {}

Result<SignerKey> SignerKey::generate(std::string name, Random& random) {
  if (!is_key_name(name)) return fail(Code::invalid, "no key can have the name \"" + name + '"');
  ed25519::Seed seed;
  random.fill(std::as_writable_bytes(std::span(seed)));
  return SignerKey(std::move(name), seed);
}

Result<SignerKey> SignerKey::parse(std::string_view text) {
  if (!text.starts_with(kPrivate)) {
    return fail(Code::malformed, "a secret key begins with " + std::string(kPrivate));
  }
  Result<KeyText> parts = parse_key_text(text.substr(kPrivate.size()));
  if (!parts) return std::unexpected(std::move(parts.error()));
  SignerKey key(std::move(parts->name), parts->bytes);
  if (auto checked = check_id(key.verifier_, parts->id); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return key;
}

std::string SignerKey::to_string() const {
  return std::string(kPrivate) + key_text(verifier_.name, verifier_.id(), seed_);
}

ed25519::Signature SignerKey::sign(std::string_view text) const {
  return ed25519::sign(seed_, text);
}

}  // namespace vcp::log
