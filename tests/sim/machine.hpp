// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "network.hpp"
#include "promises.hpp"

namespace vcp::sim {

/// What everybody in the simulation works with.
struct Stage {
  Schedule& schedule;
  Random& random;
  Network& network;
  Promises& promises;

  [[nodiscard]] bool chance(double probability) const { return random.uniform() < probability; }
  [[nodiscard]] Duration up_to(std::uint64_t milliseconds) const {
    return Duration(1 + random.below(milliseconds));
  }
};

/// How a node answers.
struct Character {
  enum class Lies { never, always_so, at_random, in_league };
  Lies lies = Lies::never;
  double how_often = 0;    ///< it lies
  double fails = 0;        ///< of its runs, by its own fault
  double dawdles = 0;      ///< of its runs take longer than they may, or never end
  double silent = 0;       ///< of its runs it tells nothing until they are done, if it ever does
  bool overheats = false;  ///< now and then
  bool forges = false;     ///< reports for leases that it does not have
};

/// A node: registers, tells that it lives, asks for leases, runs tasks and reports, tries again
/// what was not answered. It can be switched off, and stopped for a while.
class Machine {
 public:
  Machine(const Stage& stage, mesh::Registration registration, Character character);

  void switch_on();
  void switch_off();
  void freeze(Duration time);
  void turn_honest() { character_ = {}; }

  [[nodiscard]] bool is_on() const { return on_; }
  [[nodiscard]] const NodeId& id() const { return registration_.id; }

 private:
  struct Run {
    mesh::Offer offer;
    bool told = true;  ///< in heartbeats
  };

  /// Makes it happen in this life of the machine only, and not while it is frozen.
  template <class... Args>
  [[nodiscard]] auto mine(std::function<void(Args...)> action);
  void later(Duration delay, std::function<void()> action);

  void sign_up();
  void beat();
  void ask();
  void begin(const mesh::Offer& offer);
  void finish(Epoch epoch);
  void forge(const mesh::Offer& offer);
  void tell(const mesh::Report& report, int tries);
  [[nodiscard]] mesh::Report answer(const mesh::Offer& offer);
  [[nodiscard]] mesh::Telemetry measure() const;

  const Stage& stage_;
  mesh::Registration registration_;
  Character character_;
  bool on_ = false;
  bool known_ = false;  ///< to the server, as far as this node can tell
  bool signed_up_ = false;
  bool asking_ = false;
  std::uint64_t life_ = 0;
  Time frozen_until_;
  std::map<Epoch, Run> runs_;
};

}  // namespace vcp::sim
