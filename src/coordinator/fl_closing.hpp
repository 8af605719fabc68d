// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "vcp/coordinator/fl_jobs.hpp"
#include "vcp/fl/round.hpp"

namespace vcp::coordinator {

/// A round on its way to the pool and back.
struct FlJobs::Closing {
  FlJobId job;
  fl::Round round;
  std::vector<UpdateKey> updates;  ///< those that it is made of
};

/// What a round came to: files that are pinned, but not referred to yet.
struct FlJobs::Aggregated {
  struct File {
    Contents::Pin pin;
    std::uint64_t size;

    [[nodiscard]] FlFile record() const { return {.digest = pin.digest(), .size = size}; }
  };

  File model;
  std::optional<File> optimizer;
  std::optional<double> next_clip;
};

/// The record of a round that is made of these updates; of a private job it says nothing about
/// single clients, nor what they measured.
[[nodiscard]] FlRound summarize(const FlJob& job, std::span<const FlUpdate* const> updates);

}  // namespace vcp::coordinator
