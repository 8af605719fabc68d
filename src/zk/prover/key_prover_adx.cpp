// SPDX-License-Identifier: Apache-2.0
#include "adx.hpp"
#include "prover/key_prover_on.hpp"

#if defined(__x86_64__)

namespace vcp::zk {

std::unique_ptr<const KeyProver> make_adx_key_prover(const Zkey& key) {
  return std::make_unique<KeyProverOn<Adx>>(key);
}

}  // namespace vcp::zk

#endif
