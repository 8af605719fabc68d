// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/fl/parallel.hpp"
#include "vcp/fl/privacy.hpp"
#include "vcp/fl/strategy.hpp"

namespace vcp::fl {

/// What an update's file holds.
enum class Kind : std::uint8_t {
  weights,  ///< the client's model
  delta,    ///< its difference from the model that it started from
};

/// An accepted update, checked by IncomingModel, on disk.
struct Update {
  std::string client_id;
  std::filesystem::path file;
  std::uint64_t num_samples = 1;  ///< 1 to 2^53
  Kind kind = Kind::weights;
  std::uint64_t staleness = 0;      ///< versions behind; other than 0 for fedbuff only
  std::filesystem::path base = {};  ///< the model it started from, if stale and of kind weights
};

/// A round that is to be closed.
struct Round {
  Strategy strategy;  ///< as validate_strategy() gave it
  std::filesystem::path model;
  std::vector<Update> updates;                 ///< in any order
  std::optional<std::filesystem::path> state;  ///< what the round before left, if it did
  std::optional<PrivateRound> privacy;
  std::filesystem::path next_model;  ///< where to write
  std::filesystem::path next_state;  ///< where to write, if the strategy keeps any state
};

struct RoundOutcome {
  bool has_state = false;              ///< whether `next_state` was written
  std::optional<double> next_clip;     ///< for adaptive clipping
  std::vector<std::string> discarded;  ///< client ids, private rounds only: not for publication
};

/// Computes the next global model and writes it, and the state of the server's optimizer, each
/// whole or not at all and synced; the model is last. The same round gives the same bytes, whatever
/// the order of the updates and the threads (a private round if `random` repeats). Holds a few
/// megabytes a thread, whatever the size of the model; keeps one file open for each update.
///
/// `invalid` if a file does not fit the model, if there is no update or two of one client for one
/// version, or if the next model would not be finite; nothing is published then. A private round
/// needs a scale of noise that is finite and positive. `random` is the cryptographic generator.
[[nodiscard]] Result<RoundOutcome> close_round(const Round& round, Random& random,
                                               const ParallelFor& parallel);

/// Norms of an update's Δ over the whole model; not finite only where an F64 model's overflow.
struct Norms {
  double l1;
  double l2;
};

/// For the moment an update is accepted: a private job refuses one whose norm is not finite.
[[nodiscard]] Result<Norms> update_norms(const std::filesystem::path& model, const Update& update,
                                         const ParallelFor& parallel);

}  // namespace vcp::fl
