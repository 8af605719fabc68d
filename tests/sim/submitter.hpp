// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "machine.hpp"

namespace vcp::sim {

/// What tasks a submitter has.
struct Tastes {
  double gangs = 0;
  double quorums = 0;
  double rechecks = 0;
  double automatic = 0;
  double picky = 0;       ///< wants a region, or a GPU
  double varied = 0;      ///< another priority, memory or strategy
  double cancels = 0;     ///< of its tasks
  Duration pause{2'000};  ///< between two tasks, at most
};

/// An owner's program: submits tasks, each under a key of its own, again if there is no answer;
/// waits for some, and cancels some.
class Submitter {
 public:
  Submitter(const Stage& stage, std::string owner, const Tastes& tastes);

  void start() { go_on(); }
  void stop() { stopped_ = true; }

 private:
  void go_on();
  [[nodiscard]] mesh::TaskSpec make_spec(std::string key) const;
  void submit(const mesh::TaskSpec& spec, int tries);
  void wait_for(const TaskId& id);
  void cancel(const TaskId& id);

  const Stage& stage_;
  const std::string owner_;
  const Tastes tastes_;
  std::uint64_t made_ = 0;
  bool stopped_ = false;
};

}  // namespace vcp::sim
