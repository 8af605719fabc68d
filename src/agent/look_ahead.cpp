// SPDX-License-Identifier: Apache-2.0
#include "look_ahead.hpp"

#include <algorithm>

namespace vcp::agent {

namespace {

/// What starts within this time starts "soon".
constexpr Load::Seconds kHorizon{1.0};

/// Nothing is taken to be quicker than this: the queue has other costs.
constexpr Load::Seconds kQuickest{1e-5};

/// The part of the look-ahead that must be missing before busy threads ask for more.
constexpr double kFairPart = 0.25;

/// How many tasks the threads will start within the horizon, by the pace they go at.
double starts_within_horizon(const Load& load) {
  if (!load.per_task) return 0;
  auto per_task = std::max(*load.per_task, kQuickest);
  double idle = static_cast<double>(load.threads) - static_cast<double>(load.running.size());
  double starts = std::max(idle, 0.0) * (kHorizon / per_task);
  for (auto elapsed : load.running) starts += kHorizon / std::max(per_task, elapsed);
  return starts;
}

}  // namespace

std::uint32_t leases_to_ask_for(const Load& load) {
  if (load.held >= load.slots) return 0;
  auto free_slots = load.slots - load.held;
  auto busy = static_cast<std::uint32_t>(load.running.size()) + load.waiting;
  auto look_ahead = static_cast<std::uint32_t>(
      std::min(starts_within_horizon(load), static_cast<double>(load.slots)));
  if (busy < load.threads) return std::min(free_slots, load.threads - busy + look_ahead);

  auto queued = busy - load.threads;
  if (queued >= look_ahead) return 0;
  auto missing = std::min(free_slots, look_ahead - queued);
  auto worth_it = static_cast<std::uint32_t>(kFairPart * std::min(look_ahead, load.slots));
  return missing >= worth_it ? missing : 0;
}

}  // namespace vcp::agent
