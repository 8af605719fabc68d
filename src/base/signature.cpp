// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/signature.hpp"

#include "sodium.hpp"

namespace vcp::ed25519 {
namespace {

static_assert(sizeof(Seed) == crypto_sign_ed25519_SEEDBYTES);
static_assert(sizeof(PublicKey) == crypto_sign_ed25519_PUBLICKEYBYTES);
static_assert(sizeof(Signature) == crypto_sign_ed25519_BYTES);

const unsigned char* data(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// The pair that a seed stands for; wipes its secret half.
struct KeyPair {
  explicit KeyPair(const Seed& seed) {
    require_sodium();
    crypto_sign_ed25519_seed_keypair(public_key.data(), secret_key.data(), seed.data());
  }
  ~KeyPair() { sodium_memzero(secret_key.data(), secret_key.size()); }
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;

  PublicKey public_key{};
  std::array<unsigned char, crypto_sign_ed25519_SECRETKEYBYTES> secret_key{};
};

}  // namespace

PublicKey public_key(const Seed& seed) { return KeyPair(seed).public_key; }

Signature sign(const Seed& seed, std::string_view message) {
  const KeyPair pair(seed);
  Signature signature{};
  crypto_sign_ed25519_detached(signature.data(), nullptr, data(message), message.size(),
                               pair.secret_key.data());
  return signature;
}

bool verify(const PublicKey& key, std::string_view message, const Signature& signature) {
  require_sodium();
  return crypto_sign_ed25519_verify_detached(signature.data(), data(message), message.size(),
                                             key.data()) == 0;
}

}  // namespace vcp::ed25519
