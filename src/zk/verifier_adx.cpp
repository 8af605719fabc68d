// SPDX-License-Identifier: Apache-2.0
#include "adx.hpp"
#include "verifier_on.hpp"

#if defined(__x86_64__)

namespace vcp::zk {

std::shared_ptr<const Verifier> make_adx_verifier(const VerifyingKey& key) {
  return std::make_shared<VerifierOn<Adx>>(key);
}

}  // namespace vcp::zk

#endif
