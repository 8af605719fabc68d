// SPDX-License-Identifier: Apache-2.0
#include "verifier_on.hpp"

namespace vcp::zk {

std::shared_ptr<const Verifier> make_portable_verifier(const VerifyingKey& key) {
  return std::make_shared<VerifierOn<Portable>>(key);
}

}  // namespace vcp::zk
