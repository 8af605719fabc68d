// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/log/merkle.hpp"
#include "vcp/log/note.hpp"

/// Checkpoints as C2SP tlog-checkpoint defines them: a tree head in the text of a signed note.
namespace vcp::log {

struct Checkpoint {
  std::string origin;  ///< which log; the name of its keys
  TreeHead tree;

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// The text that is signed: origin, size and root in base64, a line each.
[[nodiscard]] std::string to_text(const Checkpoint& checkpoint);

/// Reads that text; extension lines after it are passed over. `malformed` with what is wrong.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);

/// A checkpoint whose signature holds.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::vector<VerifierKey> signers;
};

/// Reads a signed note as a checkpoint of the log that `keys` belong to: at least one of those with
/// the name of the origin must have signed it. `malformed`, `too_large` or `invalid` with what is
/// wrong.
[[nodiscard]] Result<SignedCheckpoint> open_checkpoint(std::string_view note,
                                                       std::span<const VerifierKey> keys);

}  // namespace vcp::log
