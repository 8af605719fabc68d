// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "vcp/base/result.hpp"
#include "vcp/coordinator/proofs.hpp"
#include "vcp/mesh/task.hpp"
#include "vcp/store/content.hpp"

namespace vcp::coordinator {

/// Why the proof that came with an answer does not prove it: it does not hold, or is not tied to
/// this run as the task demands. No value in the optional if it does prove it; an error if that
/// could not be found out.
[[nodiscard]] Result<std::optional<std::string>> find_flaw(const mesh::Task& task,
                                                           const mesh::TaskResult& answer,
                                                           const store::ContentStore& files,
                                                           ProofVerifier& proofs);

}  // namespace vcp::coordinator
