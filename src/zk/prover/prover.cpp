// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/prover.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <new>
#include <system_error>

#include "adx.hpp"
#include "prover/key_prover.hpp"
#include "prover/mapped_file.hpp"

namespace vcp::zk {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kScalarBytes = 32;

/// A point in G1 and the one in G2 of the same logarithm.
Result<> check_pair(const std::string& name, const G1& in_g1, const G2& in_g2) {
  const std::array<PairingTerm, 2> terms = {{{in_g1, G2::generator()}, {-G1::generator(), in_g2}}};
  if (!in_g1.infinity && on_curve(in_g1) && pairing_product_is_one(terms)) return {};
  return fail(Code::invalid, name + " of the key is not the same in G1 and G2");
}

Result<> check_key(const Zkey& key, const KeyProver& prover, unsigned threads, Random& random) {
  if (auto checked = check_pair("beta", key.beta, key.verifying.beta); !checked) return checked;
  if (auto checked = check_pair("delta", key.delta, key.verifying.delta); !checked) return checked;
  if (auto checked = check_coefficients(key); !checked) return checked;
  return prover.check(threads, random);
}

/// Notes which files have passed `check_key`. A note that cannot be written is only missed.
class Marker {
 public:
  Marker(const fs::path& directory, const Digest& digest)
      : directory_(directory), path_(directory / (digest.hex() + ".zkey-1")) {}

  [[nodiscard]] bool is_there() const {
    std::error_code error;
    return fs::is_regular_file(path_, error);
  }

  void set() const {
    std::error_code error;
    if (fs::create_directories(directory_, error)) {
      fs::permissions(directory_, fs::perms::owner_all, error);
    }
    std::ofstream{path_};
  }

 private:
  fs::path directory_;
  fs::path path_;
};

/// A uniform scalar: 384 bits reduced are within 2^-130 of it.
Fr draw(Random& random) {
  std::array<Fr::Limbs, 2> words{};
  random.fill(std::as_writable_bytes(std::span(words)).first(48));
  const Fr two_to_the_128 = Fr::reduce({0, 0, 1, 0});
  const Fr scalar = Fr::reduce(words[0]) + Fr::reduce(words[1]) * two_to_the_128 * two_to_the_128;
  explicit_bzero(words.data(), sizeof words);
  return scalar;
}

/// What `work` gives, or that the system has no memory or thread for it.
template <class Work>
auto with_resources(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(Code::unavailable, "there is not enough memory for this proving key");
  } catch (const std::system_error& error) {
    return fail(Code::unavailable, error.what());
  }
}

}  // namespace

Blinding::~Blinding() { explicit_bzero(static_cast<void*>(this), sizeof *this); }

std::unique_ptr<const KeyProver> make_key_prover(const Zkey& key) {
#if defined(__x86_64__)
  if (Adx::available()) return make_adx_key_prover(key);
#endif
  return make_portable_key_prover(key);
}

struct Prover::State {
  MappedFile file;
  Digest digest;
  Zkey key;
  PreparedKey verifier;
  std::unique_ptr<const KeyProver> prover;
};

Prover::Prover(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Prover::Prover(Prover&&) noexcept = default;
Prover& Prover::operator=(Prover&&) noexcept = default;
Prover::~Prover() = default;

Result<Prover> Prover::open(const fs::path& zkey, const fs::path& checked, unsigned threads,
                            Random& random) {
  return with_resources([&]() -> Result<Prover> {
    auto file = MappedFile::open(zkey);
    if (!file) return std::unexpected(std::move(file.error()));
    auto key = read_zkey(file->bytes());
    if (!key) return std::unexpected(std::move(key.error()));
    auto verifier = prepare(key->verifying);
    if (!verifier) return std::unexpected(std::move(verifier.error()));
    auto prover = make_key_prover(*key);
    const Digest digest = sha256(file->bytes());
    const Marker marker(checked, digest);
    if (!marker.is_there()) {
      if (auto good = check_key(*key, *prover, threads, random); !good) {
        return std::unexpected(std::move(good.error()));
      }
      marker.set();
    }
    return Prover(std::make_unique<const State>(std::move(*file), digest, std::move(*key),
                                                std::move(*verifier), std::move(prover)));
  });
}

const Digest& Prover::digest() const { return state_->digest; }
const VerifyingKey& Prover::verifying_key() const { return state_->key.verifying; }

std::uint64_t Prover::memory_bytes(unsigned threads) const {
  static constexpr std::uint64_t kThreadBytes = std::uint64_t{6}
                                                << 20;  // buckets and what they add
  const std::uint64_t domain = state_->key.domain_size;
  const std::uint64_t points = std::max(state_->key.domain_size, state_->key.wires);
  return domain * kScalarBytes * 3 + threads * (8 * points + kThreadBytes);
}

Result<Proven> Prover::prove(std::string_view wtns, unsigned threads, Random& random) const {
  return with_resources([&]() -> Result<Proven> {
    const auto witness = view_wtns(wtns);
    if (!witness) return std::unexpected(witness.error());
    if (witness->size() / kScalarBytes != state_->key.wires) {
      return fail(Code::invalid, "the witness is of another circuit: it has " +
                                     std::to_string(witness->size() / kScalarBytes) +
                                     " values, the key " + std::to_string(state_->key.wires));
    }
    Blinding blinding;
    blinding.r = draw(random);
    blinding.s = draw(random);
    Proven proven{.proof = state_->prover->prove(*witness, blinding, threads), .signals = {}};
    for (std::size_t i = 1; i <= state_->key.public_signals; ++i) {
      proven.signals.push_back(*Fr::from_le(witness->substr(i * kScalarBytes, kScalarBytes)));
    }
    if (verify(state_->verifier, proven.proof, proven.signals) != Verdict::valid) {
      return fail(Code::invalid, "the witness does not satisfy the circuit");
    }
    return proven;
  });
}

}  // namespace vcp::zk
