// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace vcp::fl {

/// Runs `body(0)` … `body(count - 1)`, each once, in any order and on any threads, and returns when
/// all have ended. `body` does not throw. Whoever owns the threads passes one in.
using ParallelFor =
    std::function<void(std::size_t count, const std::function<void(std::size_t)>& body)>;

/// Everything on the calling thread.
[[nodiscard]] ParallelFor serial();

/// The calling thread and `threads - 1` more for the time of each call.
[[nodiscard]] ParallelFor on_threads(std::size_t threads);

}  // namespace vcp::fl
