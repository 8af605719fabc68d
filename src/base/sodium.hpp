// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sodium.h>

#include <cassert>

namespace vcp {

/// libsodium may be called only after sodium_init(): every function here that uses it calls this
/// first. Any thread.
inline void require_sodium() {
  static const int status = sodium_init();
  assert(status >= 0);
}

}  // namespace vcp
