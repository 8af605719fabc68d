// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "formats/circom.hpp"
#include "vcp/base/random.hpp"

namespace vcp::zk {

/// What makes a proof zero-knowledge: uniform, used once, wiped.
struct Blinding {
  Fr r;
  Fr s;

  Blinding() = default;
  Blinding(const Blinding&) = delete;
  Blinding& operator=(const Blinding&) = delete;
  ~Blinding();
};

/// A proving key together with the instructions that it is worked with. Immutable; views into the
/// file must outlive it. Throws std::bad_alloc and std::system_error where the system has no memory
/// or thread to give.
class KeyProver {
 public:
  virtual ~KeyProver() = default;

  /// Whether each point of the arrays is reduced, on its curve and of order r: `invalid` with the
  /// section. Of those of G2 that are on the curve, any outside the subgroup is found but with a
  /// probability of 2^-130 (docs/proving.md), if `random` cannot be foretold.
  [[nodiscard]] virtual Result<> check(unsigned threads, Random& random) const = 0;

  /// The proof of a witness, one plain number below r for each wire. It holds only if the witness
  /// does.
  [[nodiscard]] virtual Proof prove(std::string_view witness, const Blinding& blinding,
                                    unsigned threads) const = 0;
};

/// For a key that `read_zkey` gave.
std::unique_ptr<const KeyProver> make_portable_key_prover(const Zkey& key);

#if defined(__x86_64__)
/// The same where Adx::available().
std::unique_ptr<const KeyProver> make_adx_key_prover(const Zkey& key);
#endif

/// With the best instructions of this machine.
std::unique_ptr<const KeyProver> make_key_prover(const Zkey& key);

}  // namespace vcp::zk
