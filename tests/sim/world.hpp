// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "submitter.hpp"

namespace vcp::sim {

/// What one run of the simulation came to.
struct Verdict {
  std::optional<std::string> broken;  ///< a promise, and when
  std::uint64_t fingerprint = 0;      ///< equal for equal runs
  std::size_t steps = 0;
  std::size_t tasks = 0;    ///< whose ends somebody was told of
  std::size_t crashes = 0;  ///< of the server
};

/// One server, its disk, its nodes and submitters, and all that goes wrong with them, as the seed
/// has it: some minutes of faults, then calm, in which everything must come to its end. `directory`
/// is for the server's content files.
[[nodiscard]] Verdict simulate(std::uint64_t seed, const std::filesystem::path& directory);

}  // namespace vcp::sim
