// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cassert>

#include "vcp/base/encoding.hpp"

namespace vcp {
namespace {

constexpr std::string_view kPrefix = "sha256:";

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

/// OpenSSL 3 looks an algorithm up by name each time that it is not given a fetched one, which
/// costs more than hashing a kilobyte.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  assert(fetched != nullptr);
  return fetched;
}

void start(EVP_MD_CTX* context) {
  const int done = EVP_DigestInit_ex2(context, algorithm(), nullptr);
  assert(done == 1);
}

void add(EVP_MD_CTX* context, std::string_view bytes) {
  const int done = EVP_DigestUpdate(context, bytes.data(), bytes.size());
  assert(done == 1);
}

Digest end(EVP_MD_CTX* context) {
  Digest digest;
  const int done = EVP_DigestFinal_ex(context, digest.bytes.data(), nullptr);
  assert(done == 1);
  return digest;
}

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string Digest::hex() const { return to_hex(view()); }

std::string Digest::to_string() const { return std::string(kPrefix) + hex(); }

std::optional<Digest> Digest::parse(std::string_view text) {
  Digest digest;
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  // One digest has one text: upper case is another text.
  if (text.size() != 2 * digest.bytes.size() || !std::ranges::all_of(text, is_lower_hex)) {
    return std::nullopt;
  }
  const std::optional<std::string> bytes = from_hex(text);
  assert(bytes.has_value());
  std::memcpy(digest.bytes.data(), bytes->data(), digest.bytes.size());
  return digest;
}

struct Sha256::State {
  Context context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) { start(state_->context.get()); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) { add(state_->context.get(), bytes); }

Digest Sha256::finish() { return end(state_->context.get()); }

Digest sha256(std::string_view bytes) {
  thread_local const Context context{EVP_MD_CTX_new()};
  start(context.get());
  add(context.get(), bytes);
  return end(context.get());
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace vcp
