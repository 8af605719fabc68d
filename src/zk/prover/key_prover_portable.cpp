// SPDX-License-Identifier: Apache-2.0
#include "prover/key_prover_on.hpp"

namespace vcp::zk {

std::unique_ptr<const KeyProver> make_portable_key_prover(const Zkey& key) {
  return std::make_unique<KeyProverOn<Portable>>(key);
}

}  // namespace vcp::zk
