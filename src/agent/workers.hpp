// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "ledger.hpp"
#include "vcp/agent/execute.hpp"

namespace vcp::agent {

/// The threads that run tasks. They are nicer than the rest of the machine, and rest after each
/// task for as long as keeps their average within what the owner gives.
class Workers {
 public:
  struct Options {
    std::uint32_t threads = 1;
    double rest = 0;  ///< seconds of rest for each second of work
  };

  /// Called by a worker after each run; `first` if nothing else was finished and unreported.
  using OnFinished = std::function<void(Status status, bool first)>;

  /// Starts them; they take from `ledger` until it is shut down.
  Workers(Options options, Ledger& ledger, Execute execute, OnFinished on_finished);

  /// Waits for the threads: shut the ledger down before.
  ~Workers() = default;

 private:
  void work(const std::stop_token& stop);

  Options options_;
  Ledger& ledger_;
  Execute execute_;
  OnFinished on_finished_;
  std::vector<std::jthread> threads_;
};

}  // namespace vcp::agent
