// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace vcp::cli {

/// The verbs of `vcp proofs` that make proofs.
void add_proving(CLI::App& proofs, Commands& commands);

}  // namespace vcp::cli
