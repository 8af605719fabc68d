// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/zk/groth16.hpp"

// Groth16 proofs from the files of circom and snarkjs. docs/proving.md has the formulas, what is
// secret, and what its timing tells.

namespace vcp::zk {

/// A proof, and the public signals that it is about.
struct Proven {
  Proof proof;
  std::vector<Fr> signals;
};

/// A `.zkey` that was checked and is ready to prove with. It stays mapped; whoever makes it shorter
/// meanwhile ends this process. Any thread; proofs may run side by side.
class Prover {
 public:
  /// Maps a snarkjs Groth16 `.zkey` and checks every index and point, on that many threads: for
  /// 50 000 wires some tenths of a second. What passed is noted in the directory `checked` (made if
  /// missing; it must be this user's alone) under the file's SHA-256, and then only hashed.
  ///
  /// `io` if it cannot be read; `invalid`, with the reason, if it is damaged, or anybody can forge
  /// under it, as where nobody has contributed to its setup; `unavailable` without memory.
  [[nodiscard]] static Result<Prover> open(const std::filesystem::path& zkey,
                                           const std::filesystem::path& checked, unsigned threads,
                                           Random& random);
  Prover(Prover&&) noexcept;
  Prover& operator=(Prover&&) noexcept;
  ~Prover();

  /// The SHA-256 of the file.
  [[nodiscard]] const Digest& digest() const;
  /// To be compared with the key that the circuit was registered with.
  [[nodiscard]] const VerifyingKey& verifying_key() const;

  /// What `prove` takes at most, the mapped file aside.
  [[nodiscard]] std::uint64_t memory_bytes(unsigned threads) const;

  /// Proves the witness that is in the bytes of a `.wtns`, on that many threads, and verifies the
  /// proof. `random` must not be foreseeable (SystemRandom): it alone hides the witness. `invalid`
  /// if the file is damaged, is of another circuit, or its witness does not satisfy the circuit;
  /// `unavailable` without memory.
  [[nodiscard]] Result<Proven> prove(std::string_view wtns, unsigned threads, Random& random) const;

 private:
  struct State;
  explicit Prover(std::unique_ptr<const State> state);

  std::unique_ptr<const State> state_;
};

/// The `.wtns` of a witness: the value of each wire, 32 bytes, the lowest first, as snarkjs writes
/// it.
[[nodiscard]] std::string to_wtns(std::string_view values);

/// proof.json and public.json, to the byte as snarkjs writes them.
[[nodiscard]] std::string to_snarkjs_json(const Proof& proof);
[[nodiscard]] std::string to_snarkjs_json(const std::vector<Fr>& signals);

}  // namespace vcp::zk
